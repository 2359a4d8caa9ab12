"""`sharegpt`: conversations of from/value with human and gpt, and system and tools beside them.

One row:
    {"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}],
     "system": "", "tools": ""}

The traps: LLaMA-Factory wants humans at odd places and drops other rows without an error;
`system` and `tools` are "" where there is nothing, because 1,000 nulls and then a text kill its
reader; `tools` and the value of a `function_call` are JSON *text*.
Source: https://llamafactory.readthedocs.io (data preparation, ShareGPT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field, model_validator

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.column_rules import any_null, nulls_filled
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.text_buffers import empty_texts, without_nulls
from hf_sft_builders.formats.turn_rules import (
    SHAREGPT_ALIASES,
    canonical_roles,
    drop_empty_tail,
    no_words,
    not_alternating,
    rename,
    rename_roles,
    unknown_roles,
)
from hf_sft_builders.formats.turns import Turns, as_array

if TYPE_CHECKING:
    import datasets

_SAID = ("content", "tool_calls")
_ASKS, _ANSWERS = ("human", "observation"), ("gpt", "function_call")


class Turn(BaseModel):
    """One turn."""

    source: Literal[
        "human",  # the person
        "gpt",  # the model, what is learnt
        "function_call",  # the model calls a tool; the value is JSON text
        "observation",  # what the tool gave
    ] = Field(alias="from")
    value: str


class ShareGPTRow(BaseModel):
    """One conversation: asked at odd places, answered at even ones."""

    conversations: list[Turn] = Field(min_length=2)
    system: str
    tools: str

    @model_validator(mode="after")
    def _order(self) -> ShareGPTRow:
        for place, turn in enumerate(self.conversations, 1):
            expected = _ASKS if place % 2 else _ANSWERS
            if turn.source not in expected:
                raise ValueError(
                    f"turn {place} is {turn.source!r}, expected {' or '.join(expected)}"
                )
        if len(self.conversations) % 2:
            raise ValueError("the last turn is an answer")
        return self


class ShareGPT(Format):
    """See the module."""

    name = "sharegpt"
    Row = ShareGPTRow
    holds = frozenset({"messages", "messages.tool_calls", "tools"})
    defaults: ClassVar[dict[str, Any]] = {"system": "", "tools": ""}

    @property
    def features(self) -> datasets.Features:
        """Three columns."""
        import datasets

        text = datasets.Value("string")
        turn = {"from": text, "value": text}
        return datasets.Features({"conversations": [turn], "system": text, "tools": text})

    rules = (
        Rule(
            "roles-known",
            "conversations.from",
            f"one of {', '.join((*_ASKS, *_ANSWERS))}",
            "Rename the roles, or convert the rows: sft.convert(ds, to='sharegpt').",
            unknown_roles("conversations", "from", (*_ASKS, *_ANSWERS)),
            rename_roles("conversations", "from", SHAREGPT_ALIASES),
        ),
        Rule(
            "roles-alternate",
            "conversations.from",
            "human or observation at odd places, gpt or function_call at even ones, to the end",
            "Join or drop turns: LLaMA-Factory drops such rows without an error.",
            lambda table: out_of_turn(table["conversations"]),
            drop_empty_tail("conversations", "value"),
        ),
        Rule(
            "words-in-every-turn",
            "conversations.value",
            "words in every turn",
            "Drop the row, or say what is missing.",
            no_words("conversations", "value"),
        ),
        Rule(
            "no-nulls",
            "system, tools",
            'text, or "" where there is none',
            'Write "" for null: 1,000 nulls and then a text kill LLaMA-Factory\'s reader.',
            lambda table: any_null(table, ("system", "tools")),
            lambda table: nulls_filled(table, ShareGPT.defaults),
        ),
    )
    sayable = (
        Rule(
            "words-or-calls",
            "messages",
            "either words or tool calls in a message (not both)",
            "A function_call turn holds the calls only; the format messages_tools holds both.",
            lambda records: _words_beside_calls(Turns.of(records["messages"], _SAID)),
        ),
    )

    def lay_out(self, records: pa.Table) -> Columns:
        """Rename roles; a leading system message becomes the column."""
        system, turns = Turns.of(records["messages"]).split_system()
        calls = turns.fields["tool_calls"]
        called = calls.null_count < len(calls)
        source = rename(turns.fields["role"], _FROM_ROLE, "sharegpt")
        value = turns.fields["content"]
        if called:
            source = pc.if_else(calls.is_valid(), "function_call", source)
            value = pc.if_else(calls.is_valid(), calls, value)
        said = Turns(turns.offsets, {"from": source, "value": value})
        return {
            "conversations": said.struct_lists({"from": "from", "value": "value"}),
            "system": system,
            "tools": without_nulls(as_array(records["tools"]))
            if "tools" in records.column_names
            else empty_texts(len(records)),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Rename turns to roles; the system column becomes the first message."""
        told = Turns.of(table["conversations"], ("from", "value"))
        source, value = told.fields["from"], told.fields["value"]
        calls = pc.fill_null(pc.equal(source, "function_call"), False)
        nothing = pa.nulls(len(source), pa.string())
        called = pc.any(calls).as_py()
        fields = {
            "role": canonical_roles(source, "sharegpt"),
            "content": pc.if_else(calls, "", value) if called else value,
            "reasoning": nothing,
            "tool_calls": pc.if_else(calls, value, nothing) if called else nothing,
        }
        turns = Turns(told.offsets, fields).with_system(as_array(table["system"]))
        return {"messages": turns.column(), "tools": table["tools"]}


_FROM_ROLE = {"user": "human", "assistant": "gpt", "tool": "observation", "system": "system"}


def out_of_turn(column: pa.ChunkedArray) -> np.ndarray:
    """Mark conversations that are not asked and answered in turn, to the end."""
    turns = Turns.of(column, ("from",))
    return not_alternating(Turns(turns.offsets, {"role": turns.fields["from"]}), _ASKS, _ANSWERS)


def _words_beside_calls(turns: Turns) -> np.ndarray:
    calls = turns.fields["tool_calls"]
    if calls.null_count == len(calls):
        return np.zeros(len(turns.lengths), dtype=bool)
    return turns.rows_with(np.asarray(calls.is_valid()) & has_words(turns.fields["content"]))
