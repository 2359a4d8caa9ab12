"""What `generate_qa` asks about one passage: the prompt's parts put together, and the reply's shape."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, create_model

from hf_sft_builders.ledger import Row
from hf_sft_builders.llm import ChatRequest
from hf_sft_builders.synthesis.audiences import Audience
from hf_sft_builders.synthesis.augmenting import row_id
from hf_sft_builders.synthesis.domain_choice import listed
from hf_sft_builders.synthesis.evidence import QAPair, QAPairs
from hf_sft_builders.synthesis.fixed_questions import FixedQuestion
from hf_sft_builders.synthesis.prompts import Prompt, fenced
from hf_sft_builders.synthesis.question_plan import marks_shape, plan_of, planned

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.generate_qa import GenerateQA

_PASSAGE = ("title", "headings", "text")
VARIABLES: dict[str, tuple[str, ...]] = {
    "generate_qa": (*_PASSAGE, "count"),
    "generate_questions": (*_PASSAGE, "count"),
    "answer_question": (*_PASSAGE, "question", "choices"),
    "question_plan": ("plan",),
    "audience": ("genre", "audience"),
    "domain_choice": ("domains",),
}
"""Prompt → its variables."""


class Question(BaseModel):
    """One question, as the model writes it."""

    question: str


class Questions(BaseModel):
    """What the model replies where answers are asked for apart."""

    questions: list[Question]


def asked_for(op: GenerateQA, row: Row) -> int:
    """Give how many pairs a passage is asked for at most: one, and one per so many characters."""
    return max(1, len(row[op.column]) // op.chars_per_question)


def prompt_names(op: GenerateQA) -> list[str]:
    """Name the prompts that an op uses."""
    if op.questions:
        return ["answer_question"]
    names = ["generate_qa"] if op.calls == "joint" else ["generate_questions", "answer_question"]
    names += ["question_plan"] if op.question_types or op.difficulty else []
    names += ["audience"] if op.audiences else []
    return names + (["domain_choice"] if op.domains else [])


def first_prompt(op: GenerateQA, row: Row, audience: Audience | None) -> Prompt:
    """Put the prompt together that asks for pairs, or for questions."""
    parts = ["generate_qa" if op.calls == "joint" else "generate_questions"]
    parts += ["question_plan"] if op.question_types or op.difficulty else []
    parts += ["audience"] if audience else []
    parts += ["domain_choice"] if op.domains else []
    return _joined([load(op, row, part) for part in parts])


def first_request(op: GenerateQA, row: Row, audience: Audience | None) -> ChatRequest:
    """Ask for pairs, or for questions alone. Pure."""
    prompt, count = first_prompt(op, row, audience), asked_for(op, row)
    plan = plan_of(op.question_types, op.difficulty, row_id(row), count, op.seed)
    values = {
        **_passage(op, row),
        "count": count,
        "plan": planned(plan, prompt.name.rpartition(".")[2]),
        "domains": listed(op.domains) if op.domains else "",
        "genre": audience.genre if audience else "",
        "audience": audience.audience if audience else "",
    }
    types, levels = ([name for name, _ in mix] for mix in (op.question_types, op.difficulty))
    domains = op.domains.paths if op.domains else None
    return ChatRequest.ask(
        prompt.fill(**values),
        prompt.system,
        schema=_list_shape(op.calls == "joint", tuple(types), tuple(levels), domains),
        parameters=op.asked.sampling(),
        allow_parts=True,
    )


def answer_request(
    op: GenerateQA, row: Row, question: FixedQuestion, audience: Audience | None = None
) -> ChatRequest:
    """Ask one question about the passage. Pure."""
    parts = ["answer_question", *(["audience"] if audience else [])]
    prompt = _joined([load(op, row, part) for part in parts])
    labels = (*question.labels, question.other) if question.labels else ()
    who = {"genre": audience.genre, "audience": audience.audience} if audience else {}
    user = prompt.fill(
        **_passage(op, row),
        question=fenced(question.text),
        choices="\n".join(f"- {label}" for label in labels),
        **who,
    )
    parameters = op.asked.sampling()
    return ChatRequest.ask(user, prompt.system, schema=question.shape(), parameters=parameters)


def load(op: GenerateQA, row: Row, name: str) -> Prompt:
    """Give one prompt in the row's language."""
    return op.prompts.load(name, op.language or row.get("language") or "", None)


def _passage(op: GenerateQA, row: Row) -> dict[str, Any]:
    return {
        "title": row.get("title") or "—",
        "headings": " › ".join(row.get("headings") or ()) or "—",
        "text": fenced(row[op.column]),
    }


@lru_cache(maxsize=64)
def _list_shape(
    joint: bool, types: tuple[str, ...], levels: tuple[str, ...], domains: tuple[str, ...] | None
) -> type[BaseModel]:
    name, item, whole = ("pairs", QAPair, QAPairs) if joint else ("questions", Question, Questions)
    marked = marks_shape(item, types, levels, domains)
    if marked is item:
        return whole
    fields: dict[str, Any] = {name: (list[marked], ...)}  # type: ignore[valid-type]
    made: type[BaseModel] = create_model(f"{whole.__name__}Marked", __base__=whole, **fields)
    return made


def _joined(parts: Sequence[Prompt]) -> Prompt:
    """Put prompts one behind the other; the hash is that of all of them."""
    if len(parts) == 1:
        return parts[0]
    digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    system, user = ("\n\n".join(getattr(p, name) for p in parts) for name in ("system", "user"))
    return Prompt(parts[0].name, system, user, digest)
