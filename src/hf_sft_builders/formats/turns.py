"""The messages of a whole table, flat: what formats convert between without a Python loop.

All messages of all rows stand in one array per field; `offsets[i]:offsets[i + 1]` are row i's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    def of(cls, column: pa.ChunkedArray | pa.Array) -> Turns:
        """Flatten a column of lists of messages; missing fields are null."""
        lists = _one_array(column)
        flat = lists.flatten()
        known = {field.name for field in flat.type}
        fields = {
            name: flat.field(name) if name in known else pa.nulls(len(flat), pa.string())
            for name in MESSAGE.names
        }
        return cls(list_offsets(lists), fields)

    def column(self) -> pa.ListArray:
        """Give the messages as a column of a record table."""
        flat = pa.StructArray.from_arrays(
            [self.fields[name].cast(pa.string()) for name in MESSAGE.names], fields=list(MESSAGE)
        )
        return pa.ListArray.from_arrays(pa.array(self.offsets, pa.int32()), flat)

    @property
    def lengths(self) -> np.ndarray:
        """Messages per row."""
        return np.asarray(np.diff(self.offsets))

    @property
    def row(self) -> np.ndarray:
        """The row of each message."""
        return np.asarray(np.repeat(np.arange(len(self.lengths)), self.lengths))

    @property
    def position(self) -> np.ndarray:
        """The place of each message in its row, from 0."""
        return np.asarray(np.arange(self.offsets[-1]) - np.repeat(self.offsets[:-1], self.lengths))

    def has_role(self, *roles: str) -> np.ndarray:
        """Say for each message whether it has one of these roles."""
        mask = pc.is_in(self.fields["role"], value_set=pa.array(roles, pa.string()))
        return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)

    def rows_with(self, messages: np.ndarray) -> np.ndarray:
        """Say for each row whether any of its messages is marked."""
        marked = np.bincount(self.row, weights=messages, minlength=len(self.lengths))
        return np.asarray(marked > 0)

    def keep(self, messages: np.ndarray) -> Turns:
        """Give the marked messages only."""
        kept = np.bincount(self.row, weights=messages, minlength=len(self.lengths))
        mask = pa.array(messages)
        return Turns(
            np.concatenate([[0], np.cumsum(kept)]).astype(np.int64),
            {name: values.filter(mask) for name, values in self.fields.items()},
        )

    def split_system(self) -> tuple[pa.Array, Turns]:
        """Part the leading system message of each row from the rest; "" where there is none."""
        leading = self.has_role("system") & (self.position == 0)
        texts = np.full(len(self.lengths), None, dtype=object)
        texts[self.row[leading]] = self.fields["content"].filter(pa.array(leading)).to_pylist()
        return pc.fill_null(pa.array(texts, pa.string()), ""), self.keep(~leading)

    def with_system(self, texts: pa.Array) -> Turns:
        """Put a system message before each row that has one (not "" and not null)."""
        given = np.asarray(
            pc.fill_null(pc.not_equal(texts, ""), False).to_numpy(zero_copy_only=False), dtype=bool
        )
        lengths = self.lengths + given
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        take = np.full(offsets[-1], -1, dtype=np.int64)
        starts = offsets[:-1][given]
        total = int(self.offsets[-1])
        take[starts] = total + np.arange(len(starts))
        take[take < 0] = np.arange(total)
        system: dict[str, Any] = {
            "role": pa.array(["system"] * len(starts), pa.string()),
            "content": texts.filter(pa.array(given)),
        }
        return replace(
            self,
            offsets=offsets,
            fields={
                name: pa.concat_arrays(
                    [values, system.get(name, pa.nulls(len(starts), pa.string()))]
                ).take(pa.array(take))
                for name, values in self.fields.items()
            },
        )


def list_offsets(lists: pa.ListArray) -> np.ndarray:
    """Give the offsets that belong to `lists.flatten()`, whatever slice or nulls it has."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def as_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column as one plain array."""
    return _one_array(column)


def _one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # pyarrow gives one for zero chunks
            column = (
                pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
            )
    if pa.types.is_large_list(column.type):
        column = column.cast(pa.list_(column.type.value_type))
    return column
