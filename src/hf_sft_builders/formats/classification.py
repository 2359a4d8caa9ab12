"""`classification`: a text and its label.

One row:
    {"text": "房间很干净，早餐也好。", "label": "正面"}

A record holds the text as the user's message and the label as the answer, so that a classifier's
rows also train a chat model. `sft.convert(ds, to="classification", labels=["负面", "正面"])` gives
the label as `ClassLabel`.

The trap: trainers refuse -1, the missing label of `datasets`; rows without a label are found by
the rule `label-words`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.questions import ONE_PAIR, conversation, last_of, words_rule
from hf_sft_builders.formats.turns import Turns
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


class ClassificationRow(BaseModel):
    """A text and its label."""

    text: str = Field(min_length=1)
    label: str = Field(min_length=1)


class Classification(Format):
    """See the module."""

    name = "classification"
    Row = ClassificationRow
    holds = frozenset({"messages"})
    rules = (words_rule("text"), words_rule("label", "Drop the row, or name its class."))
    sayable = (ONE_PAIR,)

    @property
    def features(self) -> datasets.Features:
        """Two texts."""
        return typed({"text": "string", "label": "string"})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take class numbers without names for text."""
        if "label" not in table.column_names or not pa.types.is_integer(table["label"].type):
            return table
        index = table.schema.get_field_index("label")
        return table.set_column(index, "label", table["label"].cast(pa.string()))

    def lay_out(self, records: pa.Table) -> Columns:
        """The question is the text, the answer its label."""
        turns = Turns.of(records["messages"])
        return {"text": last_of(turns, "content", back=2), "label": last_of(turns, "content")}

    def take_in(self, table: pa.Table) -> Columns:
        """The text is the question, its label the answer."""
        told = [("user", table["text"]), ("assistant", table["label"])]
        return {"messages": conversation(told).column()}
