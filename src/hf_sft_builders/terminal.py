"""Sizes, counts and widths of text, as they are printed for people."""

from __future__ import annotations

import unicodedata

_LARGER = ("kB", "MB", "GB", "TB")
_STEP = 1000
_LARGEST = 999.5
"""From here on, three digits would show a thousand."""


def display_width(text: str) -> int:
    """Give how many columns a text takes: two for wide (Chinese) characters, none for marks.

    Example:
        >>> display_width("胸部 CT")
        7
    """
    return sum(map(_columns, text))


def size_told(size: float) -> str:
    """Write a number of bytes, in steps of a thousand, as catalogues and the Hub do.

    Example:
        >>> size_told(48_500_000)
        '48.5 MB'
    """
    told, unit = float(size), "B"
    for larger in _LARGER:
        if told < _LARGEST:
            break
        told, unit = told / _STEP, larger
    return f"{told:.3g} {unit}" if told < _LARGEST else f"{told:,.0f} {unit}"


def count_told(number: int, unit: str) -> str:
    """Write a count with its unit.

    Example:
        >>> count_told(1, "row"), count_told(1200, "row")
        ('1 row', '1,200 rows')
    """
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _columns(mark: str) -> int:
    if unicodedata.combining(mark) or unicodedata.category(mark) in ("Cf", "Mn", "Me", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(mark) in "WF" else 1
