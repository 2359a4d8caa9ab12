"""From the lines of a PDF to its blocks: the steps in their order, and what they need to know.

What is usual in a document (the body's font size, the distance of lines, the edges of the text) is
measured over all its pages, because one page alone may be a title or a table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from hf_sft_builders.documents.glyphs import without_controls
from hf_sft_builders.documents.line_joining import Joining
from hf_sft_builders.documents.line_starts import is_footnote
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.page_furniture import without_furniture
from hf_sft_builders.documents.paragraph_breaks import ParagraphBreaks, Placed
from hf_sft_builders.documents.pdf_headings import Setting, heading_levels
from hf_sft_builders.documents.pdf_lines import Line, Page, PdfContent
from hf_sft_builders.documents.pdf_ruled_tables import with_ruled, without_ruled
from hf_sft_builders.documents.pdf_tables import Table
from hf_sft_builders.documents.reading_order import columns
from hf_sft_builders.documents.word_joining import HYPHEN, WordJoining

_NARROWEST = 25
"""How wide text is at least that takes a whole page, in font sizes."""
_FAR = 9.0
"""The space beside the first and the last line of a column, in line distances."""


def blocks_of(content: PdfContent) -> list[Block]:
    """Give the blocks of a document in reading order."""
    _drop_unplaced(content)
    lines = [line for page in content.pages for line in page.lines]
    _clean(content, lines)
    kept = without_furniture(content.pages, _body_size(lines))
    body = _body_size(line for page in kept for line in page)
    flows = list(_flows(content.pages, kept))
    pitches = _pitches(flows)
    breaks = ParagraphBreaks(pitches)
    placed = list(_placed(flows, body))
    levels = _levels(placed, content, body, breaks)
    footnotes = frozenset(_footnotes(placed, body, levels))
    words = WordJoining.of(line.text for line in lines)
    return list(Joining(words, breaks, levels, footnotes).blocks(placed))


@dataclass(slots=True)
class _Flow:
    """What is read from the top to the bottom of one column of one page."""

    items: list[Line | Table]
    width: float | None
    """Of the page, if the flow takes all of it."""

    def lines(self) -> Iterator[Line]:
        return (item for item in self.items if isinstance(item, Line))


def _drop_unplaced(content: PdfContent) -> None:
    """Broken files put lines, or whole pages, at places that are no numbers."""
    for page in content.pages:
        if not isfinite(page.width + page.height):
            page.width, page.height = 0.0, 0.0
        placed = [
            line
            for line in page.lines
            if isfinite(line.left + line.right + line.top + line.bottom + line.size)
        ]
        if len(placed) < len(page.lines):
            content.notes.append(f"page {page.number} has lines that stand nowhere; left out")
            page.lines = placed


def _clean(content: PdfContent, lines: Sequence[Line]) -> None:
    """Take out control characters; and where the body is monospaced, nothing is code."""
    removed = 0
    for line in lines:
        if not line.text.isprintable():
            body, hyphen = line.text.removesuffix(HYPHEN), line.text.endswith(HYPHEN)
            body, count = without_controls(body)
            line.text, removed = body + HYPHEN * hyphen, removed + count
    if removed:
        content.notes.append(f"{removed} control characters were taken out")
    mono = sum(len(line.text) for line in lines if line.mono)
    if 2 * mono > sum(len(line.text) for line in lines):
        for line in lines:
            line.mono, line.text = False, " ".join(line.text.split())


def _body_size(lines: Iterable[Line]) -> float:
    """The font size that most characters have, in steps of half a point."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    rounded: Counter[float] = Counter()
    for size, count in sizes.items():
        rounded[round(size * 2) / 2] += count
    return rounded.most_common(1)[0][0] if rounded else 10.0


def _flows(pages: Sequence[Page], kept: Iterable[list[Line]]) -> Iterator[_Flow]:
    for page, lines in zip(pages, kept, strict=True):
        left, tables = without_ruled(page, lines)
        for column in columns(left) if left else ():
            items = list(with_ruled(column.rows, tables))
            yield _Flow(items, page.width if column.whole else None)


def _pitches(flows: Iterable[_Flow]) -> dict[float, float]:
    """The usual distance from one line to the next, by font size."""
    steps: defaultdict[float, Counter[float]] = defaultdict(Counter)
    for flow in flows:
        for upper, lower in pairwise(flow.items):
            if isinstance(upper, Line) and isinstance(lower, Line):
                step = lower.bottom - upper.bottom
                if abs(upper.size - lower.size) < 0.5 and 0.8 < step / upper.size < 2.2:
                    steps[round(lower.size * 2) / 2][round(step * 2) / 2] += 1
    return {
        size: min(counter, key=lambda step: (-counter[step], step))
        for size, counter in steps.items()
    }


def _placed(flows: Sequence[_Flow], body: float) -> Iterator[Placed | Table]:
    """Give every line the edges of the column that it stands in."""
    by_width: defaultdict[float, list[Line]] = defaultdict(list)
    for flow in flows:
        if flow.width is not None:
            by_width[round(flow.width)].extend(flow.lines())
    shared = {width: _edges(lines, body) for width, lines in by_width.items()}
    for number, flow in enumerate(flows):
        if flow.width is None:
            left, right = _edges(list(flow.lines()), body)
        else:
            left, right = shared[round(flow.width)]
            # Where all lines are short, none of them is a full line.
            right = max(right, left + min(_NARROWEST * body, 0.5 * flow.width))
        for item in flow.items:
            yield item if isinstance(item, Table) else Placed(item, number, left, right)


def _edges(lines: list[Line], body: float) -> tuple[float, float]:
    """Where lines begin and where full lines end; single lines that stick out do not count."""
    lines = [line for line in lines if abs(line.size - body) < 0.6] or lines
    if not lines:
        return 0.0, 0.0
    left = Counter(round(line.left) for line in lines).most_common(1)[0][0]
    ends = sorted((line.right for line in lines), reverse=True)
    needed = max(1, min(3, len(ends) // 8))
    for index, end in enumerate(ends[: len(ends) - needed + 1]):
        if end - ends[index + needed - 1] < 1.5 * body:
            return float(left), end
    return float(left), ends[0]


def _levels(
    placed: Sequence[Placed | Table], content: PdfContent, body: float, breaks: ParagraphBreaks
) -> dict[int, int]:
    where = [index for index, item in enumerate(placed) if isinstance(item, Placed)]
    lines = [item.line for item in placed if isinstance(item, Placed)]

    def setting(index: int) -> Setting:
        place = where[index]
        before, item, after = (_at(placed, place + step) for step in (-1, 0, 1))
        assert isinstance(item, Placed)
        above, below = _space(before, item, breaks), _space(item, after, breaks)
        return Setting(item.right - item.left, above, below)

    levels = heading_levels(lines, setting, content.outline, body)
    return {id(lines[index]): level for index, level in levels.items()}


def _at(placed: Sequence[Placed | Table], index: int) -> Placed | Table | None:
    return placed[index] if 0 <= index < len(placed) else None


def _space(
    upper: Placed | Table | None, lower: Placed | Table | None, breaks: ParagraphBreaks
) -> float:
    if not isinstance(upper, Placed) or not isinstance(lower, Placed):
        return _FAR
    if upper.column != lower.column:
        return _FAR
    distance = lower.line.bottom - upper.line.bottom
    return distance / breaks.pitch(max(upper.line.size, lower.line.size))


def _footnotes(
    placed: Sequence[Placed | Table], body: float, levels: dict[int, int]
) -> Iterator[int]:
    """Find lines in small type at the end of a page, from the first that begins as a note does."""
    pages: defaultdict[int, list[Line]] = defaultdict(list)
    for place in placed:
        item = place.line if isinstance(place, Placed) else None
        page = item.page if item else place.page  # type: ignore[union-attr]
        if item is None or item.size > 0.92 * body or id(item) in levels:
            pages[page] = []
        elif pages[page] or is_footnote(item.text):
            pages[page].append(item)
    return (id(line) for lines in pages.values() for line in lines)
