"""`edge_cases`: new texts from where one label ends and another begins, for a better classifier.

The label is drawn first and the text is written for it; then the text alone is labelled anew, and
only where both agree the row is kept. One new row:
    {"text": "菜上得慢，不过这锅鱼值得等。", "label": "正面", "edge_with": "负面",
     "id": "r7:edge_cases:0", "provenance": […, {"step": "edge_cases", …}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel, Field, create_model

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, augmented, draw, made, row_id
from hf_sft_builders.synthesis.domain_choice import literal_of
from hf_sft_builders.synthesis.label import VARIABLES as LABELLING
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.several_samples import numbered, with_columns
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    Rejected,
    changed,
    checked,
    first_fault,
    length_within,
    no_meta_phrases,
    no_wrapping,
    same_language,
)

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("labels", "label", "near", "text")
_CHECKS = (changed, no_wrapping, same_language, no_meta_phrases, length_within(0.2, 4.0, 60))


@dataclass(frozen=True)
class EdgeCases(Op):
    """See `edge_cases`."""

    name = "edge_cases"

    labels: LabelSet
    between: tuple[tuple[str, str], ...] = ()
    column: str = "text"
    output: str = "label"
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=lambda: Share(keep_original=True))
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        for first, second in self.between:
            if first == second or not {first, second} <= set(self.labels.names):
                raise ConfigurationError(
                    f"between={(first, second)!r}; expected two different labels of "
                    f"{', '.join(self.labels.names)}."
                )
        for language in ("zh", "en"):
            self._prompts(language)

    @classmethod
    def example(cls) -> EdgeCases:
        """One that agrees with itself."""
        labels = LabelSet.of(["地点", "其他"])
        return cls(labels, asked=AskedModel(ScriptedModel(_as_wanted)))

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """The label, the one it is close to, and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text = datasets.Value("string")
        return datasets.Features({self.output: text, "edge_with": text, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(self.name, "label")

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return with_columns(augmented(self, rows), {self.output: None, "edge_with": None})

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Write a text for a label, and have it labelled again by who has not seen that label."""
        text = str(row[self.column] or "")
        if not text.strip():
            raise Rejected("no text")
        label, near = self._pair(row, sample)
        writing, labelling = self._prompts(language_of(row, text))
        request = self.prompt(text, label, near, writing, sample)
        case = yield from self._agreed(request, text, label, labelling)
        changes = {self.column: case.text, self.output: label, "edge_with": near}
        told = {**self.asked.sampling(), "label": label, "edge_with": near, "why": case.why}
        parameters = json.dumps(told, ensure_ascii=False, sort_keys=True)
        new = made(self, row, sample, changes, writing, parameters=parameters)
        return Outcome(rows=(new,))

    def prompt(self, text: str, label: str, near: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for one text. Pure."""
        words = prompt.fill(labels=self.labels.listed(), label=label, near=near, text=fenced(text))
        shape = _case_shape(label)
        sampling = self.asked.sampling()
        request = ChatRequest.ask(words, prompt.system, schema=shape, parameters=sampling)
        return numbered(request, sample)

    def _agreed(
        self, request: ChatRequest, text: str, label: str, labelling: Prompt
    ) -> Generator[Any, Any, Any]:
        """Ask until an independent reader gives the text the label that it was written for."""
        for left in range(self.runtime.max_repairs, -1, -1):
            reply = yield from checked(request, partial(self.fault, text), left)
            case: Any = reply.parsed
            second = yield self._labelling(case.text, labelling)
            if second.parsed.label == label:
                return case
            if not left:
                break
            words = (
                f"A reader who was shown only the text labelled it {second.parsed.label!r}. Write "
                f"another that is plainly {label!r} for who reads with care."
            )
            again = (
                {"role": "assistant", "content": reply.text},
                {"role": "user", "content": words},
            )
            request = replace(request, messages=(*request.messages, *again))
        raise Rejected("labelled otherwise")

    def fault(self, original: str, reply: Reply) -> Fault | None:
        """Say what is wrong with a text. Pure."""
        case: Any = reply.parsed
        text = case.text
        named = _names_label(text, self.labels.names)
        if named:
            return Fault("names its label", f"Leave out {named!r}: the text must not label itself.")
        return first_fault(Candidate(text, original=original), _CHECKS)

    def _labelling(self, text: str, prompt: Prompt) -> ChatRequest:
        words = prompt.fill(labels=self.labels.listed(), text=fenced(text))
        sampling = self.asked.sampling()
        shape = self.labels.shape()
        return ChatRequest.ask(words, prompt.system, schema=shape, parameters=sampling)

    def _pair(self, row: Row, sample: int) -> tuple[str, str]:
        """Draw the wanted label and the near one; the row's own label is one of them."""
        pairs = self.between or tuple(combinations(self.labels.names, 2))
        own = row.get(self.output)
        fitting = [pair for pair in pairs if own in pair] or list(pairs)
        seed, name = self.share.seed, row_id(row)
        label, near = fitting[int(draw(seed, name, "pair", sample) * len(fitting))]
        return (label, near) if draw(seed, name, "side", sample) < 0.5 else (near, label)

    def _prompts(self, language: str) -> tuple[Prompt, Prompt]:
        return (
            self.prompts.load(self.name, language, _VARIABLES),
            self.prompts.load("label", language, LABELLING),
        )


@lru_cache(maxsize=64)
def _case_shape(label: str) -> type[BaseModel]:
    """The label comes first, so that the text is written for it."""
    words = (str, Field(min_length=1))
    return create_model("EdgeCase", label=(literal_of((label,)), ...), why=words, text=words)


def _names_label(text: str, names: Iterable[str]) -> str:
    """Find a label said as such: `标签：正面`, `(negative)`; in passing it is a word like others."""
    for name in names:
        word = re.escape(name)
        found = re.search(
            rf"(?:标签|类别|分类|label|category|class)\s*(?:是|为|is)?\s*[:：=]?\s*{word}"
            rf"|^\s*[\[【(（]?{word}[\]】)）:：]|[\[【(（]{word}[\]】)）]\s*$",
            text,
            re.IGNORECASE,
        )
        if found:
            return found[0].strip()
    return ""


def edge_cases(
    labels: LabelSet | Mapping[str, str] | Sequence[str] | str | Path,
    *,
    model: str | ChatModel = EXTRACTIVE,
    between: Sequence[tuple[str, str]] = (),
    column: str = "text",
    output: str = "label",
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = True,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> EdgeCases:
    """Add texts that lie between two labels, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        labels: Their names, a dict of label → description, a `LabelSet`, or the path of its file.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        between: Pairs of labels; all pairs by default. Those with the row's own label come first.
        column: Column of texts: shows kind, length and tone.
        output: Column of the label.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op. A new row has `label`, the near label in `edge_with` (null in rows that pass), an `id`
        of its own and a step of `provenance` that says what makes it hard. A text that a second,
        independent labelling does not give its label is written anew, then dropped with the reason
        "labelled otherwise". Two calls per new row.

    Raises:
        ConfigurationError: without a language model, or for a label that is not there.

    Example:
        >>> op = sft.edge_cases("labels.yaml", model="qwen3-32b", between=[("正面", "中性")])
        >>> ds = ds.map(op, batched=True)
    """
    asked, prompts, limits = read_options("edge_cases", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    pairs = tuple((first, second) for first, second in between)
    return EdgeCases(LabelSet.of(labels), pairs, column, output, asked, share, prompts, limits)


def _as_wanted(request: ChatRequest) -> str:
    """Write what is wanted, and label it so."""
    wanted = request.schema.model_fields["label"].annotation.__args__  # type: ignore[union-attr]
    if len(wanted) > 1:
        return json.dumps({"label": _label_in(fenced_text(request), wanted)}, ensure_ascii=False)
    text = f"{fenced_text(request)}（{wanted[0]}那边的）"
    return json.dumps({"label": wanted[0], "why": "两边都像", "text": text}, ensure_ascii=False)


def _label_in(text: str, names: Sequence[str]) -> str:
    return max(names, key=lambda name: text.rfind(f"（{name}那边的）"))
