"""Whether a line goes on with the block above it: the rules, without the joining.

What speaks for a new paragraph: a wider gap, an indented line, a line that ends before it is full
and ends a sentence. What speaks against: a lower-case beginning, or a paragraph that is known to
be indented whose next line is not. Between pages and columns distance says nothing, so only an
unfinished sentence goes on there.

A line is *full* when the next line's first word would not have fitted into it: this holds for
justified and ragged text alike, and for Chinese, where the first "word" is one character.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hf_sft_builders.documents.line_starts import Mark, is_label
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.pdf_lines import Line, estimated_width
from hf_sft_builders.documents.word_joining import HYPHEN

_ENDS = frozenset("。！？.!?…：:；;")
_CLOSERS = "”’\"')）】」』⁰¹²³⁴⁵⁶⁷⁸⁹"
_GOES_ON = tuple("，、,-–（(“‘《/" + HYPHEN)
_FIRST_WORD = re.compile(r"[\u2e80-\uffef][，。、；：！？）】」』》”’]*|[^\s\u2e80-\uffef]+")
_SAME_SIZE = 0.12
"""The share by which sizes may differ in one paragraph: code in a sentence is often smaller."""
_NARROW = 25
"""In font sizes: a single line that is shorter may be complete without a full stop."""
_INDENT = 0.8
"""In font sizes: from here on, a line begins further to the right on purpose."""


@dataclass(slots=True)
class Placed:
    """A line, and the column that it stands in."""

    line: Line
    column: int
    """Counted over the whole document."""
    left: float
    """Where the column's lines begin."""
    right: float
    """Where its full lines end."""

    def room(self) -> float:
        """What is left free at the line's end."""
        return self.right - self.line.right

    def indent(self) -> float:
        """How far the line begins to the right, in font sizes."""
        return (self.line.left - self.left) / self.line.size


@dataclass(slots=True)
class OpenBlock:
    """A block of text that may go on."""

    block: Block
    first: Placed
    last: Placed
    mark: Mark | None = None
    label: bool = False
    """Whether it begins as an attribute does."""
    lines: int = 1


class ParagraphBreaks:
    """Decides with what is usual in the document.

    Args:
        pitches: The distance from one line to the next, by font size.
    """

    def __init__(self, pitches: Mapping[float, float]) -> None:
        self._pitches = dict(pitches)
        self._by_exact_size: dict[float, float] = {}

    def pitch(self, size: float) -> float:
        """Give the usual distance of lines in this size."""
        found = self._by_exact_size.get(size)
        if found is None:
            found = self._pitches.get(round(size * 2) / 2, 1.4 * size)
            self._by_exact_size[size] = found
        return found

    def near(self, before: Placed, after: Placed) -> bool:
        """Whether two lines follow each other as lines of one paragraph do."""
        upper, lower = before.line, after.line
        if before.column != after.column or upper.page != lower.page:
            return False
        size = upper.size if upper.size > lower.size else lower.size
        return 0 < lower.bottom - upper.bottom < 1.25 * self.pitch(size) + 0.5

    def goes_on(self, open_block: OpenBlock, place: Placed) -> bool:
        """Whether a line without list mark belongs to the paragraph or item above."""
        upper, lower = open_block.last.line, place.line
        if abs(upper.size - lower.size) > _SAME_SIZE * upper.size:
            return False
        if open_block.label and is_label(lower.text):
            return False
        if (upper.page, open_block.last.column) != (lower.page, place.column):
            return _crosses(open_block, place)
        return self.near(open_block.last, place) and _within(open_block, place)


def ended(text: str) -> bool:
    """Whether a sentence ends here."""
    return text.rstrip(_CLOSERS)[-1:] in _ENDS


def is_short(place: Placed, following: Line | None = None) -> bool:
    """Whether the line stops although the first word of the following one had room."""
    size = place.line.size
    if place.room() < 0.6 * size:
        return False
    slack = 0.6 if ended(place.line.text) else 2.0
    return place.room() > _first_word(following or place.line) + slack * size


def _first_word(line: Line) -> float:
    match = _FIRST_WORD.match(line.text)
    return estimated_width(match[0] if match else "", line.size)


def _within(open_block: OpenBlock, place: Placed) -> bool:
    """Decide between two lines at the usual distance."""
    upper, lower = open_block.last.line, place.line
    short = is_short(open_block.last, lower)
    if short and ended(upper.text):
        return _indent_says_on(open_block, place) and not is_short(place)
    flows = not short and not ended(upper.text)
    if not _indent_allows(open_block, place, flows):
        return False
    return not short or _is_unfinished(open_block, place)


def _indent_allows(open_block: OpenBlock, place: Placed, flows: bool) -> bool:
    indent = (place.line.left - open_block.last.line.left) / place.line.size
    first = open_block.lines == 1
    if open_block.mark and first:
        return indent > -_INDENT / 2 or flows
    if indent > _INDENT:
        return flows and first
    if indent < -_INDENT:
        return flows or first
    return True


def _is_unfinished(open_block: OpenBlock, place: Placed) -> bool:
    """Whether a line goes on though the one above is short and ends no sentence."""
    upper = open_block.last
    if place.line.text[0].islower() and upper.room() < upper.line.right - upper.left:
        return True
    if upper.line.text.endswith(_GOES_ON):
        return True
    return _indent_says_on(open_block, place)


def _indent_says_on(open_block: OpenBlock, place: Placed) -> bool:
    """Whether the paragraph began indented, so that a new one would be indented too."""
    if open_block.mark or is_label(place.line.text):
        return False
    return open_block.first.indent() > _INDENT and place.indent() < _INDENT / 2


def _crosses(open_block: OpenBlock, place: Placed) -> bool:
    """Decide between the last line of a page or column and the first of the next."""
    last = open_block.last
    if ended(last.line.text) or is_label(place.line.text):
        return False
    if place.indent() > _INDENT and not open_block.mark:
        return False
    wrapped = open_block.lines > 1 or last.line.right - last.line.left > _NARROW * last.line.size
    return (wrapped and not is_short(last, place.line)) or _is_unfinished(open_block, place)
