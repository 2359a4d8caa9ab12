"""`similar_questions`: the same asked in other words, or other questions about the same chunk.

One row in, with `n=2`:
    {"messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                  {"role": "assistant", "content": "80 元／人"}], "id": "a", …}
becomes two rows with the same answer, "去云溪塔要花多少钱买票？" (id `a:similar_questions:0`) and
"云溪塔成人票怎么卖？" (`a:similar_questions:1`).

Calls: one for all n questions; one more where some of them are copies of others.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from pydantic import BaseModel

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
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made
from hf_sft_builders.synthesis.evidence import QAPair, QAPairs, check
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.likeness import are_alike
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.question_places import last_exchange, with_exchange
from hf_sft_builders.synthesis.text_places import text_in
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    first_fault,
    length_between,
    not_obeyed,
)

_VARIABLES = ("question", "answer", "context", "count")
_ABOUT_CHUNK = "new_questions"
_ALIKE = 0.9


class Questions(BaseModel):
    """What the model replies, where the answer stays."""

    questions: list[str]


@dataclass(frozen=True)
class SimilarQuestions(Op):
    """See `similar_questions`."""

    name = "similar_questions"

    n: int = 3
    new_answers: bool = False
    column: str | None = None
    context: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.n < 1:
            raise ConfigurationError(f"n={self.n}; expected 1 or more questions for each row.")
        if self.new_answers and (not self.context or self.column):
            raise ConfigurationError(
                "new_answers=True needs context='text', the column with the chunk to ask about, and "
                "rows of a conversation format, which have a place for the answers."
            )
        for language in ("zh", "en"):
            self.prompts.load(self._prompt_name, language, _VARIABLES)

    @classmethod
    def example(cls) -> SimilarQuestions:
        """One that asks what it is given, with another beginning."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_with_a_beginning)))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(name for name in (self.column, self.context) if name)

    added = adds_lineage

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(self._prompt_name)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask for all questions at once, and once more for those that fail. Pure but for replies."""
        question, answer = (text_in(row, self.column), "") if self.column else last_exchange(row)
        if not question.strip():
            return Outcome(drops=("no question",))
        language = language_among(row, question)
        prompt = self.prompts.load(self._prompt_name, language, _VARIABLES)
        context = text_in(row, self.context)
        found, faults = yield from self._collect(
            QAPair(question=question, answer=answer, evidence=""), context, prompt
        )
        rows = (made(self, row, at, self._put(row, pair), prompt) for at, pair in enumerate(found))
        return Outcome(tuple(rows), tuple(fault.reason for fault in faults))

    def _collect(
        self, known: QAPair, context: str, prompt: Prompt
    ) -> Generator[Any, Any, tuple[list[QAPair], list[Fault]]]:
        """Give the pairs that stand, and the faults of those that are missing in the end."""
        request = self.prompt(known, context, prompt)
        found: list[QAPair] = []
        faults: list[Fault] = []
        for _ in range(self.runtime.max_repairs + 1):
            reply: Reply = yield request
            faults, before = [], list(found)
            for pair in _pairs(reply, known):
                if any(are_alike(pair.question, one.question, _ALIKE) for one in before):
                    continue
                fault = self.fault(pair, known, found, context, prompt)
                if fault:
                    faults.append(fault)
                elif len(found) < self.n:
                    found.append(pair)
            if len(found) == self.n:
                return found, []
            if not faults:
                break
            request = _again(request, reply, faults, self.n - len(found))
        return found, faults[: self.n - len(found)] or (
            [] if found else [Fault("no other question found", "")]
        )

    def prompt(self, known: QAPair, context: str, prompt: Prompt) -> ChatRequest:
        """Ask for the questions. Pure."""
        user = prompt.fill(
            question=fenced(known.question),
            answer=fenced(known.answer) if known.answer else "—",
            context=fenced(context) if context else "—",
            count=self.n,
        )
        shape = QAPairs if self.new_answers else Questions
        parameters = self.asked.sampling()
        return ChatRequest.ask(user, prompt.system, schema=shape, parameters=parameters)

    def fault(
        self, pair: QAPair, known: QAPair, found: list[QAPair], context: str, prompt: Prompt
    ) -> Fault | None:
        """Say what is wrong with one question (and its answer), beside those found before. Pure."""
        if any(are_alike(pair.question, one.question, _ALIKE) for one in (known, *found)):
            return Fault("duplicate question", f"{pair.question!r} was asked before.")
        source = f"{known.question}\n{known.answer}\n{context}"
        asked = Candidate(pair.question, source, known.question, prompt.template)
        checks = (length_between(2, 40 + 4 * max(60, len(known.question))), *CLEAN, *GROUNDED)
        if not self.new_answers:
            return first_fault(asked, (*checks, not_obeyed))
        placed = check(pair, context)
        if isinstance(placed, str):
            return Fault(placed, f"{pair.question!r}: {placed}; copy the evidence word for word.")
        answered = Candidate(pair.answer, f"{context}\n{pair.question}", prompt=prompt.template)
        return first_fault(asked, checks) or first_fault(answered, (*CLEAN, *GROUNDED))

    def _put(self, row: Row, pair: QAPair) -> dict[str, Any]:
        if self.column:
            return {self.column: pair.question}
        return with_exchange(row, pair.question, pair.answer)

    @property
    def _prompt_name(self) -> str:
        return _ABOUT_CHUNK if self.new_answers else self.name


def similar_questions(
    n: int = 3,
    *,
    model: str | ChatModel = EXTRACTIVE,
    new_answers: bool = False,
    column: str | None = None,
    context: str | None = None,
    p: float = 1.0,
    keep_original: bool = True,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> SimilarQuestions:
    """Ask the same in other words, or other things about the same chunk.

    Args:
        n: How many questions for each row; all by one call.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        new_answers: Ask other things about the chunk in `context`, with answers of their own that
            stand in it. By default the questions mean the same, and the answer stays.
        column: Column with the question; by default the last question of a conversation.
        context: Column with the chunk that the row was made from.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. No two questions of a row are alike, the given one included; those that are, or that
        bring in numbers or names of their own, are asked for again, then dropped with their reason.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.similar_questions(3, model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("similar_questions", model, options, seed)
    share = Share(p, 1, keep_original, seed or 0)
    return SimilarQuestions(n, new_answers, column, context, asked, share, prompts, limits)


def _pairs(reply: Reply, known: QAPair) -> list[QAPair]:
    if isinstance(reply.parsed, QAPairs):
        return reply.parsed.pairs
    assert isinstance(reply.parsed, Questions)
    said = (question.strip() for question in reply.parsed.questions)
    return [QAPair(question=one, answer=known.answer, evidence="") for one in said]


def _again(request: ChatRequest, reply: Reply, faults: list[Fault], missing: int) -> ChatRequest:
    """Ask for what is missing, with what was wrong."""
    wrong = "\n".join(dict.fromkeys(fault.words for fault in faults))
    told = (
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": f"{wrong}\nGive {missing} others, in the same JSON."},
    )
    return replace(request, messages=(*request.messages, *told))


def _with_a_beginning(request: ChatRequest) -> Questions:
    """Ask the same three times, each time with another beginning."""
    words = fenced_text(request)[:60]
    return Questions(questions=[f"{'请问？！' * 4 * k}{words}{words * k}" for k in (1, 2, 3)])
