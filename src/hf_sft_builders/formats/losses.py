"""Which fields of records say anything, and how to take them away."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.turns import Turns, as_array
from hf_sft_builders.records import LINEAGE, RECORD

_LAYOUT = {*LINEAGE, "content_hash", "input_start", "completion_start", "step_starts"}
"""Not content: where things stand, and what they are called."""
_PARTS = ("reasoning", "tool_calls")


def filled_fields(records: pa.Table) -> dict[str, int]:
    """Count the records that fill each field; those that none fills are left out.

    Returns:
        Column name, or its part such as `messages.reasoning` → rows.
    """
    counts: dict[str, int] = {}
    for name in RECORD.names:
        if name in _LAYOUT or name not in records.column_names:
            continue
        if records[name].null_count < len(records):
            counts[name] = int(_says_something(as_array(records[name])).sum())
    for column in ("messages", "rejected"):
        turns = Turns.of(records[column], _PARTS) if counts.get(column) else None
        if turns is None:
            continue
        for part, values in turns.fields.items():
            if values.null_count < len(values):
                counts[f"{column}.{part}"] = int(turns.rows_with(_says_something(values)).sum())
    return {name: rows for name, rows in counts.items() if rows}


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
        said = pc.greater(pc.binary_length(column), 0)
    elif pa.types.is_list(column.type):
        said = pc.greater(pc.list_value_length(column), 0)
    else:
        said = column.is_valid()
    return np.asarray(pc.fill_null(said, False).to_numpy(zero_copy_only=False), dtype=bool)
