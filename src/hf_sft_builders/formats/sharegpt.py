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

from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field, model_validator

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.base import Format, first_bad
from hf_sft_builders.formats.turns import Turns, as_array, list_offsets
from hf_sft_builders.records import record_table

if TYPE_CHECKING:
    import datasets

_COLUMNS = ("conversations", "system", "tools")
_TO_ROLE = {
    "human": "user",
    "gpt": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "system": "system",
}
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

    @property
    def features(self) -> datasets.Features:
        """Three columns."""
        import datasets

        text = datasets.Value("string")
        turn = {"from": text, "value": text}
        return datasets.Features({"conversations": [turn], "system": text, "tools": text})

    def from_records(self, table: pa.Table) -> pa.Table:
        """Rename roles; a leading system message becomes the column."""
        self.refuse_losses(table)
        system, turns = Turns.of(table["messages"]).split_system()
        calls = np.asarray(turns.fields["tool_calls"].is_valid())
        _refuse_words_beside_calls(turns, calls)
        source = _rename(turns.fields["role"], {role: name for name, role in _REVERSE.items()})
        source = pc.if_else(pa.array(calls), "function_call", source)
        value = pc.if_else(pa.array(calls), turns.fields["tool_calls"], turns.fields["content"])
        said = pa.StructArray.from_arrays([source, value], names=["from", "value"])
        columns = {
            "conversations": pa.ListArray.from_arrays(pa.array(turns.offsets, pa.int32()), said),
            "system": system,
            "tools": pc.fill_null(as_array(table["tools"]), "")
            if "tools" in table.column_names
            else pa.array([""] * table.num_rows, pa.string()),
        }
        return pa.table({**columns, **self.carried(table)})

    def to_records(self, table: pa.Table) -> pa.Table:
        """Rename turns to roles; the system column becomes the first message."""
        lists = as_array(table["conversations"])
        flat = lists.flatten()
        source, value = flat.field("from"), flat.field("value")
        calls = pc.fill_null(pc.equal(source, "function_call"), False)
        empty = pa.nulls(len(flat), pa.string())
        fields = {
            "role": _rename(source, _TO_ROLE),
            "content": pc.if_else(calls, "", value),
            "reasoning": empty,
            "tool_calls": pc.if_else(calls, value, empty),
        }
        turns = Turns(list_offsets(lists), fields)
        messages = turns.with_system(as_array(table["system"]).cast(pa.string())).column()
        carried = {name: table[name] for name in table.column_names if name not in _COLUMNS}
        columns = {"messages": messages, "tools": table["tools"], **carried}
        return record_table(columns, table.num_rows)

    def check(self, table: pa.Table) -> pa.BooleanArray:
        """Asked at odd places, answered at even ones, with words in every turn."""
        lists = as_array(table["conversations"])
        flat, offsets = lists.flatten(), list_offsets(lists)
        turns = Turns(offsets, {"role": flat.field("from")})
        words = pc.greater(pc.fill_null(pc.utf8_length(flat.field("value")), 0), 0)
        asked = np.where(turns.position % 2 == 0, turns.has_role(*_ASKS), turns.has_role(*_ANSWERS))
        bad = ~asked | ~np.asarray(words.to_numpy(zero_copy_only=False), dtype=bool)
        even = (turns.lengths % 2 == 0) & (turns.lengths > 0)
        return pa.array(~turns.rows_with(bad) & even)


_REVERSE = {"human": "user", "gpt": "assistant", "observation": "tool", "system": "system"}


def _rename(values: pa.Array, names: dict[str, str]) -> pa.Array:
    """Rename values by table; a name that is not in it raises."""
    index = pc.index_in(values, value_set=pa.array(list(names), pa.string()))
    if index.null_count:
        unknown = values.filter(index.is_null()).unique().to_pylist()
        raise FormatError(f"sharegpt: unknown role {unknown[0]!r}; known: {', '.join(names)}.")
    return pa.array(list(names.values()), pa.string()).take(index)


def _refuse_words_beside_calls(turns: Turns, calls: np.ndarray) -> None:
    spoken = pc.fill_null(pc.not_equal(turns.fields["content"], ""), False)
    both = calls & np.asarray(spoken.to_numpy(zero_copy_only=False), dtype=bool)
    index = first_bad(turns.rows_with(both))
    if index is not None:
        raise FormatError(
            f"sharegpt: row {index}: a message has both words and tool calls; "
            "a function_call turn holds the calls only."
        )
