"""Columns beside the conversation, as rules look at them: labels, media, types, names.

Everything here makes a mask, one bool per row, True where the row breaks the rule. A column that
is not there breaks nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.raw_turns import (
    Mask,
    all_of,
    counted,
    flags,
    is_chat,
    is_text,
    kind_of,
    list_lengths,
    none_of,
)
from hf_sft_builders.formats.turns import as_array, list_offsets

WRITER_BATCH = 1000
"""Rows from whose values `datasets` guesses a column's type when a function gives plain rows."""


def lacks(*layouts: tuple[str, ...]) -> Mask:
    """Mark all rows of a table that has the columns of none of these layouts."""

    def broken(table: pa.Table) -> np.ndarray:
        found = any(set(layout) <= set(table.column_names) for layout in layouts)
        return none_of(table) if found else all_of(table)

    return broken


def has(column: str, beside: tuple[str, ...] = (), unless: tuple[str, ...] = ()) -> Mask:
    """Mark all rows where a column stands beside one of others, and none of some is there."""

    def broken(table: pa.Table) -> np.ndarray:
        names = set(table.column_names)
        near = not beside or bool(names & set(beside))
        found = column in names and near and not names & set(unless)
        return all_of(table) if found else none_of(table)

    return broken


def nulls_in(*columns: str) -> Mask:
    """Mark rows in which one of these columns is null, whatever its type."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            if column in table.column_names:
                mask |= flags(as_array(table[column]).is_null())
        return mask

    return broken


def is_not(column: str, right: Callable[[pa.DataType], bool]) -> Mask:
    """Mark rows with a value in a column whose type is wrong; a column of nulls is another matter."""

    def broken(table: pa.Table) -> np.ndarray:
        kind = kind_of(table, column)
        if kind is None or right(kind) or pa.types.is_null(kind):
            return none_of(table)
        return flags(as_array(table[column]).is_valid())

    return broken


def both(first: Mask, second: Mask) -> Mask:
    """Mark rows that both masks mark."""
    return lambda table: first(table) & second(table)


def either(*masks: Mask) -> Mask:
    """Mark rows that one of the masks marks."""

    def broken(table: pa.Table) -> np.ndarray:
        found = none_of(table)
        for mask in masks:
            found |= mask(table)
        return found

    return broken


def late_first_value(column: str) -> Mask:
    """Mark the first row that has a value, where more rows before it than a batch have none."""

    def broken(table: pa.Table) -> np.ndarray:
        kind, mask = kind_of(table, column), none_of(table)
        if kind is None or pa.types.is_null(kind):
            return mask
        given = (
            flags(as_array(table[column]).is_valid())
            if is_text(kind)
            else list_lengths(table, column) > 0
        )
        first = np.flatnonzero(given)[:1]
        mask[first[first >= WRITER_BATCH]] = True
        return mask

    return broken


def tags_differ(chat: str, tag: str, column: str) -> Mask:
    """Mark rows with more or fewer tags in the text than media in the column."""
    count = counted(chat, tag)

    def broken(table: pa.Table) -> np.ndarray:
        if column not in table.column_names or not is_chat(kind_of(table, chat)):
            return none_of(table)
        return np.asarray(count(table) != list_lengths(table, column))

    return broken


def not_pairs(table: pa.Table) -> np.ndarray:
    """Mark rows whose `history` is not a list of pairs of texts."""
    kind = kind_of(table, "history")
    if kind is None or pa.types.is_null(kind) or not hasattr(kind, "value_type"):
        return none_of(table)
    lists = as_array(table["history"])
    rows = np.repeat(np.arange(table.num_rows), np.diff(list_offsets(lists)))
    inner = lists.flatten()
    if pa.types.is_null(inner.type):
        return none_of(table)
    if not hasattr(inner.type, "value_type") or not is_text(inner.type.value_type):
        return list_lengths(table, "history") > 0
    torn = ~flags(pc.equal(pc.list_value_length(inner), 2))
    missing = flags(inner.flatten().is_null())
    owner = np.repeat(np.arange(len(inner)), np.diff(list_offsets(inner)))
    torn |= np.bincount(owner, weights=missing, minlength=len(inner)) > 0
    mask = none_of(table)
    mask[rows[torn]] = True
    return mask


def more_fields(column: str, allowed: int) -> Mask:
    """Mark all rows where the messages of a column have more fields than allowed."""

    def broken(table: pa.Table) -> np.ndarray:
        kind = kind_of(table, column)
        found = is_chat(kind) and kind is not None and kind.value_type.num_fields > allowed
        return all_of(table) if found else none_of(table)

    return broken


def null_image_key(table: pa.Table) -> np.ndarray:
    """Mark rows with a placeholder part that has a key `image`, which Arrow filled with null."""
    kind = kind_of(table, "messages")
    if not is_chat(kind):
        return none_of(table)
    lists = as_array(table["messages"])
    flat = lists.flatten()
    if "content" not in [field.name for field in flat.type]:
        return none_of(table)
    content = pc.struct_field(flat, "content")
    if not is_chat(content.type):
        return none_of(table)
    parts = content.flatten()
    if not {"type", "image"} <= {field.name for field in parts.type}:
        return none_of(table)
    placeholder = pc.equal(pc.struct_field(parts, "type"), "image")
    bad = flags(pc.and_(placeholder, pc.struct_field(parts, "image").is_null()))
    rows = np.repeat(np.arange(table.num_rows), np.diff(list_offsets(lists)))
    mask = none_of(table)
    mask[np.repeat(rows, np.diff(list_offsets(content)))[bad]] = True
    return mask
