"""Calls of tools in a raw table, as rules look at them: JSON text, and structs that Arrow filled.

Masks are one bool per row, True where the row breaks the rule.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.raw_turns import Mask, flags, is_chat, is_text, kind_of, none_of
from hf_sft_builders.formats.turns import as_array, list_offsets

_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_TAGGED = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)


def call_text(text: str) -> str:
    """Give the JSON of a function_call turn: between <tool_call> tags, else without the reasoning."""
    tagged = _TAGGED.search(text)
    return tagged[1] if tagged else _THOUGHT.sub("", text)


def text_where(column: str, wrong: Callable[[Any], bool], only: str | None = None) -> Mask:
    """Mark rows whose text in a column is wrong JSON; each distinct text is read once.

    Args:
        column: The column of JSON texts, or of messages whose content is JSON.
        wrong: Gets the parsed value, or the exception's type where it is no JSON.
        only: Of a column of messages, look at this role alone.
    """

    def broken(table: pa.Table) -> np.ndarray:
        texts, rows = _texts(table, column, only)
        coded = texts.dictionary_encode()
        found = [text if only is None else call_text(text) for text in coded.dictionary.to_pylist()]
        bad = np.array([wrong(_parsed(text)) for text in found], dtype=bool)
        codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        mask = none_of(table)
        mask[rows[bad[codes]] if len(codes) else []] = True
        return mask

    return broken


def _texts(table: pa.Table, column: str, only: str | None) -> tuple[pa.Array, np.ndarray]:
    kind = kind_of(table, column)
    if only is None:
        if not is_text(kind):
            return pa.array([], pa.string()), np.array([], dtype=np.int64)
        array = as_array(table[column])
        given = flags(pc.and_(array.is_valid(), pc.not_equal(array, "")))
        return array.filter(pa.array(given)), np.flatnonzero(given)
    if not is_chat(kind):
        return pa.array([], pa.string()), np.array([], dtype=np.int64)
    lists = as_array(table[column])
    flat, offsets = lists.flatten(), list_offsets(lists)
    names = [field.name for field in flat.type]
    role, content = ("from", "value") if "from" in names else ("role", "content")
    if role not in names or content not in names or not is_text(flat.type.field(content).type):
        return pa.array([], pa.string()), np.array([], dtype=np.int64)
    texts = pc.struct_field(flat, content)
    chosen = flags(pc.and_(pc.equal(pc.struct_field(flat, role), only), texts.is_valid()))
    rows = np.repeat(np.arange(table.num_rows), np.diff(offsets))
    return texts.filter(pa.array(chosen)), rows[chosen]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ValueError


def no_list(value: Any) -> bool:
    """Say whether parsed JSON is no list of objects."""
    return not isinstance(value, list) or not all(isinstance(item, dict) for item in value)


def no_call(value: Any) -> bool:
    """Say whether parsed JSON is no call, or list of calls, with a name and arguments."""
    found = value if isinstance(value, list) else [value]
    return not found or not all(
        isinstance(call, dict) and "name" in call and "arguments" in call for call in found
    )


def call_with_text(value: Any) -> bool:
    """Say whether a call's arguments are JSON text, which templates would quote once more."""
    found = value if isinstance(value, list) else [value]
    return any(isinstance(call, dict) and isinstance(call.get("arguments"), str) for call in found)


def arguments(wrong: Callable[[pa.Array], np.ndarray], *columns: str) -> Mask:
    """Make a mask over the arguments of `tool_calls`, where those are structs and not JSON text."""

    def broken(table: pa.Table) -> np.ndarray:
        mask = none_of(table)
        for column in columns:
            found = _arguments(table, column)
            if found is not None:
                values, rows = found
                mask[rows[wrong(values)]] = True
        return mask

    return broken


def _arguments(table: pa.Table, column: str) -> tuple[pa.Array, np.ndarray] | None:
    kind = kind_of(table, column)
    if not is_chat(kind):
        return None
    lists = as_array(table[column])
    flat = lists.flatten()
    if "tool_calls" not in [field.name for field in flat.type]:
        return None
    calls = pc.struct_field(flat, "tool_calls")
    if not is_chat(calls.type):
        return None
    rows = np.repeat(np.arange(table.num_rows), np.diff(list_offsets(lists)))
    rows = np.repeat(rows, np.diff(list_offsets(calls)))
    each = calls.flatten()
    if "function" in [field.name for field in each.type]:
        each = pc.struct_field(each, "function")
    if not pa.types.is_struct(each.type) or "arguments" not in [f.name for f in each.type]:
        return None
    return pc.struct_field(each, "arguments"), rows


def as_text(values: pa.Array) -> np.ndarray:
    """Mark arguments that are JSON text where an object belongs."""
    return flags(values.is_valid()) & is_text(values.type)


def padded(values: pa.Array) -> np.ndarray:
    """Mark arguments in which Arrow filled a key with null, at any depth of structs."""
    if not pa.types.is_struct(values.type):
        return np.zeros(len(values), dtype=bool)
    given = flags(values.is_valid())
    found = np.zeros(len(values), dtype=bool)
    for field in values.type:
        inner = pc.struct_field(values, [field.name])
        found |= flags(inner.is_null()) | padded(inner)
    return np.asarray(found & given)


def not_text(values: pa.Array) -> np.ndarray:
    """Mark arguments that are no text."""
    return flags(values.is_valid()) & (not is_text(values.type))


def quoted_arguments(*columns: str) -> Mask:
    """Mark calls whose arguments are JSON text, in structs or in calls that are JSON text themselves."""
    in_structs = arguments(as_text, *columns)

    def broken(table: pa.Table) -> np.ndarray:
        mask = in_structs(table)
        for column in columns:
            texts, rows = _call_texts(table, column)
            coded = texts.dictionary_encode()
            found = [_has_quoted(_parsed(text)) for text in coded.dictionary.to_pylist()]
            codes = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
            mask[rows[np.array(found, dtype=bool)[codes]] if len(codes) else []] = True
        return mask

    return broken


def _call_texts(table: pa.Table, column: str) -> tuple[pa.Array, np.ndarray]:
    nothing = pa.array([], pa.string()), np.array([], dtype=np.int64)
    if not is_chat(kind_of(table, column)):
        return nothing
    lists = as_array(table[column])
    flat = lists.flatten()
    if "tool_calls" not in [field.name for field in flat.type]:
        return nothing
    calls = pc.struct_field(flat, "tool_calls")
    if not is_text(calls.type):
        return nothing
    given = flags(calls.is_valid())
    rows = np.repeat(np.arange(table.num_rows), np.diff(list_offsets(lists)))
    return calls.filter(pa.array(given)), rows[given]


def _has_quoted(value: Any) -> bool:
    found = value if isinstance(value, list) else [value]
    inner = [call.get("function", call) for call in found if isinstance(call, dict)]
    return call_with_text(inner)
