"""What both PDF engines hand over: lines with their place on the page.

A `Line` is a stretch of text on one baseline *without a wide gap*: the cells of a table row are
lines of their own, and so are the two halves of a row that crosses two columns. Distances are in
points, measured from the upper left corner of the page as it is shown, so `top < bottom`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from hf_sft_builders.documents.pdf_grids import Rule

WIDE_GAP = 0.9
"""In font sizes: from here on, the words on both sides are lines of their own."""

LETTER_WIDTH = 0.6
"""Of monospaced type, in font sizes."""

_MARKER = re.compile(
    r"[•·●○■□◆◇▪▸►–—*-]|[(（]?(?:\d{1,2}|[a-zA-Z]|[一二三四五六七八九十]{1,3})[.)）、．]"
    r"|\d+(?:\.\d+)+\.?|[①-⑳]|第[一二三四五六七八九十百零\d]+[章节篇部回条]"
)
_WIDTHS = {
    character: width
    for width, characters in {
        0.22: "ijl'|", 0.28: "fIt.,:;!/\\[] ", 0.34: "r()-`{}*", 0.5: "cksvxyzJ", 0.61: "FTZ",
        0.67: "ABEKPSVXY&", 0.72: "CDHNRUw", 0.78: "GOQ", 0.83: "mM", 0.9: "%W@",
    }.items()
    for character in characters
}  # fmt: skip
"""Of the letters of Helvetica that are not 0.556 wide, in font sizes."""


@dataclass(slots=True, eq=False)
class Line:
    """A stretch of text on one baseline."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    """Of the font, in points."""
    page: int
    """Counted from 1."""
    mono: bool = False
    bold: bool = False

    @property
    def middle(self) -> float:
        """Half way between top and bottom."""
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Page:
    """One page: its lines in the order in which the file draws them."""

    number: int
    width: float
    height: float
    lines: list[Line]
    drawn: bool = False
    """Whether something else than text is on it. Looked for only where there is no text."""
    rules: list[Rule] = field(default_factory=list)
    """The straight lines that are drawn on it. Looked for only where text stands in rows."""


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """One line of the outline (bookmarks) that a PDF brings."""

    title: str
    level: int
    page: int


@dataclass(slots=True)
class PdfContent:
    """A PDF as an engine reads it."""

    pages: list[Page]
    outline: list[OutlineEntry] = field(default_factory=list)
    title: str = ""
    notes: list[str] = field(default_factory=list)


def is_marker(text: str) -> bool:
    """Whether this is a list mark or a number that belongs to the words after it."""
    return _MARKER.fullmatch(text.strip()) is not None


def rows(lines: Iterable[Line]) -> list[list[Line]]:
    """Group lines that share a baseline; rows from the top down, each from left to right."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.middle, line.left)):
        if found and _same_row(found[-1], line):
            found[-1].append(line)
        else:
            found.append([line])
    for row in found:
        if len(row) > 1:
            row.sort(key=lambda line: line.left)
    return found


def _same_row(row: Sequence[Line], line: Line) -> bool:
    first = row[0]
    shared = min(first.bottom, line.bottom) - max(first.top, line.top)
    smaller = min(first.bottom - first.top, line.bottom - line.top)
    if shared < 0.5 * smaller:
        return False
    return all(line.left >= other.right - 1 or line.right <= other.left + 1 for other in row)


def joined(row: Sequence[Line]) -> Line:
    """Make one line of a row; the words keep a space where there was a gap."""
    if len(row) == 1:
        return row[0]
    main = max(row, key=lambda line: len(line.text))
    return replace(
        main,
        text=_row_text(row),
        left=row[0].left,
        right=max(line.right for line in row),
        mono=all(line.mono for line in row),
        bold=all(line.bold for line in row),
    )


def _row_text(row: Sequence[Line]) -> str:
    parts = [row[0].text]
    for before, after in pairwise(row):
        gap = (after.left - before.right) / max(before.size, after.size)
        code = before.mono and after.mono
        spaces = max(1, round(gap / LETTER_WIDTH)) if code else gap >= 0.15
        parts.append(" " * spaces + after.text)
    return "".join(parts)


def estimated_width(text: str, size: float) -> float:
    """Estimate how wide a text is drawn: one font size for CJK, about half of it for Latin."""
    return size * sum(map(_share, text))


def _share(character: str) -> float:
    return 1.0 if character >= "\u2e80" else _WIDTHS.get(character, 0.556)
