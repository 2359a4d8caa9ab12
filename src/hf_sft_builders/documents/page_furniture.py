"""Headers, footers and page numbers: found over all pages, taken out before anything is joined.

A row is furniture when it stands outermost on its page, in the same place and with the same words
(digits masked) as on other pages, and apart from the text below or above it. All three are
needed: the header of a table that goes on for pages repeats too, but its rows follow closely; a
refrain repeats, but inside the body; "Chapter 1", "Chapter 2" differ in digits only, but are set
larger than the body. What has no twin on another page is kept, but for a lone page number.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import chain, pairwise, takewhile
from statistics import median

from hf_sft_builders.documents.pdf_lines import Line, Page, rows

_MARGIN = 0.16
"""The share of the page's height, above and below, in which furniture may stand."""
_SAME_PLACE = 3.0

_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"(?<![a-z])[ivxlc]+(?![a-z])", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"[\s\-–—·•|~]*(?:page|p\.|第|- )?\s*(?:\d{1,4}|[ivxl]{1,7})\s*页?"
    r"(?:\s*(?:of|/|／|，?\s*共)\s*\d{1,4}\s*页?)?[\s\-–—·•|~]*",
    re.IGNORECASE,
)

_Place = tuple[str, bool, int]
_Row = list[Line]


def without_furniture(pages: Sequence[Page], body_size: float) -> list[list[Line]]:
    """Give the lines of each page that are its own."""
    margins = [_Margins(page) for page in pages]
    places = _Places(margins, body_size)
    for margin in margins:
        margin.peel(places)
    sure = Counter(
        key for margin in margins if margin.leaves_text() for key in margin.peeled_keys()
    )
    known = {key for key, times in sure.items() if times > 1 and 2 * times >= places.twins(key)}
    return [margin.own_lines(known) for margin in margins]


def masked(text: str) -> str:
    """Make texts equal that differ in numbers only."""
    bare = _DIGITS.sub("#", text.strip())
    return _ROMAN.sub("#", bare) if len(bare) <= 12 else bare


def is_page_number(text: str) -> bool:
    """Whether the text is nothing but the number of a page."""
    return _PAGE_NUMBER.fullmatch(text) is not None


class _Margins:
    """The rows near the upper and lower edge of one page, outermost first."""

    def __init__(self, page: Page) -> None:
        self.page = page
        low, high = _MARGIN * page.height, (1 - _MARGIN) * page.height
        above = rows(line for line in page.lines if line.bottom <= low)
        below = rows(line for line in page.lines if line.top >= high)[::-1]
        self.sides = ((above, True), (below, False))
        self._peeled: list[tuple[_Row, bool]] = []
        self._pitch = _pitch(page.lines)

    def peel(self, places: _Places) -> None:
        """Take rows off from the outside in, as long as they look like furniture."""
        for side, top in self.sides:
            for row in self._outermost(side, top, places):
                self._peeled.append((row, top))

    def _outermost(self, side: list[_Row], top: bool, places: _Places) -> list[_Row]:
        found = list(
            takewhile(
                lambda row: places.repeat(row, top, self.page) or self._is_lone_number(row), side
            )
        )
        while found and not self._stands_apart(found, top):
            found.pop()
        return found

    def _is_lone_number(self, row: _Row) -> bool:
        """A number alone, so far out that text would not stand there."""
        edge = 0.09 * self.page.height
        outer = row[0].bottom <= edge or row[0].top >= self.page.height - edge
        return len(row) == 1 and outer and is_page_number(row[0].text)

    def _stands_apart(self, found: list[_Row], top: bool) -> bool:
        """Whether the innermost row keeps more distance than lines of text do."""
        row, taken = found[-1], {id(line) for other in found for line in other}
        rest = [line for line in self.page.lines if id(line) not in taken]
        if not rest:
            return True
        if top:
            gap = min(line.top for line in rest) - max(line.top for line in row)
        else:
            gap = min(line.bottom for line in row) - max(line.bottom for line in rest)
        return gap > max(1.4 * self._pitch, 1.8 * max(line.size for line in row))

    def leaves_text(self) -> bool:
        """Whether the page has more than what was taken off."""
        return sum(len(row) for row, _ in self._peeled) < len(self.page.lines)

    def peeled_keys(self) -> set[_Place]:
        """Name the places of all that was taken off."""
        return {
            _keys(line, masked(line.text), top, self.page)[0]
            for row, top in self._peeled
            for line in row
        }

    def own_lines(self, known: set[_Place]) -> list[Line]:
        """Give the lines that stay.

        What is furniture on other pages goes here too, however close the text comes to it. But a
        page must not lose all its words only because another page says the same.
        """
        sure = [
            row
            for side, top in self.sides
            for row in takewhile(partial(self._is_known, known, top), side)
        ]
        guessed = [row for row, _ in self._peeled] if self.leaves_text() else []
        dropped = {id(line) for row in (*sure, *guessed) for line in row}
        return [line for line in self.page.lines if id(line) not in dropped]

    def _is_known(self, known: set[_Place], top: bool, row: _Row) -> bool:
        places = (_keys(line, masked(line.text), top, self.page) for line in row)
        return any(known.intersection(place) for place in places)


class _Places:
    """Where which words stand on how many pages."""

    def __init__(self, margins: Sequence[_Margins], body_size: float) -> None:
        self._pages: defaultdict[_Place, set[int]] = defaultdict(set)
        self._exact: Counter[_Place] = Counter()
        self._needed = 2 if len(margins) <= 3 else 3
        self._body_size = body_size
        for margin in margins:
            for side, top in margin.sides:
                for line in chain.from_iterable(side[:4]):
                    self._add(line, top, margin.page)

    def _add(self, line: Line, top: bool, page: Page) -> None:
        for key in _keys(line, masked(line.text), top, page):
            self._pages[key].add(page.number)
        self._exact.update(_keys(line, line.text, top, page))

    def twins(self, place: _Place) -> int:
        """Count the pages that have these words in this place."""
        return len(self._pages[place])

    def repeat(self, row: _Row, top: bool, page: Page) -> bool:
        """Whether at least one part of the row has twins on enough other pages."""
        return any(self._repeats(line, top, page) for line in row)

    def _repeats(self, line: Line, top: bool, page: Page) -> bool:
        twins = self.twins(_keys(line, masked(line.text), top, page)[0])
        if twins < self._needed or line.size <= 1.15 * self._body_size:
            return twins >= self._needed
        return self._exact[_keys(line, line.text, top, page)[0]] >= 3


def _keys(line: Line, text: str, top: bool, page: Page) -> list[_Place]:
    """Name the place in steps of a few points, and its neighbours, so that no border splits it."""
    step = round((line.bottom if top else page.height - line.bottom) / _SAME_PLACE)
    return [(text, top, step), (text, top, step - 1), (text, top, step + 1)]


def _pitch(lines: Sequence[Line]) -> float:
    """Give the usual distance from one line to the next."""
    steps = [
        after.top - before.top
        for before, after in pairwise(lines)
        if 0.5 * before.size < after.top - before.top < 3 * before.size
    ]
    return median(steps) if steps else 0.0
