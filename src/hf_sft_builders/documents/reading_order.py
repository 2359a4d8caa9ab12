"""In which order the lines of a page are read: columns one after another.

Programs may draw two columns row by row, so the order in the file cannot be trusted; but to sort
every page by place would break pages that are right. A page is cut only where a gutter is certain:
no line crosses it, and the lines on both sides fill their column, as prose does and a table does
not. Lines that cross the gutter (a title, an abstract) are read where they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hf_sft_builders.documents.pdf_lines import Line, rows

_FEWEST = 4
"""Lines on each side, below which two columns are not believed."""
_NARROWEST = 9
"""Of a column, in font sizes."""


@dataclass(frozen=True, slots=True)
class Column:
    """Lines that are read from the top down, as rows."""

    rows: list[list[Line]]
    whole: bool
    """Whether it takes the page's whole width."""


def columns(lines: list[Line]) -> Iterator[Column]:
    """Give the page's columns in the order in which they are read."""
    for part, whole in _parts(lines, whole=True):
        if part:
            yield Column(_reading_rows(part), whole)


def _reading_rows(lines: list[Line]) -> list[list[Line]]:
    """Most pages are drawn from the top down, one line below the other: no sorting needed."""
    previous = lines[0].top - 1
    for line in lines:
        if line.middle - 0.3 * line.size < previous:
            return rows(lines)
        previous = line.bottom - 0.3 * line.size
    return [[line] for line in lines]


def _parts(lines: list[Line], whole: bool) -> Iterator[tuple[list[Line], bool]]:
    band = _widest_band(lines) if len(lines) >= 2 * _FEWEST else None
    if band is None:
        yield lines, whole
        return
    yield from _parts([line for line in lines if line.bottom <= band.top + 1], whole)
    yield from _parts(band.before, False)
    yield from _parts(band.after, False)
    yield from _parts([line for line in lines if line.top >= band.bottom - 1], whole)


@dataclass(frozen=True, slots=True)
class _Band:
    """A part of a page, from top to bottom, that a gutter divides."""

    before: list[Line]
    after: list[Line]
    top: float
    bottom: float


def _widest_band(lines: list[Line]) -> _Band | None:
    found = [band for gutter in _gutters(lines) for band in _bands(lines, gutter)]
    return max(found, key=lambda band: len(band.before) + len(band.after), default=None)


def _gutters(lines: list[Line]) -> Iterator[float]:
    """Give the left edges of what may be a second column: lines as long as those of prose."""
    left = min(line.left for line in lines)
    least = left + 0.2 * (max(line.right for line in lines) - left)
    edges = Counter(
        round(line.left / 2) * 2
        for line in lines
        if line.left > least and line.right - line.left > _NARROWEST * line.size
    )
    yield from (edge - 2.0 for edge, count in edges.items() if count >= _FEWEST // 2)


def _bands(lines: list[Line], gutter: float) -> Iterator[_Band]:
    """Cut the page where lines cross the gutter, and give the parts that hold columns."""
    before: list[Line] = []
    after: list[Line] = []
    for line in [*sorted(lines, key=lambda line: line.middle), None]:
        if line is not None and line.right <= gutter + 1:
            before.append(line)
        elif line is not None and line.left >= gutter - 1:
            after.append(line)
        else:
            if _are_columns(before, after):
                inside = before + after
                edge = min(line.top for line in inside), max(line.bottom for line in inside)
                yield _Band(before, after, *edge)
            before, after = [], []


def _are_columns(before: list[Line], after: list[Line]) -> bool:
    if min(len(before), len(after)) < _FEWEST:
        return False
    top = max(min(line.top for line in side) for side in (before, after))
    bottom = min(max(line.bottom for line in side) for side in (before, after))
    shorter = min(_height(before), _height(after))
    return bottom - top > 0.6 * shorter and _is_prose(before) and _is_prose(after)


def _height(lines: Sequence[Line]) -> float:
    return max(line.bottom for line in lines) - min(line.top for line in lines)


def _is_prose(lines: list[Line]) -> bool:
    """Whether the lines fill their column, one to a row."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    if width < _NARROWEST * lines[0].size or len(rows(lines)) < 0.9 * len(lines):
        return _holds_columns(lines)
    full = sum(1 for line in lines if line.right - line.left > 0.7 * width)
    return full >= 0.5 * len(lines)


def _holds_columns(lines: list[Line]) -> bool:
    """Of three columns, two lie on one side of the first gutter."""
    return len(lines) >= 2 * _FEWEST and _widest_band(lines) is not None
