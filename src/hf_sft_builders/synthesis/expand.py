"""`expand`: the same at greater length, without facts that were not there.

One row in, with `times=2`:
    {"messages": [{"role": "user", "content": "门票多少钱？"},
                  {"role": "assistant", "content": "80 元，学生半价。"}]}
becomes
    {"messages": […, {"role": "assistant", "content": "云溪塔的门票是 80 元一张；学生可以享受半价优惠。"}], …}

Calls: one for each text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Unpack

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
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.text_places import Role, text_in, texts_of, with_texts
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    changed,
    checked,
    first_fault,
    length_between,
    not_obeyed,
)

_VARIABLES = ("text", "context", "question", "chars", "style")
_LEAST, _MOST = 0.6, 2.0


@dataclass(frozen=True)
class Expand(Op):
    """See `expand`."""

    name = "expand"

    style: str = ""
    times: float = 2.0
    role: Role = "assistant"
    column: str | None = None
    context: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.times <= 1:
            raise ConfigurationError(f"times={self.times:g}; expected more than 1.")
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> Expand:
        """One that says everything twice."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_twice)))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(name for name in (self.column, self.context) if name)

    added = adds_lineage

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Expand each text of the row. Pure but for what it is sent."""
        texts = texts_of(row, self.column, self.role)
        if not any(text.strip() for text in texts):
            return Outcome(rows=(passed(row),))
        language = language_among(row, "".join(texts))
        prompt, context = (
            self.prompts.load(self.name, language, _VARIABLES),
            text_in(row, self.context),
        )
        questions = self._questions(row, len(texts))
        said = []
        for text, question in zip(texts, questions, strict=True):
            if not text.strip():
                said.append(text)
                continue
            check = partial(self.fault, text, f"{question}\n{context}", prompt)
            request = self.prompt(text, question, context, prompt, sample)
            reply = yield from checked(request, check, self.runtime.max_repairs)
            said.append(reply.text.strip())
        changes = with_texts(row, self.column, self.role, said)
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def prompt(
        self, text: str, question: str, context: str, prompt: Prompt, sample: int
    ) -> ChatRequest:
        """Ask for one text. Pure."""
        user = prompt.fill(
            text=fenced(text),
            question=fenced(question) if question else "—",
            context=fenced(context) if context else "—",
            chars=round(self.times * len(text)),
            style=self.style or "—",
        )
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(self, text: str, beside: str, prompt: Prompt, reply: Reply) -> Fault | None:
        """Say what is wrong with an expansion. Pure."""
        source = f"{text}\n{beside}"
        candidate = Candidate(reply.text, source=source, original=text, prompt=prompt.template)
        length = len("".join(text.split()))
        least = max(length + 1, round(length * self.times * _LEAST))
        size = length_between(least, round(length * self.times * _MOST) + 20)
        return first_fault(candidate, (changed, size, *CLEAN, *GROUNDED, not_obeyed))

    def _questions(self, row: Row, count: int) -> list[str]:
        """Give the question before each answer; none for columns and for questions themselves."""
        if self.column or self.role == "user":
            return [""] * count
        asked, before = [], ""
        for message in messages_of(row):
            if message["role"] == "user":
                before = message["content"] or ""
            elif message["role"] == "assistant":
                asked.append(before)
        return asked


def expand(
    style: str = "",
    *,
    model: str | ChatModel = EXTRACTIVE,
    times: float = 2.0,
    role: Role = "assistant",
    column: str | None = None,
    context: str | None = None,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Expand:
    """Say the same at greater length, without facts that were not there.

    Args:
        style: Manner or audience, in your own words.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        times: How many times as long; from 0.6 to 2 times of that is accepted.
        role: Whose turns are expanded, in rows of a conversation format.
        column: A column of text instead.
        context: Column with the material that further facts may come from.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op; one call for each text. Numbers, dates, addresses and names must stand in the text, in
        its question or in `context`.

    Raises:
        ConfigurationError: without a language model, or for a `times` that is no expansion.

    Example:
        >>> ds = ds.map(sft.expand(times=2, context="text", model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("expand", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return Expand(style, times, role, column, context, asked, share, prompts, limits)


def _twice(request: ChatRequest) -> str:
    """Say the last fenced text twice."""
    return f"{fenced_text(request)}\n{fenced_text(request)}"
