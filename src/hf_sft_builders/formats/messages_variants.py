r"""Messages with more than words: `messages_tools` and `messages_reasoning`.

One row of each:
    {"messages": [{"role": "user", "content": "天气如何？", "reasoning_content": "", "tool_calls": ""},
                  {"role": "assistant", "content": "", "reasoning_content": "",
                   "tool_calls": "[{\"name\": \"weather\", \"arguments\": {\"city\": \"云溪\"}}]"}, …],
     "tools": "[{\"name\": \"weather\", …}]"}
    {"messages": [{"role": "user", "content": "9 加 7？", "reasoning_content": ""},
                  {"role": "assistant", "content": "16", "reasoning_content": "9+7=16"}]}

The traps: Arrow fills the missing keys of structs with null and trainers train on them, so tools
and tool calls are JSON *text* ("" for no calls, "[]" for no tools, which TRL and LLaMA-Factory both
read); which fields a message has depends on the format, never on the data. Exports for a trainer
turn the text into what that trainer wants.
Source: https://huggingface.co/docs/trl/dataset_formats (tool calling, reasoning).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.json_text import as_json_text
from hf_sft_builders.formats.messages import Messages
from hf_sft_builders.formats.questions import empty_for_none, none_for_empty
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.tool_results import NAMES_OF_CALLS, require_in_order
from hf_sft_builders.formats.turn_rules import canonical_roles
from hf_sft_builders.formats.turns import Turns, as_array
from hf_sft_builders.formats.typed import TURN, typed

if TYPE_CHECKING:
    import datasets

_ROLE = Literal["system", "user", "assistant", "tool"]


class ThoughtMessage(BaseModel):
    """One turn and the reasoning before it."""

    role: _ROLE
    content: str
    reasoning_content: str


class ToolMessage(ThoughtMessage):
    """One turn, which may call tools."""

    tool_calls: str


class ReasoningRow(BaseModel):
    """One conversation with reasoning."""

    messages: list[ThoughtMessage] = Field(min_length=1)


class ToolsRow(BaseModel):
    """One conversation with the tools that it may call."""

    messages: list[ToolMessage] = Field(min_length=1)
    tools: str


_RULES = tuple(rule for rule in Messages.rules if rule.name != "words-in-every-message")


def _says_nothing(table: pa.Table) -> np.ndarray:
    parts = tuple(field.name for field in table.schema.field("messages").type.value_type)
    turns = Turns.of(table["messages"], parts)
    said = has_words(turns.fields["content"])
    if "tool_calls" in parts:
        said |= has_words(turns.fields["tool_calls"])
    return turns.rows_with(~said)


_SAYS = Rule(
    "words-or-calls",
    "messages.content",
    "words or tool calls in every message",
    "Drop the row, or say what is missing.",
    _says_nothing,
)


class MessagesReasoning(Format):
    """See the module."""

    name = "messages_reasoning"
    Row = ReasoningRow
    holds = frozenset({"messages", "messages.reasoning"})
    rules = (*_RULES, _SAYS)

    @property
    def features(self) -> datasets.Features:
        """One column, whose messages have a field for reasoning."""
        return typed({"messages": [{**TURN, "reasoning_content": "string"}]})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take reasoning by its other names."""
        return _adapted(table, ("reasoning_content",))

    def lay_out(self, records: pa.Table) -> Columns:
        """Show reasoning, "" where there is none."""
        return {"messages": _shown(records, ("reasoning_content",))}

    def take_in(self, table: pa.Table) -> Columns:
        """Take reasoning in, null where there is none."""
        return {"messages": _taken(table)}


def _empty_list_for_none(table: pa.Table) -> pa.Table:
    if not pa.types.is_string(table.schema.field("tools").type):
        return table
    tools = pc.fill_null(as_array(table["tools"]), "")
    said = pc.if_else(pc.equal(pc.utf8_trim_whitespace(tools), ""), "[]", tools)
    field = table.schema.field("tools")
    return table.set_column(table.schema.get_field_index("tools"), field, said)


class MessagesTools(Format):
    """See the module."""

    name = "messages_tools"
    Row = ToolsRow
    holds = frozenset({"messages", "messages.reasoning", "messages.tool_calls", "tools"})
    defaults: ClassVar[dict[str, Any]] = {"tools": "[]"}
    rules = (
        *_RULES,
        _SAYS,
        Rule(
            "tools-are-json",
            "tools",
            'JSON text of a list, "[]" for none',
            'Write json.dumps(tools), or "[]".',
            lambda table: ~_looks_like_list(as_array(table["tools"])),
            _empty_list_for_none,
        ),
    )

    @property
    def features(self) -> datasets.Features:
        """Messages with reasoning and tool calls, and the tools."""
        message = {**TURN, "reasoning_content": "string", "tool_calls": "string"}
        return typed({"messages": [message], "tools": "string"})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Make JSON text of calls and tools, and take reasoning by its other names."""
        if "tools" in table.column_names and not pa.types.is_null(table["tools"].type):
            index = table.schema.get_field_index("tools")
            table = table.set_column(index, "tools", as_json_text(as_array(table["tools"])))
        return _adapted(table, ("reasoning_content", "tool_calls"))

    def lay_out(self, records: pa.Table) -> Columns:
        """Show reasoning and calls as text."""
        tools = empty_for_none(records["tools"])
        return {
            "messages": _shown(records, ("reasoning_content", "tool_calls")),
            "tools": pc.if_else(pa.array(has_words(tools)), tools, "[]"),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Take reasoning and calls in."""
        tools = empty_for_none(table["tools"])
        return {
            "messages": _taken(table),
            "tools": pc.if_else(pc.equal(tools, "[]"), "", tools),
        }


_FIELDS = {"reasoning_content": "reasoning", "tool_calls": "tool_calls"}


_REASONING = ("reasoning_content", "reasoning", "thinking")


def _adapted(table: pa.Table, parts: tuple[str, ...]) -> pa.Table:
    """Bring messages of other fields into ours, unless a field that says something has no place."""
    kind = table.schema.field("messages").type if "messages" in table.column_names else pa.null()
    if not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return table
    turns = Turns.of(table["messages"], tuple(field.name for field in kind.value_type))
    found = {name: v for name, v in turns.fields.items() if v.null_count < len(v)}
    if "tool_calls" in found and "tool_calls" in parts:
        found["tool_calls"] = as_json_text(found["tool_calls"])
    if {"tool_calls", *NAMES_OF_CALLS} & set(found) > {"tool_calls"} and "tool_calls" in parts:
        require_in_order(turns, found["tool_calls"])
        found = {name: values for name, values in found.items() if name not in NAMES_OF_CALLS}
    thoughts = [name for name in _REASONING if name in found]
    if not set(found) <= {*TURN, *parts, *thoughts} or len(thoughts) > 1:
        return table
    nothing = pa.nulls(len(turns.row), pa.string())
    fields = {name: found.get(name, nothing) for name in (*TURN, *parts)}
    if thoughts:
        fields["reasoning_content"] = found[thoughts[0]]
    lists = Turns(turns.offsets, fields).struct_lists({name: name for name in fields})
    return table.set_column(table.schema.get_field_index("messages"), "messages", lists)


def _shown(records: pa.Table, parts: tuple[str, ...]) -> pa.ListArray:
    turns = Turns.of(records["messages"])
    fields = {name: turns.fields[name] for name in TURN}
    fields["content"] = empty_for_none(fields["content"])
    fields |= {part: empty_for_none(turns.fields[_FIELDS[part]]) for part in parts}
    return Turns(turns.offsets, fields).struct_lists({name: name for name in fields})


def _taken(table: pa.Table) -> pa.ListArray:
    turns = Turns.of(table["messages"], (*TURN, *_FIELDS))
    fields = {
        "role": canonical_roles(turns.fields["role"], "messages"),
        "content": empty_for_none(turns.fields["content"]),
    }
    fields |= {field: none_for_empty(turns.fields[part]) for part, field in _FIELDS.items()}
    return Turns(turns.offsets, fields).column()


def _looks_like_list(texts: pa.Array) -> np.ndarray:
    plain = pc.utf8_trim_whitespace(pc.fill_null(texts, ""))
    whole = pc.and_(pc.starts_with(plain, "["), pc.ends_with(plain, "]"))
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=bool)


MESSAGES_VARIANTS = (MessagesReasoning(), MessagesTools())
