"""Structs and lists as JSON text, for what Arrow would pad with nulls: tools and their calls."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from hf_sft_builders.formats.json_columns import is_turn
from hf_sft_builders.formats.json_shapes import ALWAYS_TEXT


def as_json_text(values: pa.Array) -> pa.Array:
    """Give each value as JSON text; text stays as it is, null stays null.

    Keys whose value is null are left out: Arrow has put them there, because another row has such a
    key. (A null that was meant cannot be told from those; write such arguments as text.)
    """
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values.cast(pa.string())
    return pa.array(
        [None if value is None else _text(value) for value in values.to_pylist()], pa.string()
    )


def _text(value: Any) -> str:
    return json.dumps(_without_nulls(value), ensure_ascii=False, default=str)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value


def calls_as_text(row: dict[str, Any]) -> dict[str, Any]:
    """Give the tools of a row, and the calls of its turns, as JSON text."""
    return {
        name: _list_as_text(value)
        if name in ALWAYS_TEXT
        else [calls_as_text(each) if _is_turn(each) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _list_as_text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and is_turn(value)
