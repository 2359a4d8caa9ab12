"""Where a stretch of a PDF's text stands on its pages, to mark it on a picture.

A document's text is not the page's: lines were joined, headers left out, tables and columns put in
order. What both share is letters and digits, so a stretch is found by those: line by line and cell by
cell, and where even that is broken (a header in the middle, a hyphen) half by half. Of several places
with the same words it is the one with as many of them before it as in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from hf_sft_builders.documents.base import Box, Document
from hf_sft_builders.documents.pdfium_pages import Character, read_characters

_PIECE = re.compile(r"[^\n|]+")
_SHORTEST = 2
"""Letters of a part that is still looked for when a piece is broken."""


def pdf_boxes(
    document: Document, start: int, end: int, data: bytes, passwords: Sequence[str] = ()
) -> tuple[Box, ...]:
    """Give the rectangles of `document.text[start:end]`, one for each line that it stands in."""
    pages = document.pages(start, end)
    drawn = read_characters(data, pages, passwords)
    found: list[Box] = []
    for page in pages:
        first = document.page_starts[page - 1]
        last = (
            document.page_starts[page] if page < len(document.page_starts) else len(document.text)
        )
        text = document.text[first:last]
        places = _Letters(drawn[page]).find(text, max(start - first, 0), min(end, last) - first)
        found += _merged(page, [drawn[page][place][1] for place in places])
    return tuple(found)


class _Letters:
    """The letters and digits that are drawn on a page."""

    def __init__(self, drawn: Sequence[Character]) -> None:
        self._drawn = drawn
        pairs = [(letter, i) for i, (c, _) in enumerate(drawn) for letter in _letters(c)]
        self._text = "".join(letter for letter, _ in pairs)
        self._places = [place for _, place in pairs]

    def find(self, text: str, start: int, end: int) -> Iterator[int]:
        """Give the characters of the page that `text[start:end]` stands for."""
        for piece in _PIECE.finditer(text, start, end):
            places = list(self._find(_letters(piece[0]), _letters(text[: piece.start()])))
            yield from places
            if places:
                yield from self._marks_after(places[-1], piece[0])

    def _marks_after(self, place: int, piece: str) -> Iterator[int]:
        """Give the full stop or bracket that the piece ends with."""
        ends = re.search(r"[\W_]*$", piece.rstrip())
        for mark in ends[0] if ends else "":
            place += 1
            if place >= len(self._drawn) or self._drawn[place][0] != mark:
                return
            yield place

    def _find(self, wanted: str, before: str) -> Iterator[int]:
        at = self._nth(wanted, before.count(wanted)) if wanted else -1
        if at >= 0:
            yield from self._places[at : at + len(wanted)]
        elif len(wanted) >= 2 * _SHORTEST:
            half = len(wanted) // 2
            yield from self._find(wanted[:half], before)
            yield from self._find(wanted[half:], before + wanted[:half])

    def _nth(self, wanted: str, number: int) -> int:
        """Give where the words stand for the nth time, or for the last time if that is before."""
        at = self._text.find(wanted)
        while number and at >= 0:
            after = self._text.find(wanted, at + len(wanted))
            if after < 0:
                return at
            at, number = after, number - 1
        return at


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def _merged(page: int, boxes: Iterable[tuple[float, float, float, float]]) -> Iterator[Box]:
    """Unite the boxes of characters that follow each other on one line."""
    current: tuple[float, float, float, float] | None = None
    for box in boxes:
        if current is not None and _follows(current, box):
            x0, y0, x1, y1 = current
            current = min(x0, box[0]), min(y0, box[1]), max(x1, box[2]), max(y1, box[3])
            continue
        if current is not None:
            yield Box(page, *current)
        current = box
    if current is not None:
        yield Box(page, *current)


def _follows(current: tuple[float, ...], box: tuple[float, ...]) -> bool:
    height = box[3] - box[1]
    shared = min(current[3], box[3]) - max(current[1], box[1])
    return shared > 0.5 * height and -height < box[0] - current[2] < 2 * height
