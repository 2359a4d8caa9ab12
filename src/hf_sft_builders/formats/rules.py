"""What a row must be to be learnt from, rule by rule: named, vectorised, with the safe mend.

A format lists its rules; `Format.findings` runs them over a table. Two rules stand before those of
the format, because a raw file may hold anything: `columns` (they are there) and `types` (they are
what the format says). The format's own rules see only its own columns, in exactly its types.

Example:
    >>> rule = Rule("words", "text", "words", "Drop the row.", lambda t: ~has_words(t["text"]))
    >>> rule.broken(pa.table({"text": ["a", ""]})).tolist()
    [False, True]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.text_buffers import text_sizes
from hf_sft_builders.formats.turns import as_array


@dataclass(frozen=True)
class Rule:
    """One thing that must hold for every row of a format."""

    name: str
    """Kebab-case, unique within the format: `roles-alternate`."""
    field: str
    """The column, or `column.part`, that it looks at."""
    expected: str
    """What should be there: "user and assistant in turn, ending with the assistant"."""
    fix: str
    """What a person can do about it."""
    broken: Callable[[pa.Table], np.ndarray]
    """bool per row, True where the row breaks the rule. Called only where the column types fit."""
    mend: Callable[[pa.Table], pa.Table] | None = None
    """Gives the table with the one safe answer filled in; None where there is no such answer."""


def has_words(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Say for each text whether it is neither null nor empty.

    Returns:
        bool array, one per value.
    """
    texts = as_array(column)
    return text_sizes(texts if pa.types.is_string(texts.type) else texts.cast(pa.string())) > 0


def fits(found: pa.DataType, expected: pa.DataType) -> bool:
    """Say whether values of one Arrow type can be read as another without any change.

    Layouts may differ (`large_string`, dictionaries, a column of nulls only), meanings may not:
    an int is no text (but a whole float), and a struct has exactly the expected fields.
    """
    if found == expected or pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return fits(found.value_type, expected)
    if _is_list(found) and _is_list(expected):
        return fits(found.value_type, expected.value_type)
    if pa.types.is_struct(found) and pa.types.is_struct(expected):
        names = {field.name for field in found}
        return names == {field.name for field in expected} and all(
            fits(found.field(field.name).type, field.type) for field in expected
        )
    families = (_family(found), _family(expected))
    return families == ("int", "float") or families[0] == families[1] != ""


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _family(kind: pa.DataType) -> str:
    name = str(kind)
    for family in ("string", "binary", "float", "double", "halffloat", "int", "uint"):
        if name.removeprefix("large_").removesuffix("_view").rstrip("0123456789") == family:
            return {"double": "float", "halffloat": "float", "uint": "int"}.get(family, family)
    return ""


def in_type(column: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    """Give a column that `fits` a type in exactly that type; struct fields may change places."""
    if column.type == kind:
        return column
    if pa.types.is_struct(kind) or (_is_list(kind) and not pa.types.is_null(column.type)):
        return _rebuilt(as_array(column), kind)
    return column.cast(kind)


def _rebuilt(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), kind)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_struct(kind):
        parts = [in_type(pc.struct_field(array, [field.name]), field.type) for field in kind]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=array.is_null())
    if pa.types.is_fixed_size_list(array.type) or pa.types.is_large_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    values = in_type(array.flatten(), kind.value_type)
    mask = array.is_null() if array.null_count else None
    return pa.ListArray.from_arrays(offsets, values, type=kind, mask=mask)


def safely_cast(
    column: pa.ChunkedArray | pa.Array, kind: pa.DataType
) -> pa.ChunkedArray | pa.Array:
    """Cast what has one safe answer: numbers to text, 0 and 1 to bool; other columns stay."""
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if pa.types.is_string(kind) and (is_number or pa.types.is_boolean(column.type)):
        return column.cast(kind)
    if pa.types.is_boolean(kind) and is_number and _only_zero_and_one(column):
        return column.cast(kind)
    return column


def booleans(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Read 0 and 1, as numbers or text, and true and false, as the bools that a schema wants."""
    for field in schema:
        place = table.schema.get_field_index(field.name) if pa.types.is_boolean(field.type) else -1
        if place < 0 or pa.types.is_boolean(table.schema.field(place).type):
            continue
        column = table[field.name]
        words = _truth(column) if _family(column.type) == "string" else column
        table = table.set_column(place, field.name, safely_cast(words, field.type))
    return table


def _truth(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give `true`, `false`, `1` and `0` as bools, where a column of text has nothing else."""
    plain = pc.utf8_lower(texts)
    words = pa.array(["true", "1", "false", "0"], plain.type)
    known = pc.or_kleene(pc.is_in(plain, value_set=words), plain.is_null())
    return (
        pc.or_(pc.equal(plain, "true"), pc.equal(plain, "1"))
        if pc.all(known).as_py() is not False
        else texts
    )


def _only_zero_and_one(column: pa.ChunkedArray | pa.Array) -> bool:
    known = pc.is_in(column, value_set=pa.array([0, 1, None], column.type))
    return bool(pc.all(known).as_py() is not False)
