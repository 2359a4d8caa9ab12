"""What the values of a JSON file are, and what becomes of those that have no one type.

Arrow has one type per column and fills what a struct lacks with null, and trainers train on those
nulls. So, in a file that was read as JSON:

* fields may be absent in a row, in a turn (an object with `role` or `from`) and in a typed part of
  its words: null there;
* any other object whose fields differ from row to row becomes JSON *text*, whole, and so does a
  place that holds different kinds of values (an int here, text there): nothing is filled, nothing
  is lost. The field is marked, and written as JSON again;
* `tools` and `tool_calls` are JSON text always, as in the records;
* a turn's words that are typed parts in one turn and text in another are parts in all: the text is
  the one part; words of any other two kinds are an error that names the row.

Whole numbers beside others are floats, as long as floats hold them exactly.

A shape is a word ("null", "bool", "int", "wide" for whole numbers that floats would round, "float",
"text", "json"), a `list` of one shape (of the items), or a `dict` of field → shape.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import to_json

from hf_sft_builders.formats.json_columns import JSON, is_json, is_turn

Shape = Any

_WORDS = {
    "null": pa.null(),
    "bool": pa.bool_(),
    "int": pa.int64(),
    "wide": pa.int64(),
    "float": pa.float64(),
    "text": pa.string(),
    "json": pa.string(),
}
ALWAYS_TEXT = ("tools", "tool_calls")
_SPOKEN = ("content", "value")
_TEXT_PART = {"type": "text", "text": "text"}
"""The shape of a part that is text."""
_EXACT = 2**53
_NUMBERS = {
    ("int", "float"): "float",
    ("float", "int"): "float",
    ("int", "wide"): "wide",
    ("wide", "int"): "wide",
}
"""The shape that holds numbers of both shapes."""


def shape_of(value: Any, name: str = "") -> Shape:
    """Give the shape of one value, as Python's JSON reader gives it."""
    if isinstance(value, dict):
        return "json" if name in ALWAYS_TEXT else {k: shape_of(v, k) for k, v in value.items()}
    if isinstance(value, list):
        if name in ALWAYS_TEXT:
            return "json"
        inner: Shape = "null"
        for item in value:
            inner = merged(inner, shape_of(item))
        return [inner]
    if isinstance(value, int) and not isinstance(value, bool):
        exact = abs(value) < _EXACT
        return "int" if exact else "wide" if -(2**63) <= value < 2**63 else "json"
    return {type(None): "null", bool: "bool", float: "float", str: "text"}[type(value)]


def row_shape(row: dict[str, Any]) -> dict[str, Shape]:
    """Give the shape of one row."""
    return {name: shape_of(value, name) for name, value in row.items()}


def merged_rows(first: dict[str, Shape], second: dict[str, Shape]) -> dict[str, Shape]:
    """Give the shape of rows that may lack each other's columns."""
    names = dict.fromkeys([*first, *second])
    return {name: merged(first.get(name, "null"), second.get(name, "null")) for name in names}


def merged(first: Shape, second: Shape) -> Shape:
    """Give the one shape that holds both without a loss."""
    if first == second or second == "null":
        return first
    if first == "null":
        return second
    if isinstance(first, list) and isinstance(second, list):
        return [merged(first[0], second[0])]
    if isinstance(first, dict) and isinstance(second, dict):
        if is_turn(first) and is_turn(second):
            return _merged_turns(first, second)
        if first.keys() != second.keys():
            return "json"
        return {name: merged(shape, second[name]) for name, shape in first.items()}
    return _NUMBERS.get((first, second), "json") if _are_words(first, second) else "json"


def _are_words(*shapes: Shape) -> bool:
    return all(isinstance(shape, str) for shape in shapes)


def _merged_turns(first: dict[str, Shape], second: dict[str, Shape]) -> dict[str, Shape]:
    both = merged_rows(first, second)
    for name in _SPOKEN:
        known = (first.get(name), second.get(name))
        if "text" in known and (parts := next((s for s in known if _holds_parts(s)), None)):
            both[name] = [merged(parts[0], _TEXT_PART)]
    return both


def _holds_parts(shape: Shape) -> bool:
    return isinstance(shape, list) and isinstance(shape[0], dict) and "type" in shape[0]


def speaks_in_parts(shape: Shape) -> bool:
    """Say whether a turn somewhere in a value has words of typed parts."""
    if isinstance(shape, list):
        return speaks_in_parts(shape[0])
    if not isinstance(shape, dict):
        return False
    return any(
        (name in _SPOKEN and _holds_parts(inner)) or speaks_in_parts(inner)
        for name, inner in shape.items()
    )


def shape_of_table(table: pa.Table) -> dict[str, Shape] | None:
    """Give the shape of rows that Arrow's reader took, or None where it may have changed them.

    What it changes: fields it filled with null outside turns, whole numbers it made inexact,
    texts that it took for dates.
    """
    if any(has_json(shape_of_field(field)) for field in table.schema):
        return None
    shapes = {name: _of_array(table[name].combine_chunks(), name) for name in table.column_names}
    return None if any(shape is None for shape in shapes.values()) else shapes


def _of_array(values: Any, name: str) -> Shape | None:
    kind = values.type
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.nulls(0, kind)
    if name in ALWAYS_TEXT and (pa.types.is_struct(kind) or pa.types.is_list(kind)):
        return None
    if pa.types.is_struct(kind):
        return _of_objects(values)
    if pa.types.is_list(kind):
        inner = _of_array(values.flatten(), "")
        return None if inner is None else [inner]
    if pa.types.is_floating(kind) and _has_wide(values):
        return None
    if pa.types.is_integer(kind) and _has_wide(values.cast(pa.float64(), safe=False)):
        return "wide"
    return next((word for word, known in _WORDS.items() if known == kind), None)


def _of_objects(values: pa.StructArray) -> Shape | None:
    shapes = {}
    turn = is_turn(field.name for field in values.type)
    for field in values.type:
        inner = pc.struct_field(values, [field.name])
        if not turn and inner.null_count > values.null_count:
            return None
        shapes[field.name] = _of_array(inner, field.name)
        if shapes[field.name] is None:
            return None
    return shapes


def _has_wide(values: pa.Array) -> bool:
    """Say whether a column of floats holds numbers that may have been whole and larger than exact."""
    return bool(pc.any(pc.greater_equal(pc.abs(values), float(_EXACT))).as_py())


def ragged_words(shape: Shape, path: str = "") -> str:
    """Give the path of a turn's words that have no one kind, or ""."""
    if isinstance(shape, list):
        return ragged_words(shape[0], f"{path}[]")
    if not isinstance(shape, dict):
        return ""
    for name, inner in shape.items():
        if is_turn(shape) and name in _SPOKEN and inner == "json":
            return f"{path}.{name}".lstrip(".")
        if found := ragged_words(inner, f"{path}.{name}".lstrip(".")):
            return found
    return ""


def has_json(shape: Shape) -> bool:
    """Say whether any part of a value is JSON text, or is null in every row.

    Arrow's own reader cannot make the former, and makes damaged arrays of the latter where it
    stands in a list or struct.
    """
    if isinstance(shape, list):
        return shape[0] == "null" or has_json(shape[0])
    if isinstance(shape, dict):
        return any(inner == "null" or has_json(inner) for inner in shape.values())
    return bool(shape == "json")


def rows_have_json(shape: dict[str, Shape]) -> bool:
    """Say the same of rows; a column of null alone is sound."""
    return any(has_json(inner) for inner in shape.values())


def field_of(name: str, shape: Shape) -> pa.Field:
    """Give the Arrow field of a shape; one that holds JSON text is marked."""
    if isinstance(shape, list):
        return pa.field(name, pa.list_(field_of("item", shape[0])))
    if isinstance(shape, dict):
        return pa.field(name, pa.struct([field_of(key, inner) for key, inner in shape.items()]))
    return pa.field(name, _WORDS[shape], metadata=JSON if shape == "json" else None)


def shape_of_field(field: pa.Field) -> Shape:
    """Give where a field holds JSON text or null; every other leaf is called "text"."""
    if pa.types.is_null(field.type):
        return "null"
    if is_json(field):
        return "json"
    if pa.types.is_list(field.type):
        return [shape_of_field(field.type.value_field)]
    if pa.types.is_struct(field.type):
        return {inner.name: shape_of_field(inner) for inner in field.type}
    return "text"


def encoded(value: Any, shape: Shape) -> Any:
    """Put JSON text, or the one part that a text is, in the places where a shape says so."""
    if value is None:
        return None
    if shape == "json":
        return to_json(value, inf_nan_mode="constants").decode()
    if isinstance(shape, list) and isinstance(value, str):  # words beside typed parts
        return [{"type": "text", "text": value}]
    if isinstance(shape, list) and (has_json(shape) or speaks_in_parts(shape)):
        return [encoded(item, shape[0]) for item in value]
    if isinstance(shape, dict):
        return {key: encoded(inner, shape[key]) for key, inner in value.items()}
    return value
