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


def json_objects(
    stream: Any, uri: str, whole: bool, encoding: str = "utf-8"
) -> Iterator[dict[str, Any]]:
    """Give the objects without holding the file.

    Args:
        stream: Bytes.
        uri: For errors.
        whole: Whether the stream is the whole file; else what is cut off at its end is left out.
        encoding: Of the text; a mark of UTF-8 at its beginning is taken away.

    Raises:
        FormatError: Something else than objects, with the first of it.
    """
    marked = "utf-8-sig" if encoding == "utf-8" else encoding
    lines = io.TextIOWrapper(stream, marked, "strict" if whole else "ignore")
    decoder, text = json.JSONDecoder(), _read(lines, uri)
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
        more = _read(lines, uri) if after == place else ""
        if not more and whole and text[place:].strip():
            raise FormatError(
                f"{uri}: expected a list of objects, or one object in each line; found "
                f"{text[place : place + 60]!r}. Check the file at this place."
            )
        if not more:
            return
        text, place = text[place:] + more, 0


def _read(lines: io.TextIOWrapper, uri: str) -> str:
    try:
        return lines.read(_BLOCK)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{uri}: begins as {lines.encoding}, and has bytes later on that do not fit "
            f"({error.reason}). Save it as UTF-8."
        ) from error


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
