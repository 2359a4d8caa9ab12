"""`reward`: a question, an answer, and how good it is.

One row:
    {"input": "9 加 7？", "output": "16", "reward_score": 0.9}

The trap: TRL's reward trainer reads pairs (`preference`), not scores; these rows are for
`transformers.Trainer`, and to rank and select by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.column_rules import any_null
from hf_sft_builders.formats.questions import ONE_PAIR, conversation, last_of, words_rule
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import Turns
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


class RewardRow(BaseModel):
    """A question, an answer and its score."""

    input: str = Field(min_length=1)
    output: str = Field(min_length=1)
    reward_score: float


class Reward(Format):
    """See the module."""

    name = "reward"
    Row = RewardRow
    holds = frozenset({"messages", "score"})
    rules = (
        words_rule("input"),
        words_rule("output"),
        Rule(
            "reward-score-given",
            "reward_score",
            "a number in every row",
            "Drop the row, or score it.",
            lambda table: any_null(table, ("reward_score",)),
        ),
    )
    sayable = (
        ONE_PAIR,
        Rule(
            "score-given",
            "score",
            "a score in every record",
            "Score the rows first, or choose a format without a score.",
            lambda records: any_null(records, ("score",)),
        ),
    )

    @property
    def features(self) -> datasets.Features:
        """Two texts and a number."""
        return typed({"input": "string", "output": "string", "reward_score": "float64"})

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the pair and its score."""
        turns = Turns.of(records["messages"])
        return {
            "input": last_of(turns, "content", back=2),
            "output": last_of(turns, "content"),
            "reward_score": records["score"],
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Make a pair of them, and its score."""
        told = [("user", table["input"]), ("assistant", table["output"])]
        return {"messages": conversation(told).column(), "score": table["reward_score"]}
