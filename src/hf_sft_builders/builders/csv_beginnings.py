"""What the beginning of a CSV file tells: its lines, what separates fields, and types of columns."""

from __future__ import annotations

import re

import pyarrow as pa

_PATTERNS = (
    (pa.int64(), re.compile(r"-?(0|[1-9]\d{0,17})")),
    (pa.float64(), re.compile(r"-?(0|[1-9]\d*)?(\.\d+)?([eE][+-]?\d+)?")),
    (pa.bool_(), re.compile(r"true|false|True|False|TRUE|FALSE")),
)


def type_of(values: tuple[str, ...]) -> pa.DataType:
    """Give the type that all values have, where they are not empty; text if there is none."""
    there = [value for value in values if value]
    for kind, pattern in _PATTERNS:
        if there and all(pattern.fullmatch(value) for value in there):
            return kind
    return pa.string()


def first_lines(head: bytes, encoding: str, whole: bool) -> str:
    """Give the lines at the beginning of a file; one that is cut off is left out."""
    if whole:
        return head.decode(encoding)
    text = head.decode(encoding, "ignore")
    return text[: text.rfind("\n") + 1] or text


def delimiter_of(text: str) -> str:
    """Give the character that separates fields: of the usual ones the most frequent in the header."""
    header = text.lstrip("\ufeff").partition("\n")[0]
    return max(",\t;|", key=header.count)
