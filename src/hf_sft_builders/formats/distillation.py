"""`distillation`: what a teacher model thought and said.

One row:
    {"prompt": "9 加 7？", "reasoning": "9+7=16", "content": "16",
     "teacher": "DeepSeek-R1", "score": 9.0}

`reasoning` and `teacher` are "" where there is none, `score` may be null.
The trap: TRL reads a `prompt` column as half of prompt and completion; convert before training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.questions import (
    ONE_PAIR,
    REASONING_LAST,
    conversation,
    empty_for_none,
    last_of,
    none_for_empty,
    words_rule,
)
from hf_sft_builders.formats.turns import Turns
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


class DistillationRow(BaseModel):
    """A question, and what the teacher made of it."""

    prompt: str = Field(min_length=1)
    reasoning: str
    content: str = Field(min_length=1)
    teacher: str
    score: float | None


class Distillation(Format):
    """See the module."""

    name = "distillation"
    Row = DistillationRow
    holds = frozenset({"messages", "messages.reasoning", "teacher", "score"})
    defaults: ClassVar[dict[str, Any]] = {"reasoning": "", "teacher": "", "score": None}
    rules = (words_rule("prompt"), words_rule("content"))
    sayable = (ONE_PAIR, REASONING_LAST)

    @property
    def features(self) -> datasets.Features:
        """Four texts and a number."""
        texts = dict.fromkeys(("prompt", "reasoning", "content", "teacher"), "string")
        return typed({**texts, "score": "float64"})

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the pair apart."""
        turns = Turns.of(records["messages"])
        return {
            "prompt": last_of(turns, "content", back=2),
            "reasoning": empty_for_none(last_of(turns, "reasoning")),
            "content": last_of(turns, "content"),
            "teacher": empty_for_none(records["teacher"]),
            "score": records["score"],
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Make a pair with reasoning of it."""
        told = [("user", table["prompt"]), ("assistant", table["content"])]
        return {
            "messages": conversation(told, none_for_empty(table["reasoning"])).column(),
            "teacher": none_for_empty(table["teacher"]),
            "score": table["score"],
        }
