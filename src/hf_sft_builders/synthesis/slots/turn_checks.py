"""What turns that are added must stand: they rest on the records, or on the passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.slots.asking import text_fault
from hf_sft_builders.synthesis.slots.more_turns import TurnKind
from hf_sft_builders.synthesis.slots.table import RecordTable, names_of, plain
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.validators.base import Fault
from hf_sft_builders.synthesis.validators.slots_numbers import quantities
from hf_sft_builders.synthesis.validators.slots_replies import reply_fault

_LONGEST = 500
_LENGTHS: dict[TurnKind, int] = {"follow_up": 2, "comparison": 2, "clarification": 4}


@dataclass(frozen=True)
class Ground:
    """What turns may be about."""

    text: str
    """As a model is shown it."""
    records: tuple[Row, ...] = ()
    total: int = 0
    tool: Tool | None = None
    table: RecordTable | None = None


def turns_fault(
    ground: Ground, kind: TurnKind, said: str, language: str, turns: Sequence[str]
) -> Fault | None:
    """Find what is wrong with new turns, which are user's and assistant's by turns."""
    if len(turns) != _LENGTHS[kind]:
        return Fault(
            "wrong number of turns", f"A {kind} has {_LENGTHS[kind]} turns: user, assistant, …"
        )
    for turn in turns:
        if fault := text_fault(turn, language, _LONGEST):
            return fault
    for question in turns[::2]:
        if plain(question) in plain(said):
            return Fault("asked before", f"{question!r} was said already; ask something else.")
    for question, answer in zip(turns[::2], turns[1::2], strict=True):
        if fault := _answer_fault(ground, question, answer):
            return fault
    return _kind_fault(ground, kind, turns)


def _answer_fault(ground: Ground, question: str, answer: str) -> Fault | None:
    asked = [number.value for number in quantities(question)]
    if ground.tool is not None:
        table = ground.table or RecordTable.of(ground.records)
        return reply_fault(
            answer, ground.records, table, ground.tool, [float(ground.total), *asked]
        )
    known = {number.value for number in quantities(ground.text)} | set(asked)
    for number in quantities(answer):
        if number.value not in known and not (number.is_written_out and number.value <= 10):
            words = answer[number.start : number.end]
            return Fault("number not in the source", f"{words!r} is not in the passage.")
    return None


def _kind_fault(ground: Ground, kind: TurnKind, turns: Sequence[str]) -> Fault | None:
    """A comparison speaks of records; a clarification asks back which of them is meant."""
    if ground.tool is None or kind == "follow_up":
        return None
    names = [names_of(ground.tool, record)[0] for record in ground.records]
    if kind == "comparison":
        spoken = "".join(turns)
        return None if any(n in spoken for n in names) else Fault("no record named", "Name them.")
    offered = sum(name in turns[1] for name in names)
    chosen = [name for name in names if name in turns[3]]
    if offered < 2 or not chosen:
        return Fault(
            "no clarification", "First ask which of the records is meant, then answer about it."
        )
    return None
