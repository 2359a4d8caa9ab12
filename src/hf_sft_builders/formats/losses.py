"""Which fields of records say anything, and how to take them away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats.text_buffers import text_sizes
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths
from hf_sft_builders.records import LINEAGE, RECORD

_LAYOUT = {*LINEAGE, "content_hash", "input_start", "completion_start", "step_starts"}
"""Not content: where things stand, and what they are called."""
_SAID = tuple(name for name in RECORD.names if name not in _LAYOUT)
_PARTS = ("reasoning", "tool_calls")


def filled_fields(records: pa.Table, held: frozenset[str] = frozenset()) -> dict[str, int]:
    """Count the records that fill each field; those that none fills are left out.

    Args:
        records: A table of records.
        held: Fields that need not be counted.

    Returns:
        Column name, or its part such as `messages.reasoning` → rows.
    """
    counts: dict[str, int] = {}
    places = {name: place for place, name in enumerate(records.column_names)}
    for name in _SAID:
        column = records.column(places[name]) if name in places else None
        if column is None or column.null_count == len(records):
            continue
        if name not in held:
            counts[name] = int(np.count_nonzero(_says_something(as_array(column))))
        for part, said in _parts_said(column, name, held):
            counts[part] = said
    return {name: rows for name, rows in counts.items() if rows}


def _parts_said(
    column: pa.ChunkedArray, name: str, held: frozenset[str]
) -> Iterator[tuple[str, int]]:
    wanted = [part for part in _PARTS if f"{name}.{part}" not in held]
    if name not in ("messages", "rejected") or not wanted:
        return
    turns = Turns.of(column, wanted)
    for part, values in turns.fields.items():
        if values.null_count < len(values):
            rows = turns.rows_with(_says_something(values))
            yield f"{name}.{part}", int(np.count_nonzero(rows))


def without_fields(records: pa.Table, names: Iterable[str]) -> pa.Table:
    """Give the records with these fields emptied."""
    for name in names:
        column, _, part = name.partition(".")
        index = records.schema.get_field_index(column)
        if part:
            turns = Turns.of(records[column])
            turns.fields[part] = pa.nulls(len(turns.fields[part]), pa.string())
            values: pa.Array = turns.column()
        else:
            values = pa.nulls(len(records), records.schema.types[index])
        records = records.set_column(index, column, values)
    return records


def _says_something(column: pa.Array) -> np.ndarray:
    if pa.types.is_string(column.type):
        return text_sizes(column) > 0
    if pa.types.is_list(column.type):
        return list_lengths(column) > 0
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
