"""`messages`: the chat layout of the OpenAI protocol, which trainers converge on. The default.

One row:
    {"messages": [{"role": "system", "content": "…"}, {"role": "user", "content": "…"},
                  {"role": "assistant", "content": "…"}]}

The trap: a message has exactly `role` and `content` here. More fields would be null in most rows,
and some trainers refuse or train on them; tool calls and reasoning raise `LossyConversion`.
Source: https://huggingface.co/docs/trl/dataset_formats (conversational language modelling).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field, model_validator

from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.turns import Turns
from hf_sft_builders.records import record_table

if TYPE_CHECKING:
    import datasets

_ROLES = ("system", "user", "assistant", "tool")


class Message(BaseModel):
    """One turn."""

    role: Literal[
        "system",  # instructions, first or not at all
        "user",  # the person
        "assistant",  # the model, what is learnt
        "tool",  # result of a tool call
    ]
    content: str = Field(min_length=1)


class MessagesRow(BaseModel):
    """One conversation, which ends with the assistant."""

    messages: list[Message] = Field(min_length=1)

    @model_validator(mode="after")
    def _order(self) -> MessagesRow:
        if any(message.role == "system" for message in self.messages[1:]):
            raise ValueError("a system message stands first or not at all")
        if self.messages[-1].role != "assistant":
            raise ValueError("the last message is the assistant's")
        return self


class Messages(Format):
    """See the module."""

    name = "messages"
    Row = MessagesRow
    holds = frozenset({"messages"})

    @property
    def features(self) -> datasets.Features:
        """One column, `messages`."""
        import datasets

        text = datasets.Value("string")
        return datasets.Features({"messages": [{"role": text, "content": text}]})

    def from_records(self, table: pa.Table) -> pa.Table:
        """Keep role and content of each message."""
        self.refuse_losses(table)
        turns = Turns.of(table["messages"])
        said = pa.StructArray.from_arrays(
            [turns.fields["role"], turns.fields["content"]], names=["role", "content"]
        )
        column = pa.ListArray.from_arrays(pa.array(turns.offsets, pa.int32()), said)
        return pa.table({"messages": column, **self.carried(table)})

    def to_records(self, table: pa.Table) -> pa.Table:
        """Take role and content of each message."""
        carried = {name: table[name] for name in table.column_names if name != "messages"}
        messages = Turns.of(table["messages"]).column()
        return record_table({"messages": messages, **carried}, table.num_rows)

    def check(self, table: pa.Table) -> pa.BooleanArray:
        """Known roles, words in every message, system first, the assistant last."""
        turns = Turns.of(table["messages"])
        last = turns.position == turns.lengths[turns.row] - 1
        words = pc.greater(pc.fill_null(pc.utf8_length(turns.fields["content"]), 0), 0)
        bad = (
            ~turns.has_role(*_ROLES)
            | ~np.asarray(words.to_numpy(zero_copy_only=False), dtype=bool)
            | (turns.has_role("system") & (turns.position > 0))
            | (last & ~turns.has_role("assistant"))
        )
        return pa.array(~turns.rows_with(bad) & (turns.lengths > 0))
