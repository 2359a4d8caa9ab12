"""Arrow arrays to JSON text and back, a whole column at a time.

Writing: what JSON has no word for is said in text (bytes in base64). Fields of a turn (a struct
with `role` or `from`) that are null are left out: trainers read `"tool_calls": null` as something.
A field marked with `JSON` in its metadata holds JSON text already and is written as it stands.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from hf_sft_builders.errors import FormatError

JSON = {b"hf_sft_builders": b"json"}
"""Metadata of a field whose text is JSON: what had no one type in the file it was read from."""

_COMMON = {'"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_RARE = {chr(code): f"\\u{code:04x}" for code in range(0x20) if chr(code) not in _COMMON}


_PART = {
    *("type", "text", "image", "video", "audio", "image_url", "video_url", "audio_url"),
    "input_audio",
}


def is_turn(fields: Iterable[str]) -> bool:
    """Say whether an object with these fields is a turn of a conversation, or a typed part of one."""
    names = set(fields)
    return bool({"role", "from"} & names) or ("type" in names and names <= _PART)


def is_json(field: pa.Field) -> bool:
    """Say whether a field is marked as holding JSON text."""
    return bool((field.metadata or {}).get(b"hf_sft_builders") == b"json")


def json_lines(table: pa.Table) -> pa.Buffer:
    """Write a table as JSON Lines, UTF-8; every column stands in every line."""
    if not table.num_rows:
        return pa.py_buffer(b"")
    parts: list[Any] = []
    for number, field in enumerate(table.schema):
        name = json.dumps(field.name, ensure_ascii=False)
        parts += [f"{',' if number else '{'}{name}:", json_text(_whole(table[field.name]), field)]
    lines = _joined(*parts, "}\n")
    start, end = lines.offset, lines.offset + len(lines)
    offsets = memoryview(lines.buffers()[1]).cast("i")
    return lines.buffers()[2].slice(offsets[start], offsets[end] - offsets[start])


def json_text(values: pa.Array, field: pa.Field | None = None) -> pa.Array:
    """Give each value as JSON text, `null` for null.

    Args:
        values: Any array whose types JSON can say.
        field: Its field, where that may be marked with `JSON`.

    Raises:
        FormatError: on a number that JSON does not have (NaN, infinity).

    Example:
        >>> json_text(pa.array([{"a": 1, "b": None}, None])).to_pylist()
        ['{"a":1}', 'null']
    """
    if pa.types.is_null(values.type):
        return pa.array(["null"] * len(values), pa.string())
    text = values if field is not None and is_json(field) else _valid_text(values)
    return pc.fill_null(text, "null")


def _valid_text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _valid_text(values.dictionary_decode())
    if pa.types.is_struct(kind):
        return _objects(values)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _lists(values)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return values.cast(pa.string())
    if pa.types.is_floating(kind):
        return _numbers(values)
    if _is_bytes(kind):
        return _joined('"', pa.array([_base64(v) for v in values.to_pylist()], pa.string()), '"')
    return _joined('"', _escaped(values.cast(pa.string())), '"')


def _objects(values: pa.StructArray) -> pa.Array:
    parts: list[Any] = [pa.array([""] * len(values), pa.string())]
    turn = is_turn(field.name for field in values.type)
    for field in values.type:
        inner = pc.struct_field(values, [field.name])  # null where the struct is
        if turn and inner.null_count == len(inner):
            continue
        said = json_text(inner, field)
        if turn and inner.null_count:
            said = pc.if_else(inner.is_valid(), said, pa.scalar(None, pa.string()))
        named = _joined(f",{json.dumps(field.name, ensure_ascii=False)}:", said)
        parts.append(pc.fill_null(named, "") if named.null_count else named)
    inside = pc.utf8_slice_codeunits(_joined(*parts), 1)
    text = _joined("{", inside, "}")
    return pc.if_else(values.is_valid(), text, pa.scalar(None, pa.string()))


def _lists(values: pa.Array) -> pa.Array:
    field = values.type.value_field
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    ends = pc.cumulative_sum(lengths.cast(pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    lists = pa.ListArray.from_arrays(offsets, json_text(values.flatten(), field))
    text = _joined("[", pc.binary_join(lists, ","), "]")
    return pc.if_else(values.is_valid(), text, pa.scalar(None, pa.string()))


def _numbers(values: pa.Array) -> pa.Array:
    if pc.any(pc.invert(pc.is_finite(values))).as_py():
        raise FormatError(
            "JSON has no NaN and no infinity; found one in a column of numbers. "
            "Make it null, or write Parquet."
        )
    text = values.cast(pa.string())
    whole = pc.match_substring_regex(text, r"^-?\d+$")
    return pc.if_else(whole, _joined(text, ".0"), text)  # 1.0 must not come back as an integer


def _escaped(text: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring_regex(text, r'[\\"\x00-\x1f]')).as_py():
        return text
    text = pc.replace_substring(text, "\\", "\\\\")
    for character, escape in _COMMON.items():
        text = pc.replace_substring(text, character, escape)
    if pc.any(pc.match_substring_regex(text, r"[\x00-\x1f]")).as_py():
        for character, escape in _RARE.items():
            text = pc.replace_substring(text, character, escape)
    return text


def _joined(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)


def from_json_text(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Read JSON text into an array of a type: the way back from `json_text`.

    Raises:
        FormatError: naming the first value that is not of the type.
    """
    if not len(text):
        return pa.nulls(0, kind)
    lines = _joined('{"value":', pc.fill_null(text, "null"), "}\n")
    data = b"".join(line.encode() for line in lines.to_pylist())
    try:
        table = read_json(pa.py_buffer(data), pa.schema([("value", _as_text(kind))]))
    except pa.ArrowInvalid as error:
        raise FormatError(f"JSON text that is no {kind}: {error}.") from error
    return with_bytes(_whole(table["value"]), kind)


def read_json(data: pa.Buffer | bytes, schema: pa.Schema | None = None) -> pa.Table:
    """Read JSON Lines in one block; with a schema, its columns and no others."""
    size = max(len(data) + 1, 1 << 10)
    explicit = pyarrow.json.ParseOptions(
        explicit_schema=schema, unexpected_field_behavior="infer" if schema is None else "error"
    )
    options = pyarrow.json.ReadOptions(block_size=size, use_threads=False)
    table = pyarrow.json.read_json(pa.BufferReader(data), options, explicit)
    return table if schema is None else table.select(schema.names).cast(schema)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _as_text(kind: pa.DataType) -> pa.DataType:
    """Give a type with text in place of bytes and of dates."""
    if _is_bytes(kind) or pa.types.is_temporal(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_as_text(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_as_text(kind.value_type)))
    return kind


def with_bytes(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Turn base64 into bytes wherever a type has bytes."""
    if values.type == kind:
        return values
    if pa.types.is_struct(kind):
        parts = [with_bytes(values.field(field.name), field.type) for field in kind]
        return pa.StructArray.from_arrays(parts, fields=list(kind), mask=values.is_null())
    if pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(values), 0).cast(pa.int32())
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
        inner = with_bytes(values.flatten(), kind.value_type)
        return pa.ListArray.from_arrays(offsets, inner, type=kind, mask=values.is_null())
    if _is_bytes(kind):
        known = values.to_pylist()
        return pa.array([None if v is None else base64.b64decode(v) for v in known], kind)
    return values.cast(kind)


def text_schema(schema: pa.Schema) -> pa.Schema:
    """Give a schema as JSON says it: bytes and dates are text there."""
    return pa.schema([field.with_type(_as_text(field.type)) for field in schema])
