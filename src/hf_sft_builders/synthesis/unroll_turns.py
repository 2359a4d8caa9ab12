"""`unroll_turns`: one row for each answer of a conversation, with all that was said before it.

[u1, a1, u2, a2] → [u1, a1] and [u1, a1, u2, a2]: for trainers that learn the last answer alone, and for
tests that ask a model turn by turn. Split by dialogue first (`sft.split(ds, by="hash")`): rows of one
conversation belong on one side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.augmenting import adds_lineage, passed, row_id
from hf_sft_builders.synthesis.conversations import with_messages
from hf_sft_builders.synthesis.slots import dialogues

NO_ANSWER = "no answer to end a row with"


@dataclass(frozen=True)
class UnrollTurns(Op):
    """See `unroll_turns`."""

    name = "unroll_turns"

    calls: bool = True

    @classmethod
    def example(cls) -> UnrollTurns:
        """The only one; rows without a conversation pass."""
        return cls()

    added = adds_lineage

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per conversation, in order."""
        return map(self._outcome, rows)

    def _outcome(self, row: Row) -> Outcome:
        messages = dialogues.conversation_of(row)
        if not messages:
            return dialogues.left_alone(row, "no conversation")
        ends = [
            place
            for place, turn in enumerate(messages)
            if turn["role"] == "assistant" and (self.calls or not turn.get("tool_calls"))
        ]
        before, step = passed(row)["provenance"], provenance_step(step=self.name)
        made = [
            {
                **with_messages(row, messages[: end + 1]),
                "id": lineage_id(row_id(row), self.name, number),
                "provenance": [*before, step],
            }
            for number, end in enumerate(ends)
        ]
        return Outcome(tuple(made), () if made else (NO_ANSWER,))


def unroll_turns(*, calls: bool = True) -> UnrollTurns:
    """Make a row of each answer with its whole context, for `ds.map(op, batched=True)`.

    Args:
        calls: Whether a call of a tool is an answer, too.

    Returns:
        An op; no call. Each row ends with an assistant's turn, in the format that the rows have; ids
        begin with the conversation's. A conversation without an answer is dropped, and counted.

    Example:
        >>> turns = split["train"].map(sft.unroll_turns(), batched=True)
    """
    return UnrollTurns(calls)
