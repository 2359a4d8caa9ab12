"""The objects of a JSON file, one at a time: JSON lines, or one list of any length."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_columns import is_turn
from hf_sft_builders.formats.json_shapes import ALWAYS_TEXT

_BLOCK = 2**20
_BETWEEN = re.compile(r"[\s,]*")
_START = re.compile(r"\s*\[?")


def json_objects(stream: Any, uri: str, whole: bool) -> Iterator[dict[str, Any]]:
    """Give the objects without holding the file.

    Args:
        stream: Bytes.
        uri: For errors.
        whole: Whether the stream is the whole file; else what is cut off at its end is left out.

    Raises:
        FormatError: Something else than objects, with the first of it.
    """
    lines = io.TextIOWrapper(stream, "utf-8-sig", "strict" if whole else "ignore")
    decoder, text = json.JSONDecoder(), lines.read(_BLOCK)
    place = _end(_START, text, 0)
    while True:
        place = _end(_BETWEEN, text, place)
        value = None
        if text[place : place + 1] == "]":
            return
        try:
            value, after = decoder.raw_decode(text, place)
        except ValueError:  # the object goes on beyond what was read, or there is none
            after = place
        if isinstance(value, dict):
            yield calls_as_text(value)
            place = after
            continue
        more = lines.read(_BLOCK) if after == place else ""
        if not more and whole and text[place:].strip():
            raise FormatError(
                f"{uri}: expected a list of objects, or one object in each line; found "
                f"{text[place : place + 60]!r}. Check the file at this place."
            )
        if not more:
            return
        text, place = text[place:] + more, 0


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def calls_as_text(row: dict[str, Any]) -> dict[str, Any]:
    """Give tools, and the calls of turns, as JSON text: Arrow would fill their keys with null."""
    return {
        name: _as_text(value)
        if name in ALWAYS_TEXT
        else [calls_as_text(each) if _is_turn(each) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _as_text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and is_turn(value)
