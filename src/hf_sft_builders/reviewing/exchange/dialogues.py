"""Conversations as other programs show them: a list of who said what, beside the column's JSON text.

The text is what people correct, and what comes back; the dialogue is only looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.reviewing.exchange.answers import as_text

SHOWN = "dialogue_"
"""Before a column's name: its dialogue."""
_TURNS = (("role", "content"), ("from", "value"))


def dialogue_columns(schema: pa.Schema, names: Iterable[str]) -> tuple[str, ...]:
    """Name the columns that hold turns, by their types."""
    return tuple(name for name in names if _keys(schema.field(name).type))


def dialogue(turns: Iterable[Mapping[str, Any]] | None) -> list[dict[str, str]]:
    """Give turns as role and content; calls, reasoning and other fields stand below the words.

    Example:
        >>> dialogue([{"from": "human", "value": "多高？"}])
        [{'role': 'human', 'content': '多高？'}]
    """
    return [_turn(dict(turn)) for turn in turns or ()]


def _turn(turn: dict[str, Any]) -> dict[str, str]:
    role, said = next((keys for keys in _TURNS if keys[0] in turn), _TURNS[0])
    who, words = turn.pop(role, None), turn.pop(said, None)
    more = [f"{name}: {as_text(value)}" for name, value in turn.items() if value]
    return {
        "role": str(who or ""),
        "content": "\n".join([as_text(words)] * bool(words) + more),
    }


def _keys(kind: pa.DataType) -> bool:
    """Whether a type is a list of turns."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    turn = kind.value_type
    names = {field.name for field in turn} if pa.types.is_struct(turn) else set()
    return any(names.issuperset(keys) for keys in _TURNS)
