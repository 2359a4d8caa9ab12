"""`rewrite`: the same said in another way; every turn of a role, or a column of text.

One row in, with `style="口语"`:
    {"messages": [{"role": "user", "content": "请问云溪塔的门票价格是多少？"}, …]}
becomes
    {"messages": [{"role": "user", "content": "云溪塔门票多少钱呀？"}, …], "id": "…:rewrite:0", …}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from typing import Literal, Unpack, get_args

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
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made, passed
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.text_places import Role, texts_of, with_texts
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    changed,
    checked,
    first_fault,
    not_obeyed,
)

Strength = Literal["light", "medium", "strong"]

_VARIABLES = ("text", "style", "strength")
# How much of the text may stay, and how much must: similarity of characters, from 0 to 1.
_SIMILARITY: dict[Strength, tuple[float, float]] = {
    "light": (0.4, 1.0),
    "medium": (0.1, 0.95),
    "strong": (0.0, 0.8),
}


@dataclass(frozen=True)
class Rewrite(Op):
    """See `rewrite`."""

    name = "rewrite"

    style: str = ""
    strength: Strength = "medium"
    role: Role = "user"
    column: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.strength not in _SIMILARITY:
            raise ConfigurationError(
                f"strength={self.strength!r}; expected one of {', '.join(_SIMILARITY)}."
            )
        if self.role not in get_args(Role):
            raise ConfigurationError(
                f"role={self.role!r}; expected one of {', '.join(get_args(Role))}."
            )
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> Rewrite:
        """One that says everything twice."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_twice)))

    def requires(self) -> tuple[str, ...]:
        """The column, where one is named; else any conversation format will do."""
        return (self.column,) if self.column else ()

    added = adds_lineage

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Rewrite each text of the row, side by side. Pure but for what it is sent."""
        texts = texts_of(row, self.column, self.role)
        if not any(text.strip() for text in texts):
            return Outcome(rows=(passed(row),))
        prompt = self._prompt(language_of(row, "".join(texts)))
        said = []
        for text in texts:
            if not text.strip():
                said.append(text)
                continue
            request = self.prompt(text, prompt, sample)
            check = partial(self.fault, text, prompt)
            reply = yield from checked(request, check, self.runtime.max_repairs)
            said.append(reply.text)
        return Outcome(
            rows=(made(self, row, sample, with_texts(row, self.column, self.role, said), prompt),)
        )

    def prompt(self, text: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for one text. Pure."""
        user = prompt.fill(text=fenced(text), style=self.style or "—", strength=self.strength)
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(self, text: str, prompt: Prompt, reply: Reply) -> Fault | None:
        """Say what is wrong with a rewrite. Pure."""
        candidate = Candidate(reply.text, source=text, original=text, prompt=prompt.template)
        fault = first_fault(candidate, (changed, *CLEAN, *GROUNDED))
        if fault is None:
            least, most = _SIMILARITY[self.strength]
            alike = SequenceMatcher(None, text, reply.text, autojunk=False).ratio()
            if not least <= alike <= most:
                wanted = "closer to" if alike < least else "further from"
                return Fault(
                    "too much changed" if alike < least else "too little changed",
                    f"Keep the meaning, and stay {wanted} the original's words.",
                )
        return fault or not_obeyed(candidate)

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, _VARIABLES)


def rewrite(
    style: str = "",
    *,
    model: str | ChatModel = EXTRACTIVE,
    strength: Strength = "medium",
    role: Role = "user",
    column: str | None = None,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Rewrite:
    """Say the same in another way, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        style: Register, audience or manner, in your own words ("口语", "for a ten-year-old").
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        strength: How far from the original's words: `light`, `medium` or `strong`; checked by edit
            distance.
        role: Whose turns are rewritten, in rows of a conversation format.
        column: A column of text to rewrite instead.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op. Rows keep their format; a new row has an `id` of its own and one more step of
        `provenance`. A rewrite in another language, too near or too far, with numbers or names that
        the text has not, or with phrases about "the text" is asked for again with the reason, then
        dropped with it.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.rewrite("口语", model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("rewrite", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return Rewrite(style, strength, role, column, asked, share, prompts, limits)


def _twice(request: ChatRequest) -> str:
    """Say the fenced text twice: other words in the same language."""
    text = fenced_text(request)
    return f"{text} {text}"
