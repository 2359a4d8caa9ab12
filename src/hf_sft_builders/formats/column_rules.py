"""Rules about plain columns that several formats share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.turns import as_array, repeated


def any_null(table: pa.Table, columns: Iterable[str]) -> np.ndarray:
    """Mark rows in which one of these columns is null."""
    marked = np.zeros(table.num_rows, dtype=bool)
    for name in columns:
        if table[name].null_count:
            marked |= np.asarray(table[name].is_null())
    return marked


def nulls_filled(table: pa.Table, values: Mapping[str, Any]) -> pa.Table:
    """Give the table with the nulls of some columns filled: column → what stands for nothing."""
    for name, value in values.items():
        if name in table.column_names and table[name].null_count:
            index = table.schema.get_field_index(name)
            table = table.set_column(index, name, _filled(as_array(table[name]), value))
    return table


def _filled(column: pa.Array, value: Any) -> pa.Array:
    if pa.types.is_null(column.type):
        kind = pa.string() if value == "" else pa.list_(pa.null())
        return repeated(value, kind, len(column))
    return pc.if_else(column.is_valid(), column, pa.scalar(value, column.type))
