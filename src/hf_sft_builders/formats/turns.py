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

from hf_sft_builders.formats.text_buffers import (
    counted_before,
    empty_texts,
    in_turn,
    kept_texts,
    spread_texts,
    text_offsets,
    text_sizes,
    without_nulls,
    woven,
)
from hf_sft_builders.records import MESSAGE, no_texts


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
        return cls(list_offsets(lists), {name: _part(flat, name) for name in fields})

    def column(self) -> pa.ListArray:
        """Give the messages as a column of a record table."""
        flat = pa.StructArray.from_arrays(
            [_texts(self.fields[name]) for name in MESSAGE.names], fields=list(MESSAGE)
        )
        return pa.ListArray.from_arrays(self._places(), flat)

    def struct_lists(self, names: Mapping[str, str]) -> pa.ListArray:
        """Give the messages as lists of structs: name in the struct → one of the fields."""
        flat = pa.StructArray.from_arrays(
            [self.fields[field] for field in names.values()], names=list(names)
        )
        return pa.ListArray.from_arrays(self._places(), flat)

    def _places(self) -> pa.Array:
        if int(self.offsets[-1]) >= 1 << 31:
            raise OverflowError("one table cannot hold more than 2,147,483,647 messages")
        return pa.array(self.offsets.astype(np.int32))

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
        leads = self.offsets[:-1][has_one]
        kept = np.ones(int(self.offsets[-1]), dtype=bool)
        kept[leads] = False
        rest = Turns(self.offsets - counted_before(has_one), self._picked(kept))
        system = without_nulls(self.fields["content"].take(pa.array(leads)))
        return spread_texts(system, has_one), rest

    def _starts_with(self, role: str) -> np.ndarray:
        """Say for each row whether its first message has this role."""
        found = np.zeros(len(self.lengths), dtype=bool)
        roles = self.fields["role"]
        if not len(roles):
            return found
        first = np.minimum(self.offsets[:-1], len(roles) - 1)
        places = text_offsets(roles)
        likely = places[first + 1] - places[first] == len(role.encode())
        likely &= self.lengths > 0
        said = pc.equal(roles.take(pa.array(first[likely])), role)
        found[likely] = pc.fill_null(said, False).to_numpy(zero_copy_only=False)
        return found

    def _picked(self, messages: np.ndarray) -> dict[str, pa.Array]:
        return {name: kept_texts(values, messages) for name, values in self.fields.items()}

    def with_system(self, texts: pa.Array) -> Turns:
        """Put a system message before each row that has one (not "" and not null)."""
        given = text_sizes(texts) > 0
        count = int(np.count_nonzero(given))
        if not count:
            return self
        offsets = self.offsets + counted_before(given)
        said = {"role": in_turn(("system",), count), "content": kept_texts(texts, given)}
        places = self.offsets[:-1][given]
        fields = {
            name: _put_in(values, places, said.get(name)) for name, values in self.fields.items()
        }
        return replace(self, offsets=offsets, fields=fields)


def _part(structs: pa.StructArray, name: str) -> pa.Array:
    """Give a field of structs; where the struct is null, or has no such field, so is the field."""
    if structs.type.get_field_index(name) < 0:
        return no_texts(len(structs))
    return pc.struct_field(structs, name) if structs.null_count else structs.field(name)


def _texts(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def _put_in(values: pa.Array, places: np.ndarray, others: pa.Array | None) -> pa.Array:
    """Put other texts, or nulls, between texts."""
    if others is None and values.null_count == len(values):
        return pa.nulls(len(values) + len(places), values.type)
    if others is not None and not values.null_count and pa.types.is_string(values.type):
        return woven(values, places, others)
    others = no_texts(len(places)) if others is None else others
    order = np.insert(np.arange(len(values)), places, len(values) + np.arange(len(places)))
    return pa.concat_arrays([_texts(values), others]).take(pa.array(order))


def list_lengths(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Give the length of each list; 0 for null."""
    return np.asarray(np.diff(list_offsets(as_array(column))))


def list_offsets(lists: pa.ListArray) -> np.ndarray:
    """Give the offsets that belong to `lists.flatten()`, whatever slice or nulls it has."""
    if not lists.null_count and len(lists):
        offsets = lists.offsets.to_numpy().astype(np.int64)
        return np.asarray(offsets - offsets[0] if offsets[0] else offsets)
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
