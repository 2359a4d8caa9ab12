"""The messages of a whole table, flat: what formats convert between without a Python loop.

All messages of all rows stand in one array per field; `offsets[i]:offsets[i + 1]` are row i's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.records import MESSAGE


@dataclass(frozen=True)
class Turns:
    """Messages, flattened."""

    offsets: np.ndarray
    """int64, one more than there are rows."""
    fields: dict[str, pa.Array]
    """`role`, `content`, `reasoning`, `tool_calls`: all messages of all rows."""

    @classmethod
    def of(
        cls, column: pa.ChunkedArray | pa.Array, fields: Sequence[str] = tuple(MESSAGE.names)
    ) -> Turns:
        """Flatten a column of lists of messages; missing fields are null."""
        lists = _one_array(column)
        flat = lists.flatten()
        known = {field.name for field in flat.type}
        parts = {
            name: pc.struct_field(flat, name) if name in known else pa.nulls(len(flat), pa.string())
            for name in fields
        }
        return cls(list_offsets(lists), parts)

    def column(self) -> pa.ListArray:
        """Give the messages as a column of a record table."""
        flat = pa.StructArray.from_arrays(
            [self.fields[name].cast(pa.string()) for name in MESSAGE.names], fields=list(MESSAGE)
        )
        return pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), flat)

    def struct_lists(self, names: Mapping[str, str]) -> pa.ListArray:
        """Give the messages as lists of structs: name in the struct → one of the fields."""
        flat = pa.StructArray.from_arrays(
            [self.fields[field] for field in names.values()], names=list(names)
        )
        return pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), flat)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Messages per row."""
        return np.asarray(np.diff(self.offsets))

    @cached_property
    def row(self) -> np.ndarray:
        """The row of each message."""
        return np.asarray(np.repeat(np.arange(len(self.lengths)), self.lengths))

    @cached_property
    def position(self) -> np.ndarray:
        """The place of each message in its row, from 0."""
        return np.asarray(np.arange(self.offsets[-1]) - np.repeat(self.offsets[:-1], self.lengths))

    def is_one_of(self, field: str, values: Sequence[str]) -> np.ndarray:
        """Say for each message whether a field has one of these values."""
        mask = pc.is_in(self.fields[field], value_set=pa.array(values, pa.string()))
        return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)

    def has_role(self, *roles: str) -> np.ndarray:
        """Say for each message whether it has one of these roles."""
        return self.is_one_of("role", roles)

    def marked_late(self, role: str) -> np.ndarray:
        """Say for each row whether a message of this role stands elsewhere than first."""
        return self.rows_with(self.has_role(role) & (self.position > 0))

    def ends_without(self, role: str) -> np.ndarray:
        """Say for each row whether its last message is not of this role."""
        last = self.position == self.lengths[self.row] - 1
        return self.rows_with(last & ~self.has_role(role))

    def rows_with(self, messages: np.ndarray) -> np.ndarray:
        """Say for each row whether any of its messages is marked."""
        if not messages.any():
            return np.zeros(len(self.lengths), dtype=bool)
        marked = np.bincount(self.row, weights=messages, minlength=len(self.lengths))
        return np.asarray(marked > 0)

    def keep(self, messages: np.ndarray) -> Turns:
        """Give the marked messages only."""
        kept = np.bincount(self.row, weights=messages, minlength=len(self.lengths))
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return Turns(offsets, self._picked(messages))

    def then(self, other: Turns) -> Turns:
        """Give the messages of each row, followed by those of the same row of another table."""
        offsets = self.offsets + other.offsets
        take = np.empty(int(offsets[-1]), dtype=np.int64)
        take[np.repeat(other.offsets[:-1], self.lengths) + np.arange(self.offsets[-1])] = np.arange(
            self.offsets[-1]
        )
        take[np.repeat(self.offsets[1:], other.lengths) + np.arange(other.offsets[-1])] = (
            self.offsets[-1] + np.arange(other.offsets[-1])
        )
        order = pa.array(take)
        return Turns(
            offsets,
            {
                name: pa.concat_arrays([values, other.fields[name]]).take(order)
                for name, values in self.fields.items()
            },
        )

    def split_system(self) -> tuple[pa.Array, Turns]:
        """Part the leading system message of each row from the rest; "" where there is none."""
        has_one = self._starts_with("system")
        if not has_one.any():
            return empty_texts(len(self.lengths)), self
        starts = self.offsets[:-1]
        first = pa.array(np.where(has_one, starts, 0), mask=~has_one)
        kept = np.ones(int(self.offsets[-1]), dtype=bool)
        kept[starts[has_one]] = False
        rest = Turns(self.offsets - np.concatenate([[0], np.cumsum(has_one)]), self._picked(kept))
        return pc.fill_null(self.fields["content"].take(first), ""), rest

    def _starts_with(self, role: str) -> np.ndarray:
        filled = self.lengths > 0
        roles = self.fields["role"].take(pa.array(self.offsets[:-1][filled]))
        same = pc.fill_null(pc.equal(roles, role), False).to_numpy(zero_copy_only=False)
        found = np.zeros(len(filled), dtype=bool)
        found[filled] = same
        return found

    def _picked(self, messages: np.ndarray) -> dict[str, pa.Array]:
        mask, count = pa.array(messages), int(np.count_nonzero(messages))
        return {
            name: pa.nulls(count, values.type)
            if values.null_count == len(values)
            else values.filter(mask)
            for name, values in self.fields.items()
        }

    def with_system(self, texts: pa.Array) -> Turns:
        """Put a system message before each row that has one (not "" and not null)."""
        given = np.asarray(
            pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False), dtype=bool
        )
        lengths = self.lengths + given
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        take = np.full(offsets[-1], -1, dtype=np.int64)
        starts = offsets[:-1][given]
        if not len(starts):
            return self
        total = int(self.offsets[-1])
        take[starts] = total + np.arange(len(starts))
        take[take < 0] = np.arange(total)
        system: dict[str, Any] = {
            "role": pa.array(["system"] * len(starts), pa.string()),
            "content": texts.filter(pa.array(given)),
        }
        nothing = pa.nulls(len(starts), pa.string())
        fields = {
            name: pa.nulls(len(take), values.type)
            if values.null_count == len(values) and name not in system
            else pa.concat_arrays([values, system.get(name, nothing)]).take(pa.array(take))
            for name, values in self.fields.items()
        }
        return replace(self, offsets=offsets, fields=fields)


def cut_texts(
    texts: pa.Array, starts: np.ndarray | None = None, stops: np.ndarray | None = None
) -> pa.Array:
    """Cut each text at its own place, in code points; what lies beyond the end is "".

    Args:
        texts: Texts without nulls.
        starts: First code point that is kept, per text; 0 by default.
        stops: First code point that is no longer kept, per text; the end by default.
    """
    data, offsets = _bytes_of(texts)
    first = np.flatnonzero((data & 0xC0) != 0x80)  # where code points begin
    edges = np.append(first, len(data))
    origin = np.searchsorted(first, offsets)  # number of the first code point of each text
    begin = origin[:-1] if starts is None else np.minimum(origin[:-1] + starts, origin[1:])
    end = origin[1:] if stops is None else np.minimum(origin[:-1] + stops, origin[1:])
    return _spans(data, edges[begin], edges[end])


def _bytes_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    _, offsets, data = texts.buffers()
    count = len(texts) + 1
    if offsets is None:
        return np.zeros(0, np.uint8), np.zeros(count, np.int32)
    places = np.frombuffer(offsets, np.int32, count, offset=4 * texts.offset)
    size = int(places[-1])
    return (np.frombuffer(data, np.uint8, size) if size else np.zeros(0, np.uint8)), places


def _spans(data: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> pa.Array:
    """Copy byte spans, which stand in order and apart, into one text each."""
    lengths = stops - starts
    kept = np.zeros(len(data) + 1, dtype=np.int8)
    np.add.at(kept, starts, 1)
    np.add.at(kept, stops, -1)
    mask = np.cumsum(kept[:-1], dtype=np.int8).astype(bool)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    kept_bytes = np.ascontiguousarray(data[mask])
    return pa.StringArray.from_buffers(
        len(lengths), pa.py_buffer(offsets), pa.py_buffer(kept_bytes)
    )


def list_lengths(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Give the length of each list; 0 for null."""
    lengths = pc.fill_null(pc.list_value_length(as_array(column)), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False))


def empty_texts(rows: int) -> pa.StringArray:
    """Give a column of empty texts."""
    offsets = pa.py_buffer(np.zeros(rows + 1, dtype=np.int32))
    return pa.StringArray.from_buffers(rows, offsets, pa.py_buffer(b""))


def list_offsets(lists: pa.ListArray) -> np.ndarray:
    """Give the offsets that belong to `lists.flatten()`, whatever slice or nulls it has."""
    if not lists.null_count and len(lists):
        offsets = lists.offsets.to_numpy()
        return np.asarray(offsets - offsets[0], dtype=np.int64)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def as_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column as one plain array."""
    return _one_array(column)


def _one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        # `combine_chunks` copies even where there is one chunk only
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # pyarrow gives one for zero chunks
            column = (
                pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
            )
    if pa.types.is_large_list(column.type):
        column = column.cast(pa.list_(column.type.value_type))
    return column


def empty_lists(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give [] for null in a column of lists."""
    lists = as_array(column)
    if not lists.null_count:
        return lists
    offsets = pa.array(list_offsets(lists), pa.int32())
    return pa.ListArray.from_arrays(offsets, lists.flatten(), type=lists.type)


def none_for_no_items(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give null for [] in a column of lists."""
    lists = as_array(column)
    empty = pa.array(list_lengths(lists) == 0)
    offsets = pa.array(list_offsets(lists), pa.int32())
    return pa.ListArray.from_arrays(offsets, lists.flatten(), type=lists.type, mask=empty)


def repeated(value: Any, kind: pa.DataType, rows: int) -> pa.Array:
    """Give a column of one value; `pa.repeat` refuses lists where there are no rows."""
    return pa.array([value], kind).take(pa.array(np.zeros(rows, dtype=np.int64)))
