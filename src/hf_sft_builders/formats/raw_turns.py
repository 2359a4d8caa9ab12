"""Conversations of a raw table, whatever their names and types, as rules look at them.

A raw table may call its columns `messages` or `conversations`, its fields role/content or
from/value, and hold text, typed parts or nothing. Everything here gives one bool per row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.turns import Turns, as_array, list_offsets

Mask = Callable[[pa.Table], np.ndarray]

ANSWERS = ("assistant", "gpt", "function_call")
ASKS = ("user", "human", "tool", "observation")
CHATS = ("messages", "conversations")
REPLIES = (*CHATS, "completion", "chosen", "rejected")


def none_of(table: pa.Table) -> np.ndarray:
    """Mark no row."""
    return np.zeros(table.num_rows, dtype=bool)


def all_of(table: pa.Table) -> np.ndarray:
    """Mark every row."""
    return np.ones(table.num_rows, dtype=bool)


def kind_of(table: pa.Table, column: str) -> pa.DataType | None:
    """Give a column's type, None where there is no such column."""
    return table.schema.field(column).type if column in table.column_names else None


def is_chat(kind: pa.DataType | None) -> bool:
    """Say whether a type is a list of messages."""
    return bool(kind is not None and _is_list(kind) and pa.types.is_struct(kind.value_type))


def is_text(kind: pa.DataType | None) -> bool:
    """Say whether a type is text."""
    return bool(kind is not None and (pa.types.is_string(kind) or pa.types.is_large_string(kind)))


def flags(values: Any) -> np.ndarray:
    """Give a boolean Arrow array as numpy; null is False."""
    return np.asarray(pc.fill_null(as_array(values), False).to_numpy(zero_copy_only=False), bool)


def turns_in(table: pa.Table, column: str) -> Turns | None:
    """Read a column of messages: role, content (parts count as words) and `tool_calls` (or null).

    Returns:
        None where the table has no such column of messages.
    """
    if not is_chat(kind_of(table, column)):
        return None
    lists = as_array(table[column])
    flat = lists.flatten()
    names = [field.name for field in flat.type]
    role, content = ("from", "value") if "from" in names else ("role", "content")
    if role not in names or content not in names:
        return None
    fields = {"role": _words(pc.struct_field(flat, role))}
    fields["content"] = _words(pc.struct_field(flat, content))
    calls = "tool_calls" in names
    fields["tool_calls"] = (
        _words(pc.struct_field(flat, "tool_calls")) if calls else pa.nulls(len(flat), pa.string())
    )
    return Turns(list_offsets(lists), fields)


def _words(values: pa.Array) -> pa.Array:
    """Give text as it is, lists as "…" or "", everything else as null."""
    if is_text(values.type):
        return values.cast(pa.string())
    if _is_list(values.type):
        length = pc.list_value_length(values)
        return pc.if_else(pc.greater(length, 0), "…", pc.if_else(length.is_valid(), "", None))
    return pa.nulls(len(values), pa.string())


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def over(columns: tuple[str, ...], marked: Callable[[Turns], np.ndarray]) -> Mask:
    """Make a rule's mask: rows in which a message of one of these columns is marked."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            turns = turns_in(table, column)
            if turns is not None:
                mask |= turns.rows_with(marked(turns))
        return mask

    return broken


def calls(turns: Turns) -> np.ndarray:
    """Mark messages that call tools."""
    given = pc.invert(pc.is_in(turns.fields["tool_calls"], value_set=pa.array(["", "[]"])))
    return flags(pc.and_(given, turns.fields["tool_calls"].is_valid()))


def null_content(turns: Turns) -> np.ndarray:
    """Mark messages without content; one that calls tools needs none."""
    return np.asarray(flags(turns.fields["content"].is_null()) & ~calls(turns))


def any_null_content(turns: Turns) -> np.ndarray:
    """Mark messages whose content is null, also those that call tools."""
    return flags(turns.fields["content"].is_null())


def empty_reply(turns: Turns) -> np.ndarray:
    """Mark replies of no words that call no tool."""
    empty = flags(pc.equal(pc.utf8_length(turns.fields["content"]), 0))
    return np.asarray(turns.has_role(*ANSWERS) & empty & ~calls(turns))


def late_system(turns: Turns) -> np.ndarray:
    """Mark system messages that do not stand first."""
    return turns.has_role("system", "developer") & (turns.position > 0)


def role_outside(*roles: str) -> Callable[[Turns], np.ndarray]:
    """Mark messages whose role is none of these."""
    return lambda turns: ~turns.has_role(*roles)


def is_last(turns: Turns) -> np.ndarray:
    """Mark the last message of each row."""
    return np.asarray(turns.position == turns.lengths[turns.row] - 1)


def ends_asked(turns: Turns) -> np.ndarray:
    """Mark last messages that are no reply."""
    return np.asarray(is_last(turns) & ~turns.has_role(*ANSWERS))


def out_of_turn(turns: Turns) -> np.ndarray:
    """Mark messages that are not asked at odd and answered at even places, a first system aside."""
    system = turns.has_role("system") & (turns.position == 0)
    shift = np.zeros(len(turns.lengths), dtype=np.int64)
    shift[turns.row[system]] = 1
    even = (turns.position - shift[turns.row]) % 2 == 0
    fits = np.where(even, turns.has_role(*ASKS), turns.has_role(*ANSWERS))
    return np.asarray(~fits & ~system & ~late_system(turns))


def asked_twice(turns: Turns) -> np.ndarray:
    """Mark user turns that follow a user's, and replies that follow no user's."""
    user, reply = turns.has_role("user", "human"), turns.has_role(*ANSWERS)
    before = np.concatenate([[False], user[:-1]]) & (turns.position > 0)
    return (user & before) | (reply & ~before)


def empty_chat(*columns: str) -> Mask:
    """Mark rows whose conversation is null or has no message."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            if is_chat(kind_of(table, column)):
                length = pc.fill_null(pc.list_value_length(as_array(table[column])), 0)
                mask |= flags(pc.equal(length, 0))
        return mask

    return broken


def null_text(*columns: str) -> Mask:
    """Mark rows in which a column of text is null."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            kind = kind_of(table, column)
            if is_text(kind) or (kind is not None and pa.types.is_null(kind)):
                mask |= flags(as_array(table[column]).is_null())
        return mask

    return broken


def empty_text(*columns: str) -> Mask:
    """Mark rows in which a column of text is empty (null is another matter)."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            if is_text(kind_of(table, column)):
                mask |= flags(pc.equal(pc.utf8_length(as_array(table[column])), 0))
        return mask

    return broken


def counted(column: str, tag: str) -> Callable[[pa.Table], np.ndarray]:
    """Count a tag in the conversation of each row."""

    def count(table: pa.Table) -> np.ndarray:
        turns = turns_in(table, column)
        if turns is None:
            return np.zeros(table.num_rows, dtype=np.int64)
        found = pc.count_substring_regex(
            pc.fill_null(turns.fields["content"], ""), pattern=re.escape(tag)
        )
        weights = found.to_numpy(zero_copy_only=False)
        return np.bincount(turns.row, weights=weights, minlength=table.num_rows).astype(np.int64)

    return count


def list_lengths(table: pa.Table, column: str) -> np.ndarray:
    """Give the length of each list of a column; 0 where there is none."""
    kind = kind_of(table, column)
    if kind is None or not _is_list(kind):
        return np.zeros(table.num_rows, dtype=np.int64)
    lengths = pc.fill_null(pc.list_value_length(as_array(table[column])), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)
