"""A dialogue turn by turn: one call for what the user says, one for the answer, each checked at once.

Dearer than a whole dialogue in one call, and a fault costs a turn, not the dialogue: for models that
lose their way in a long reply.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from hf_sft_builders.ledger import Row
from hf_sft_builders.llm import ChatRequest, Reply
from hf_sft_builders.synthesis.dialogue_plan import (
    Kind,
    Round,
    fault_of_answer,
    fault_of_user,
    in_words,
)
from hf_sft_builders.synthesis.material import Material
from hf_sft_builders.synthesis.prompts import fenced
from hf_sft_builders.synthesis.validators import Fault, checked

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue

USER, ANSWER = "dialogue_user", "dialogue_answer"
VARIABLES = {
    USER: ("title", "headings", "scenario", "roles", "plan", "said", "text"),
    ANSWER: ("title", "headings", "scenario", "roles", "plan", "said", "user", "text"),
}


class GroundedAnswer(BaseModel):
    """What the model replies for the one who answers."""

    assistant: str
    evidence: str = Field(
        description="Copied word for word from the material; empty in clarification and closing."
    )


def turn_by_turn(
    op: SimulateDialogue,
    row: Row,
    material: Material,
    plan: Sequence[Kind],
    language: str,
    sample: int,
) -> Generator[Any, Any, list[Round]]:
    """Ask for each turn, again where it has a fault.

    Raises:
        Rejected: if a turn fails to the last.
    """
    said, rounds = list(material.pair), list[Round]()
    for kind in plan:
        known: dict[str, Any] = {
            **op.told(row, language),
            "plan": in_words([kind], language),
            "said": _transcript(said),
            "text": fenced(material.text),
        }
        words = yield from _user_turn(op, known, said, material, language, sample)
        answer = yield from _answer(op, known, said, Round(kind=kind, user=words, assistant=""),
                                    material, language, sample)  # fmt: skip
        rounds.append(answer)
        said += [answer.user, answer.assistant]
    return rounds


def _user_turn(
    op: SimulateDialogue,
    known: dict[str, Any],
    said: Sequence[str],
    material: Material,
    language: str,
    sample: int,
) -> Generator[ChatRequest, Any, str]:
    def fault(reply: Reply) -> Fault | None:
        return fault_of_user(reply.text, material.source, language, said[::2])

    request = _request(op, USER, language, sample, known)
    reply = yield from checked(request, fault, op.runtime.max_repairs)
    return reply.text.strip()


def _answer(
    op: SimulateDialogue,
    known: dict[str, Any],
    said: Sequence[str],
    open_round: Round,
    material: Material,
    language: str,
    sample: int,
) -> Generator[ChatRequest, Any, Round]:
    def whole(reply: Reply) -> Round:
        assert isinstance(reply.parsed, GroundedAnswer)
        return open_round.model_copy(update=reply.parsed.model_dump())

    def fault(reply: Reply) -> Fault | None:
        return fault_of_answer(whole(reply), material.source, language, said[1::2])

    request = _request(
        op, ANSWER, language, sample, {**known, "user": open_round.user}, GroundedAnswer
    )
    reply = yield from checked(request, fault, op.runtime.max_repairs)
    return whole(reply)


def _request(
    op: SimulateDialogue,
    name: str,
    language: str,
    sample: int,
    known: dict[str, Any],
    schema: type[BaseModel] | None = None,
) -> ChatRequest:
    prompt, sampling = op.load(name, language), op.asked.sampling()
    words = prompt.fill(**known)
    return ChatRequest.ask(words, prompt.system, schema=schema, parameters=sampling, sample=sample)


def _transcript(said: Sequence[str]) -> str:
    """Give what was said, a dash for who asks and an arrow for who answers."""
    marks = ("—", "→")
    return "\n".join(f"{marks[n % 2]} {words}" for n, words in enumerate(said)) or "—"
