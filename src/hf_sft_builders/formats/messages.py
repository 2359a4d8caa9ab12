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

import pyarrow as pa
from pydantic import BaseModel, Field, model_validator

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turn_rules import (
    ROLE_ALIASES,
    ROLES,
    canonical_roles,
    drop_empty_tail,
    no_words,
    rename_roles,
    unknown_roles,
)
from hf_sft_builders.formats.turns import Turns, list_lengths

if TYPE_CHECKING:
    import datasets


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

    rules = (
        Rule(
            "messages-not-empty",
            "messages",
            "at least one message",
            "Drop the row.",
            lambda table: list_lengths(table["messages"]) == 0,
        ),
        Rule(
            "roles-known",
            "messages.role",
            f"one of {', '.join(ROLES)}",
            "Rename the roles, or convert the rows: sft.convert(ds, to='messages').",
            unknown_roles("messages", "role", ROLES),
            rename_roles("messages", "role", ROLE_ALIASES),
        ),
        Rule(
            "system-first",
            "messages.role",
            "a system message first or not at all",
            "Move it to the front, or make it a part of the user's words.",
            lambda table: Turns.of(table["messages"], ("role",)).marked_late("system"),
        ),
        Rule(
            "words-in-every-message",
            "messages.content",
            "words in every message",
            "Drop the row, or say what is missing.",
            no_words("messages", "content"),
            drop_empty_tail("messages", "content"),
        ),
        Rule(
            "assistant-last",
            "messages.role",
            "the last message is the assistant's",
            "Drop the last message, or add the answer.",
            lambda table: Turns.of(table["messages"], ("role",)).ends_without("assistant"),
        ),
    )

    def lay_out(self, records: pa.Table) -> Columns:
        """Keep role and content of each message."""
        turns = Turns.of(records["messages"])
        return {"messages": turns.struct_lists({"role": "role", "content": "content"})}

    def take_in(self, table: pa.Table) -> Columns:
        """Take role and content of each message."""
        turns = Turns.of(table["messages"])
        turns.fields["role"] = canonical_roles(turns.fields["role"], "messages")
        return {"messages": turns.column()}
