"""`label`: each text gets one label of a closed set; what a person has labelled stays.

One row in:
    {"text": "房间很干净，早餐也好。", "label": None}
becomes, with `samples=3`:
    {"text": "…", "label": "正面", "label_model": "正面", "label_agreement": 1.0, "id": …}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import asked_step, draw, passed, row_id
from hf_sft_builders.synthesis.label_domains import words_of
from hf_sft_builders.synthesis.label_set import LabelSet
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.several_samples import answered, check_samples, majority, numbered
from hf_sft_builders.synthesis.validators import Rejected

if TYPE_CHECKING:
    import datasets

VARIABLES = ("labels", "text")


@dataclass(frozen=True)
class Label(Op):
    """See `label`."""

    name = "label"

    labels: LabelSet
    column: str = "text"
    output: str = "label"
    samples: int = 1
    second_opinion: bool = False
    asked: AskedModel = field(default_factory=AskedModel)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        check_samples(self.samples)
        for language in ("zh", "en"):
            self._prompt(language)

    @classmethod
    def example(cls) -> Label:
        """One that finds everything about a place."""
        return cls(LabelSet.of(["地点", "其他"]), asked=AskedModel(ScriptedModel(_always_place)))

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """The label, the model's own beside it, how much its samples agree, and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text, number = datasets.Value("string"), datasets.Value("float64")
        own = {self.output: text, f"{self.output}_model": text, f"{self.output}_agreement": number}
        return datasets.Features({**own, **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return self.asked.work(((row, self.steps(row)) for row in rows), self.runtime)

    def steps(self, row: Row) -> Steps[Outcome]:
        """Ask for the label, several times side by side. Pure but for what it is sent."""
        given = self._given(row)
        if given and not self.second_opinion:
            return Outcome(rows=(self._row(row, given, None, None),))
        text = words_of(row[self.column])
        if not text.strip():
            raise Rejected("no text")
        prompt = self._prompt(language_of(row, text))
        asking = [self.prompt(row, text, prompt, sample) for sample in range(self.samples)]
        replies = answered((yield asking))
        votes = [reply.parsed.label for reply in replies]  # type: ignore[union-attr]
        found, agreement = majority(votes)
        if found is None and not given:
            raise Rejected("labels tie")
        return Outcome(rows=(self._row(row, given or found, found, agreement, prompt),))

    def prompt(self, row: Row, text: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask once; further samples see the labels in another order. Pure."""
        words = prompt.fill(labels=self.labels.listed(self._order(row, sample)), text=fenced(text))
        request = ChatRequest.ask(
            words, prompt.system, schema=self.labels.shape(), parameters=self.asked.sampling()
        )
        return numbered(request, sample)

    def _order(self, row: Row, sample: int) -> list[str]:
        names = list(self.labels.names)
        if sample:
            seed = self.asked.seed or 0
            names.sort(key=lambda name: draw(seed, row_id(row), sample, name))
        return names

    def _given(self, row: Row) -> str:
        given = row.get(self.output)
        if given is not None and not isinstance(given, str):
            raise ConfigurationError(
                f"label: column {self.output!r} holds {given!r}, expected the label as text. Write "
                "the names of the classes: ds.cast_column('label', Value('string')) keeps numbers, "
                "sft.convert(ds, to='classification') gives names."
            )
        return given or ""

    def _row(
        self, row: Row, label: str | None, found: str | None, agreement: float | None, *told: Prompt
    ) -> Row:
        own = {
            self.output: label,
            f"{self.output}_model": found,
            f"{self.output}_agreement": agreement,
        }
        kept = passed(row)
        steps = [asked_step(self, prompt) for prompt in told]
        return {**kept, **own, "provenance": [*kept["provenance"], *steps]}

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, VARIABLES)


def label(
    labels: LabelSet | Mapping[str, str] | Sequence[str] | str | Path,
    *,
    model: str | ChatModel = EXTRACTIVE,
    column: str = "text",
    output: str = "label",
    samples: int = 1,
    second_opinion: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Label:
    """Label texts out of a closed set, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        labels: Their names, a dict of label → description, a `LabelSet`, or the path of its file.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        column: Column with the text, or with `messages`.
        output: Column of the label. A row that has one keeps it, and nothing is asked.
        samples: How often is asked about each row, the labels in another order each time; the
            majority counts. A tie is dropped.
        second_opinion: Ask about rows that have a label too; theirs stays, the model's is in
            `label_model` beside it (null where its samples tie).
        seed: Of the orders, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op that adds `label`, `label_model` (null where nobody was asked) and `label_agreement`
        (share of the samples, from 0 to 1). A reply outside the set is asked for again. `samples`
        calls per row.

    Raises:
        ConfigurationError: without a language model, or with fewer than two labels.

    Example:
        >>> op = sft.label(["正面", "负面", "中性"], model="qwen3-32b", samples=3)
        >>> ds = ds.map(op, batched=True)
    """
    asked, prompts, limits = read_options("label", model, options, seed)
    known = LabelSet.of(labels)
    return Label(known, column, output, samples, second_opinion, asked, prompts, limits)


def _always_place(request: ChatRequest) -> str:
    """Label everything alike."""
    return '{"label": "地点"}'
