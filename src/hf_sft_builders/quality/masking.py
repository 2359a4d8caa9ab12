"""Places of a row's texts written over, in every column and however deep; JSON stays JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hf_sft_builders.ledger import Row
from hf_sft_builders.quality.personal_data import Finding
from hf_sft_builders.records import LINEAGE

Find = Callable[[str], list[Finding]]
_NO_WORDS = {"role", "from", "bytes", "path"}


def masked_row(row: Row, find: Find) -> tuple[Row, list[str]]:
    """Write over what is found in a row's texts; lineage, roles and media stay.

    Args:
        row: Any row.
        find: Gives the places of a text.

    Returns:
        The row, and the kind of each place.
    """
    kinds: list[str] = []

    def words(text: str) -> str:
        return _json(text, find, kinds) or _plain(text, find, kinds)

    return {
        name: value if name in LINEAGE else _walk(value, words) for name, value in row.items()
    }, kinds


def _walk(value: Any, words: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, list):
        return [_walk(inner, words) for inner in value]
    if isinstance(value, Mapping):
        return {
            name: inner if name in _NO_WORDS else _walk(inner, words)
            for name, inner in value.items()
        }
    return value


def _plain(text: str, find: Find, kinds: list[str]) -> str:
    for found in reversed(find(text)):
        kinds.append(found.kind)
        text = f"{text[: found.start]}[{found.kind.upper()}]{text[found.end :]}"
    return text


def _json(text: str, find: Find, kinds: list[str]) -> str:
    """Mask the values of JSON text; "" where it is none, or holds nothing to mask."""
    if text[:1] not in ("{", "["):
        return ""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    before = len(kinds)
    masked = _of_json(value, find, kinds)
    return json.dumps(masked, ensure_ascii=False) if len(kinds) > before else text


def _of_json(value: Any, find: Find, kinds: list[str]) -> Any:
    if isinstance(value, dict):
        return {_plain(k, find, kinds): _of_json(inner, find, kinds) for k, inner in value.items()}
    if isinstance(value, list):
        return [_of_json(inner, find, kinds) for inner in value]
    if isinstance(value, str):
        return _plain(value, find, kinds)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        masked = _plain(json.dumps(value), find, kinds)
        return value if masked == json.dumps(value) else masked
    return value
