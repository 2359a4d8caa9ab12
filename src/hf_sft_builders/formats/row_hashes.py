"""One number per row that decides what is picked: the same for the same row, wherever it stands.

It comes from the row's `id` (or the columns that are named) and a seed; never from the position, so
that adding rows, reordering them or streaming them changes no decision about the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.json_columns import json_text
from hf_sft_builders.formats.turns import as_array, list_offsets

_LINEAGE = ("provenance", "content_hash")


def row_keys(table: pa.Table, columns: Iterable[str] | None = None) -> pa.Array:
    """Give what identifies each row as text: its id, or all that it says.

    Args:
        table: The rows.
        columns: What identifies a row; `id` where there is one, else every column, by default. A hash
            stands for bytes such as a picture's.

    Raises:
        ConfigurationError: if a column is not there.
    """
    names = list(columns or _identity(table.column_names))
    require_columns(table.column_names, names)
    if len(names) == 1 and pa.types.is_string(table.schema.field(names[0]).type):
        keys = as_array(table[names[0]])
        if not keys.null_count:
            return keys
    chosen = table.select(names).combine_chunks()
    parts = [bytes_by_hash(as_array(chosen[name])) for name in names]
    return json_text(pa.StructArray.from_arrays(parts, names=names))


def bytes_by_hash(values: pa.Array) -> pa.Array:
    """Put a hash in the place of bytes, however deep; JSON of pictures would be slow and large."""
    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.array([_hash(value) for value in values], pa.string())
    if pa.types.is_struct(kind) and kind.num_fields:
        parts = [bytes_by_hash(pc.struct_field(values, [field.name])) for field in kind]
        return pa.StructArray.from_arrays(
            parts, names=[field.name for field in kind], mask=values.is_null()
        )
    if pa.types.is_large_list(kind):
        return bytes_by_hash(values.cast(pa.list_(kind.value_type)))
    if pa.types.is_list(kind):
        inner = bytes_by_hash(values.flatten())
        offsets = pa.array(list_offsets(values), pa.int32())
        return pa.ListArray.from_arrays(offsets, inner, mask=values.is_null())
    return values


def _hash(value: pa.Scalar) -> str | None:
    data = value.as_buffer()
    return None if data is None else hashlib.blake2b(data, digest_size=16).hexdigest()


def row_numbers(keys: pa.Array, seed: int) -> np.ndarray:
    """Give an even random number for each key.

    Returns:
        float64 in [0, 1), with 53 random bits; the same on every machine.
    """
    salt = str(seed).encode()
    found = np.empty(len(keys), dtype=np.uint64)
    for place, key in enumerate(keys.to_pylist()):
        digest = hashlib.blake2b(key.encode(), digest_size=8, key=salt).digest()
        found[place] = int.from_bytes(digest, "little")
    return (found >> np.uint64(11)) * 2.0**-53


def require_columns(present: Iterable[str], wanted: Iterable[str]) -> None:
    """Stop if a column is not there.

    Raises:
        ConfigurationError: naming those that are.
    """
    present = list(present)
    for name in wanted:
        if name not in present:
            raise ConfigurationError(
                f"No column {name!r}; the rows have {', '.join(present) or 'none'}. Name one of those."
            )


def _identity(names: list[str]) -> list[str]:
    if "id" in names:
        return ["id"]
    return [name for name in names if name not in _LINEAGE]
