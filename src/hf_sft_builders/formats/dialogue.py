r"""`dialogue`: turns of a dialogue system that searches, in the list `dialogue`.

One row:
    {"dialogue": [{"role": "user", "content": "找一家便宜的酒店"},
                  {"role": "search", "content": "{\"price_range_upper\": 300}"},
                  {"role": "return", "content": "[{\"name\": \"云溪客栈\"}]"},
                  {"role": "assistant", "content": "云溪客栈，每晚 280 元。"}]}

`search` is a call of a tool by that name and `return` what it gave; their content is JSON text
(`arguments` and `records` of such turns are taken for it).
The trap: no trainer knows this column (TRL: `KeyError: 'text'`); convert before training.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.json_text import as_json_text
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turn_rules import ROLE_ALIASES, no_words, rename_roles, unknown_roles
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths, list_offsets
from hf_sft_builders.formats.typed import TURN, typed

if TYPE_CHECKING:
    import datasets

_ROLES = ("system", "user", "assistant", "search", "return")
_HEAD, _TAIL = '[{"name": "search", "arguments": ', "}]"


class DialogueTurn(BaseModel):
    """One turn."""

    role: Literal["system", "user", "assistant", "search", "return"]
    content: str = Field(min_length=1)


class DialogueRow(BaseModel):
    """One dialogue."""

    dialogue: list[DialogueTurn] = Field(min_length=1)


def _other_calls(records: pa.Table) -> np.ndarray:
    turns = Turns.of(records["messages"], ("content", "tool_calls"))
    calls = turns.fields["tool_calls"]
    ours = pc.and_(pc.starts_with(calls, _HEAD), pc.ends_with(calls, _TAIL))
    spoken = pc.fill_null(pc.not_equal(turns.fields["content"], ""), False)
    strange = pc.and_(calls.is_valid(), pc.or_(pc.invert(pc.fill_null(ours, False)), spoken))
    return turns.rows_with(np.asarray(strange.to_numpy(zero_copy_only=False), dtype=bool))


class Dialogue(Format):
    """See the module."""

    name = "dialogue"
    Row = DialogueRow
    holds = frozenset({"messages", "messages.tool_calls"})
    rules = (
        Rule(
            "dialogue-not-empty",
            "dialogue",
            "at least one turn",
            "Drop the row.",
            lambda table: list_lengths(table["dialogue"]) == 0,
        ),
        Rule(
            "roles-known",
            "dialogue.role",
            f"one of {', '.join(_ROLES)}",
            "Rename the roles.",
            unknown_roles("dialogue", "role", _ROLES),
            rename_roles("dialogue", "role", {**ROLE_ALIASES, "tool": "return"}),
        ),
        Rule(
            "words-in-every-turn",
            "dialogue.content",
            "words in every turn",
            "Drop the row, or say what is missing.",
            no_words("dialogue", "content"),
        ),
    )
    sayable = (
        Rule(
            "search-only",
            "messages",
            "no calls but one of the tool `search`, without words beside it",
            "The format messages_tools holds any call.",
            _other_calls,
        ),
    )

    @property
    def features(self) -> datasets.Features:
        """One list of turns."""
        return typed({"dialogue": [TURN]})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take `arguments` and `records` of raw turns for their content."""
        if "dialogue" not in table.column_names or not pa.types.is_list(table["dialogue"].type):
            return table
        lists = as_array(table["dialogue"])
        flat = lists.flatten()
        named = {part.name for part in flat.type} if pa.types.is_struct(flat.type) else set()
        if not named & {"arguments", "records"}:
            return table
        role = pc.struct_field(flat, "role")
        nothing = pa.nulls(len(flat), pa.string())
        content = pc.struct_field(flat, "content") if "content" in named else nothing
        for part, of in (("arguments", "search"), ("records", "return")):
            if part in named:
                told = as_json_text(pc.struct_field(flat, part))
                content = pc.if_else(pc.and_(pc.equal(role, of), content.is_null()), told, content)
        fields = {"role": role, "content": content}
        turns = Turns(list_offsets(lists), fields).struct_lists({name: name for name in TURN})
        return table.set_column(table.schema.get_field_index("dialogue"), "dialogue", turns)

    def lay_out(self, records: pa.Table) -> Columns:
        """Show calls as searches, what tools gave as returns."""
        turns = Turns.of(records["messages"])
        role, calls = turns.fields["role"], turns.fields["tool_calls"]
        role = pc.if_else(pc.equal(role, "tool"), "return", role)
        asked = pc.utf8_slice_codeunits(calls, len(_HEAD), -len(_TAIL))
        fields = {
            "role": pc.if_else(calls.is_valid(), "search", role),
            "content": pc.if_else(calls.is_valid(), asked, turns.fields["content"]),
        }
        lists = Turns(turns.offsets, fields).struct_lists({name: name for name in TURN})
        return {"dialogue": lists}

    def take_in(self, table: pa.Table) -> Columns:
        """Take searches for calls of a tool, returns for what it gave."""
        turns = Turns.of(table["dialogue"], tuple(TURN))
        role, content = turns.fields["role"], turns.fields["content"]
        searches = pc.fill_null(pc.equal(role, "search"), False)
        calls = pc.binary_join_element_wise(_HEAD, content, _TAIL, "")
        role = pc.if_else(pc.equal(role, "return"), "tool", role)
        fields = {
            "role": pc.if_else(searches, "assistant", role),
            "content": pc.if_else(searches, "", content),
            "reasoning": pa.nulls(len(role), pa.string()),
            "tool_calls": pc.if_else(searches, calls, pa.scalar(None, pa.string())),
        }
        return {"messages": Turns(turns.offsets, fields).column()}
