"""Columns whose values have no one type, in the types of a format that reads them.

`datasets` 4.7 and later read such columns of JSON as `Json()`, our own reader as marked JSON text
(`json_shapes`). To a format, a text is then the text itself, not its JSON with quotes; any other value
where text is expected is its JSON; and objects that are turns are turns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import from_json

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_columns import is_json
from hf_sft_builders.formats.json_shapes import (
    ALWAYS_TEXT,
    Shape,
    encoded,
    field_of,
    merged,
    ragged_words,
    shape_of,
)
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import as_array, list_offsets

_EXTENSION = "arrow.json"


def settled(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """Give columns of loose JSON in plain types; other columns, and their order, stay.

    Raises:
        FormatError: if the words of turns are text in one and a list in another.
    """
    for name in names:
        place = table.schema.get_field_index(name)
        if place >= 0 and _is_loose(table.schema.field(place)):
            values = _settled(as_array(table[name]), table.schema.field(place))
            table = table.set_column(place, pa.field(name, values.type), values)
    return table


def parsed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Read lists that stand in a column as JSON text, as CSV has them; other text stays."""
    for field in schema:
        place = table.schema.get_field_index(field.name)
        if place < 0 or not pa.types.is_list(field.type) or not _holds_lists(table[field.name]):
            continue
        try:
            values = _in_their_shape(as_array(table[field.name]).cast(pa.string()), field.name)
        except ValueError:  # not JSON after all; the types tell
            continue
        table = table.set_column(place, pa.field(field.name, values.type), values)
    return table


def _holds_lists(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    starts = pc.starts_with(pc.utf8_trim_whitespace(column), "[")
    return starts.null_count < len(starts) and bool(pc.all(starts).as_py())


def texts_rule(schema: pa.Schema) -> Rule:
    """Every value of a column of texts is a text; LLaMA-Factory drops rows with a number there."""
    names = [f.name for f in schema if pa.types.is_string(f.type) and f.name not in ALWAYS_TEXT]

    def wrong(table: pa.Table) -> np.ndarray:
        mask = np.zeros(table.num_rows, dtype=bool)
        for name in names:
            if name in table.column_names and _is_leaf(table.schema.field(name)):
                mask |= ~np.asarray(_is_text_or_null(_texts(as_array(table[name]))))
        return mask

    return Rule(
        "texts-only",
        ", ".join(names),
        "text in every row, no numbers, lists or objects among them",
        "Write the values as text.",
        wrong,
        lambda table: settled(table, names),
    )


def _is_text_or_null(texts: pa.Array) -> np.ndarray:
    good = pc.or_(texts.is_null(), pc.fill_null(pc.starts_with(texts, '"'), True))
    good = pc.or_(good, pc.fill_null(pc.equal(texts, "null"), True))
    return np.asarray(good.to_numpy(zero_copy_only=False), dtype=bool)


def _is_leaf(field: pa.Field) -> bool:
    return is_json(field) or getattr(field.type, "extension_name", "") == _EXTENSION


def _is_loose(field: pa.Field) -> bool:
    if pa.types.is_struct(field.type):
        return any(_is_loose(inner) for inner in field.type)
    if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
        return _is_loose(field.type.value_field)
    return _is_leaf(field)


def _texts(values: pa.Array) -> pa.Array:
    stored = values.storage if isinstance(values, pa.ExtensionArray) else values
    return stored.cast(pa.string())


def _settled(values: pa.Array, field: pa.Field) -> pa.Array:
    if not _is_loose(field):
        return values
    if is_json(field):
        return _unquoted(_texts(values))
    if field.name in ALWAYS_TEXT:
        said = [_said(value, field) for value in values.to_pylist()]
        return pa.array([None if v is None else _json(v) for v in said], pa.string())
    if _is_leaf(field):
        return _in_their_shape(_texts(values), field.name)
    if pa.types.is_struct(field.type):
        parts = [_settled(pc.struct_field(values, [inner.name]), inner) for inner in field.type]
        names = [inner.name for inner in field.type]
        return pa.StructArray.from_arrays(parts, names=names, mask=values.is_null())
    inner = _settled(values.flatten(), field.type.value_field)
    offsets = pa.array(list_offsets(values), pa.int32())
    mask = values.is_null() if values.null_count else None
    return pa.ListArray.from_arrays(offsets, inner, mask=mask)


def _said(value: Any, field: pa.Field) -> Any:
    """Give a value with the JSON in it read, and without keys that Arrow filled in."""
    if value is None:
        return None
    if _is_leaf(field):
        return from_json(value)
    if isinstance(value, list):
        return [_said(item, field.type.value_field) for item in value]
    if isinstance(value, dict):
        said = {inner.name: _said(value[inner.name], inner) for inner in field.type}
        return {name: part for name, part in said.items() if part is not None}
    return value


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _unquoted(texts: pa.Array) -> pa.Array:
    """Give JSON texts as themselves, and all else as it is written in JSON."""
    return pa.array([_plain(text) for text in texts.to_pylist()], pa.string())


def _plain(text: str | None) -> str | None:
    if text is None or text == "null":
        return None
    return str(from_json(text)) if text.startswith('"') else text


def _in_their_shape(texts: pa.Array, name: str) -> pa.Array:
    """Give objects and lists that have one shape as structs and lists; everything else as text."""
    values = [None if text is None else from_json(text) for text in texts.to_pylist()]
    shape: Shape = "null"
    for value in values:
        shape = merged(shape, shape_of(value, name))
    if shape == "null":
        return pa.nulls(len(values))
    if ragged := ragged_words(shape):
        raise FormatError(
            f"{ragged} is text in one turn and a list of parts in another. Expected one kind in all "
            "turns: write all as text, or all as parts."
        )
    if not isinstance(shape, (dict, list)):
        return _unquoted(texts)
    field = field_of(name, shape)
    return _settled(pa.array([encoded(value, shape) for value in values], field.type), field)
