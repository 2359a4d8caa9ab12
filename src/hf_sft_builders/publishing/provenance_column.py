"""The `provenance` column of a whole dataset: what it says, and its addresses made public.

A row's provenance is a list of steps (`records.PROVENANCE_STEP`). A million rows name few sources,
models and prompts, so everything here works on flattened Arrow arrays and on distinct values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.publishing.public_names import PublicNames

COLUMN = "provenance"
STEP_KEYS = (
    *("step", "uri", "sha256", "title", "license.id", "license.found_in", "license.confidence"),
    *("license.raw", "annotations_license.id"),
    *("model", "prompt", "prompt_sha256"),
)
_REPORTED_KEYS = (*STEP_KEYS, "parameters")
_ROWS = 20_000
_ADDRESSES = ("uri", "model", "prompt")
"""Fields that may be a path: a model or prompt of the user's own, too."""
_TEXTS = ("parameters", "found_in")


def row_batches(ds: Any, rows: int, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Give a dataset's rows as Arrow tables of `rows` rows each."""
    arrow = ds.with_format("arrow", columns=columns)
    for start in range(0, len(ds), rows):
        yield arrow[start : start + rows]


def distinct_steps(parts: Iterable[Any]) -> tuple[list[dict[str, Any]], int]:
    """Read what the rows of several datasets come from.

    Args:
        parts: Datasets; those without the column count as rows without a source.

    Returns:
        The distinct steps with the fields `STEP_KEYS`, and how many rows name no source.
    """
    found, bare = [], 0
    for ds in parts:
        if not has_provenance(ds):
            bare += len(ds)
            continue
        for table in row_batches(ds, _ROWS, [COLUMN]):
            lists = one_array(table[COLUMN])
            steps = _steps_table(lists.flatten())
            bare += _rows_without(lists, steps["uri"])
            found.append(_distinct(steps))
    return (_distinct(pa.concat_tables(found)).to_pylist() if found else []), bare


def steps_of(table: pa.Table) -> tuple[pa.Table, pa.Array]:
    """Read the steps of a table's rows.

    Returns:
        All steps with the fields `STEP_KEYS` and `parameters`, and the row of each.
    """
    lists = one_array(table[COLUMN])
    return _steps_table(lists.flatten(), _REPORTED_KEYS), pc.list_parent_indices(lists)


def has_provenance(ds: Any) -> bool:
    """Say whether a dataset has a column of provenance steps."""
    schema = ds.features.arrow_schema
    kind = schema.field(COLUMN).type if COLUMN in schema.names else None
    if kind is None or not pa.types.is_list(kind) or not pa.types.is_struct(kind.value_type):
        return False
    return "uri" in [field.name for field in kind.value_type]


def publish_names(table: pa.Table, names: PublicNames) -> pa.Table:
    """Rewrite the addresses in `provenance` and in a column `uri` to public names."""
    for column in (COLUMN, "uri"):
        if column in table.column_names:
            index = table.column_names.index(column)
            public = _public_value(one_array(table[column]), names)
            table = table.set_column(index, table.schema.field(index), public)
    return table


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column as one array."""
    if isinstance(column, pa.Array):
        return column
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
    )


def _public_value(values: pa.Array, names: PublicNames) -> pa.Array:
    if is_text(values.type):
        return map_distinct(values, names)
    if not pa.types.is_list(values.type) or not pa.types.is_struct(values.type.value_type):
        return values
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    steps = _public_struct(values.flatten(), names)
    return pa.ListArray.from_arrays(offsets, steps, type=values.type, mask=values.is_null())


def _public_struct(steps: pa.StructArray, names: PublicNames) -> pa.StructArray:
    fields, arrays = list(steps.type), []
    for field in fields:
        values = steps.field(field.name)
        if field.name in _ADDRESSES:
            values = map_distinct(values, names)
        elif field.name in _TEXTS:
            values = map_distinct(values, names.in_text)
        elif pa.types.is_struct(field.type):
            values = _public_struct(values, names)
        arrays.append(values)
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=steps.is_null())


def map_distinct(values: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Change each distinct text of an array once."""
    encoded = values.dictionary_encode()
    words = [None if word is None else change(word) for word in encoded.dictionary.to_pylist()]
    return pa.array(words, values.type).take(encoded.indices)


def _steps_table(steps: pa.StructArray, keys: Iterable[str] = STEP_KEYS) -> pa.Table:
    return pa.table({key: _field(steps, key.split(".")).cast(pa.string()) for key in keys})


def _field(values: pa.Array, path: list[str]) -> pa.Array:
    for name in path:
        # A struct that no row fills has the type null where `datasets` guessed the types.
        if not pa.types.is_struct(values.type) or values.type.get_field_index(name) < 0:
            return pa.nulls(len(values), pa.string())
        # `struct_field` keeps the nulls of the struct itself, `StructArray.field` does not.
        values = pc.struct_field(values, name)
    return values


def _distinct(table: pa.Table) -> pa.Table:
    return table.group_by(list(STEP_KEYS), use_threads=False).aggregate([])


def _rows_without(lists: pa.Array, uris: pa.ChunkedArray) -> int:
    """Count the rows none of whose steps has an address."""
    parents = pc.list_parent_indices(lists).filter(one_array(uris).is_valid())
    return len(lists) - len(pc.unique(parents))
