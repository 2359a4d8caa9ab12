"""Where rows come from and who wrote them, a whole column at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.turns import as_array, list_offsets


def first_source(table: pa.Table) -> pa.Array | None:
    """Give the address of each row's first source, "" where it has none; None for other provenance."""
    return _step_field(table, "uri", last=False)


def last_model(table: pa.Table) -> pa.Array | None:
    """Give the model that last wrote in each row, "" where none did; None for other provenance."""
    return _step_field(table, "model", last=True)


def _step_field(table: pa.Table, field: str, *, last: bool) -> pa.Array | None:
    steps = as_array(table["provenance"])
    kind = steps.type
    if not hasattr(kind, "value_type") or not pa.types.is_struct(kind.value_type):
        return None
    if field not in {part.name for part in kind.value_type}:
        return None
    values = pc.struct_field(steps.flatten(), field)
    if not pa.types.is_string(values.type):
        return pa.array([""] * table.num_rows, pa.string())
    owner = np.repeat(np.arange(table.num_rows), np.diff(list_offsets(steps)))
    given = np.flatnonzero(np.asarray(values.is_valid()))
    given = given if last else given[::-1]  # of several assignments, the last one stays
    chosen = np.full(table.num_rows, -1, dtype=np.int64)
    chosen[owner[given]] = given
    return values.take(pa.array(chosen, mask=chosen < 0)).fill_null("")
