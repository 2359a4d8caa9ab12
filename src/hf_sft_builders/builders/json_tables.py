"""Types of JSON rows from the beginning of a file, and rows held to them.

Rows are read as everywhere (`formats.json_rows`). Their types differ from those of `read_tables`,
which tells them from all rows: `datasets` wants them before the first row, and drops the marks of
JSON text. So a value of another shape is an error here that says how to keep it, never a null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_blocks import Block
from hf_sft_builders.formats.json_columns import read_json
from hf_sft_builders.formats.json_rows import JsonFile
from hf_sft_builders.formats.json_shapes import has_json, shape_of_field, shape_of_table
from hf_sft_builders.formats.json_text import calls_as_text

ROWS = 1000
NAMED = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "json": pa.string(),
}
"""What `types=` takes."""

Said = Callable[[str], str]
"""What the user said of a column's type: one of `NAMED`, or empty."""


def json_schema(file: JsonFile, said: Said) -> pa.Schema:
    """Tell columns and types from the rows of a file, or of its beginning.

    Raises:
        FormatError: There are no rows, or values of many shapes.
    """
    rows = [calls_as_text(row) for _, row in file.rows()]
    if not rows:
        raise FormatError(f"{file.name}: no rows. Expected a list of objects, or one in each line.")
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.schema(
        [(name, NAMED.get(said(name)) or _type_of(rows, name, file.name)) for name in names]
    )


def json_tables(file: JsonFile, schema: pa.Schema, said: Said) -> Iterator[pa.Table]:
    """Give the rows of a file as tables of a schema.

    Raises:
        FormatError: A row has a key that the schema has no place for.
        pa.ArrowInvalid: A value is of another type.
    """
    at_once = not any(
        said(name) or has_json(shape_of_field(schema.field(name))) for name in schema.names
    )
    before = 0
    for block in file.blocks():
        table = _at_once(block, schema) if at_once else None
        if table is not None:
            file.require_objects(block, table)
        else:
            table = _by_row(file, block, before, schema, said)
        for start in range(0, table.num_rows, ROWS):
            yield table.slice(start, ROWS)
        before += table.num_rows


def _at_once(block: Block, schema: pa.Schema) -> pa.Table | None:
    """Let Arrow read a block; None where it cannot, or may have rounded numbers."""
    try:
        table = read_json(block.data, schema)
    except pa.ArrowInvalid:
        return None
    return None if shape_of_table(table) is None else table


def _by_row(file: JsonFile, block: Block, before: int, schema: pa.Schema, said: Said) -> pa.Table:
    rows = []
    for number, (offset, row) in enumerate(file.rows_of(block), before + 1):
        rows.append(_as_said(calls_as_text(row), said))
        if strange := next(_strange(rows[-1], schema), None):
            raise FormatError(
                f"{file.place(offset)}: row {number} has {strange[1]!r}, which the rows at the "
                "beginning do not have. Keep the column as JSON text: "
                f'types={{{strange[0]!r}: "json"}}.'
            )
    try:
        _require_whole(rows, schema)
        return pa.Table.from_pylist(rows, schema)
    except OverflowError as error:
        raise pa.ArrowInvalid(f"a number of more than 64 bits ({error})") from error


def _require_whole(rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Stop at fractions where whole numbers were told; from Python's, Arrow cuts them off."""
    for field in schema:
        cut = next(
            (row[field.name] for row in rows if _is_cut(row.get(field.name), field.type)), None
        )
        if cut is not None:
            raise pa.ArrowInvalid(f"column {field.name!r} has {cut!r}, expected {field.type}")


def _is_cut(value: Any, kind: pa.DataType) -> bool:
    """Say whether a value holds a fraction where its type has whole numbers."""
    if isinstance(value, float):
        return bool(pa.types.is_integer(kind))
    if isinstance(value, list) and pa.types.is_list(kind):
        return any(_is_cut(each, kind.value_type) for each in value)
    if isinstance(value, dict) and pa.types.is_struct(kind):
        return any(_is_cut(value.get(inner.name), inner.type) for inner in kind)
    return False


def _type_of(rows: list[dict[str, Any]], name: str, uri: str) -> pa.DataType:
    try:
        found = pa.array([row.get(name) for row in rows]).type
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:160]
        raise FormatError(
            f"{uri}: column {name!r} has values of many shapes ({reason}). "
            f'Keep them as JSON text: types={{{name!r}: "json"}}.'
        ) from None
    return pa.string() if pa.types.is_null(found) else found


def _as_said(row: dict[str, Any], said: Said) -> dict[str, Any]:
    """Turn columns into text where that was said."""
    return {
        name: json.dumps(value, ensure_ascii=False)
        if said(name) == "json" and value is not None
        else str(value)
        if said(name) == "string" and isinstance(value, (int, float))
        else value
        for name, value in row.items()
    }


def _strange(row: dict[str, Any], schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Find keys that would vanish: the column, and the way to the key."""
    for name, value in row.items():
        place = schema.get_field_index(name)
        if lost := name if place < 0 else _lost(value, schema.field(place).type, name):
            yield name, lost


def _lost(value: Any, kind: pa.DataType, where: str) -> str:
    """Find a key that the type has no place for."""
    if isinstance(value, list) and pa.types.is_list(kind):
        return next(filter(None, (_lost(each, kind.value_type, where) for each in value)), "")
    if not isinstance(value, dict) or not pa.types.is_struct(kind):
        return ""
    for key, inner in value.items():
        place = kind.get_field_index(key)
        lost = (
            f"{where}.{key}"
            if place < 0
            else _lost(inner, kind.field(place).type, f"{where}.{key}")
        )
        if lost:
            return lost
    return ""
