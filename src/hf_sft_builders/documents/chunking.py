"""Cuts a document into chunks that cover it without loss.

Example:
    >>> chunks = split_document(document, Chunking(min_size=300, max_size=1500))
    >>> "".join(chunk.text for chunk in chunks) == document.text
    True

What is promised: chunks come in order, cover every character, and repeat none but what
`Chunk.overlap` declares. A chunk is at most `max_size` long. The exceptions are one visible
character that is longer (an emoji of seven code points at `max_size=4`), and white space as long
as `max_size`, which stays with its neighbour because a chunk of nothing else is of no use.

What is tried, the first first: no chunk ends with a heading; a table or code fence is whole where
it fits together with the heading right before it, else cut between its lines; a chunk is not
shorter than `min_size`; the cut is at the best kind of place (see `breakpoints.Rank`). Which places
come first is the splitter's say (`splitters/`): sections, paragraphs, sentences, pages, …
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from hf_sft_builders.documents.base import Chunk, Document, Span
from hf_sft_builders.documents.breakpoints import (
    Outline,
    Rank,
    breaks,
    next_grapheme,
    starts_grapheme,
)
from hf_sft_builders.documents.chunk_options import Chunking
from hf_sft_builders.documents.splitters import get_splitter
from hf_sft_builders.documents.text_length import text_length

__all__ = ["Chunking", "split_document"]

_WORD = re.compile(r"\S")
_LINE_RANKS = (Rank.BLANK_LINE, Rank.LINE)
_OVERLAP_RANKS = tuple(rank for rank in Rank if rank not in (Rank.BLANK_LINE, Rank.IN_SPACE))

# How much is given up to find a place: nothing; that blocks which fit stay whole; that rows of a
# table and lines of code stay whole; that a heading stays with its words.
_NOTHING, _BLOCKS, _ROWS, _HEADINGS = range(4)


def split_document(document: Document, chunking: Chunking) -> Iterator[Chunk]:
    """Give the chunks of a document, each as soon as it is found.

    Args:
        document: What to cut. One without text has no chunks; one of white space has one.
        chunking: By which splitter, and how long chunks are.

    Raises:
        MissingExtra: Sizes are counted in tokens, and `tokenizers` is not installed.
        ConfigurationError: The tokenizer cannot be loaded.
        ModelError: The endpoint of `semantic` cannot be reached, or refuses.
    """
    return _Splitter(document, chunking).chunks()


class _Splitter:
    """Walks through one document."""

    def __init__(self, document: Document, chunking: Chunking) -> None:
        self._document, self._text, self._chunking = document, document.text, chunking
        self._outline = Outline(document)
        self._plan = get_splitter(chunking.splitter).plan(document, chunking)
        self._min = chunking.min_size if self._plan.joins_short else 0
        self._length = text_length(document.text, chunking.tokenizer)
        self._words_end = len(self._text.rstrip())
        self._joints, self._inner = map(
            self._before_words_end, (self._plan.joints, self._plan.inner)
        )
        self._blocks = sorted(document.blocks, key=lambda block: block.start)
        self._block_starts = [block.start for block in self._blocks]
        blank = self._length.reach(self._words_end, chunking.max_size - 1) < len(self._text)
        self._counted_end = self._words_end if blank else len(self._text)

    def chunks(self) -> Iterator[Chunk]:
        """Give the chunks."""
        previous = fresh = 0
        while fresh < len(self._text):
            start, end = self._bounds(self._overlap_start(previous, fresh), fresh)
            yield Chunk(
                start=start,
                end=end,
                text=self._text[start:end],
                headings=self._outline.path(self._first_word(start)),
                pages=self._document.pages(start, end),
                overlap=fresh - start,
            )
            previous, fresh = start, end

    def _before_words_end(self, places: Sequence[int]) -> Sequence[int]:
        """Leave out the places with nothing but white space after them."""
        return places[: bisect_left(places, self._words_end)]

    def _bounds(self, start: int, fresh: int) -> tuple[int, int]:
        """Give start and end of the chunk whose new text begins at `fresh`."""
        attempts = [(start, _NOTHING), *((fresh, give_up) for give_up in range(_HEADINGS + 1))]
        for begin, give_up in dict.fromkeys(attempts):
            end = self._end(begin, fresh, give_up)
            if end is not None:
                return begin, end
        end = next_grapheme(self._text, self._first_word(fresh))
        return fresh, end if end < self._words_end else len(self._text)

    def _end(self, begin: int, fresh: int, give_up: int) -> int | None:
        """Give the end of a chunk from `begin`, or `None` where more has to be given up."""
        word, budget = self._first_word(begin), self._chunking.max_size
        base = word if self._length.reach(begin, budget) <= word else begin
        while budget > 0:
            end = self._end_within(budget, base, fresh, give_up)
            if end is None:
                return None
            excess = self._length.size(base, min(end, self._counted_end)) - self._chunking.max_size
            if excess <= 0:
                return end
            budget -= excess
        return None

    def _end_within(self, budget: int, base: int, fresh: int, give_up: int) -> int | None:
        word, limit = self._first_word(fresh), self._length.reach(base, budget)
        least = max(word + 1, self._length.reach(base, self._min))
        if not self._plan.ranks:  # filled, whatever is cut
            whole = limit >= self._counted_end
            return len(self._text) if whole else self._last_place(word, limit)
        section_end = _first_from(self._joints, least) or len(self._text)
        if limit >= min(section_end, self._counted_end):
            return section_end
        if self._plan.keeps_units and (end := _last_within(self._joints, word, limit)):
            return end
        if end := _last_within(self._inner, least - 1, limit):
            return end
        # What is left of the section should not be too short to stand alone.
        upper = min(limit, self._length.reach_back(section_end, self._min))
        windows = ((least, upper if upper >= least else limit), (least, limit))
        return self._best_break(word, windows, give_up)

    def _best_break(
        self, word: int, windows: tuple[tuple[int, int], tuple[int, int]], give_up: int
    ) -> int | None:
        least, limit = windows[-1]
        if give_up < _HEADINGS and self._outline.is_heading_only(word, limit):
            return None
        block = self._block_around(limit)
        in_rows = block is not None and block.start <= word and give_up < _ROWS
        ranks = _LINE_RANKS if in_rows else self._plan.ranks
        for low, high in dict.fromkeys(windows):
            for rank in ranks:
                if end := self._last_break(rank, word, low, high, give_up):
                    return end
        short = min(least - 1, limit)
        if end := max(self._last_break(rank, word, word, short, give_up) for rank in ranks):
            return end
        if in_rows:
            return None
        return self._last_break(Rank.GRAPHEME, word, word, limit, give_up) or None

    def _last_place(self, word: int, limit: int) -> int | None:
        """Give the last boundary of a visible character."""
        return self._last_break(Rank.GRAPHEME, word, word, limit, _HEADINGS) or None

    def _last_break(self, rank: Rank, word: int, low: int, high: int, give_up: int) -> int:
        """Give the last place of this rank from `low` to `high`, 0 where there is none."""
        for position in breaks(self._text, rank, word, high):
            if position < low:
                break
            if self._is_allowed(position, rank, give_up):
                return position
        return 0

    def _is_allowed(self, position: int, rank: Rank, give_up: int) -> bool:
        if position >= self._words_end:
            return False
        if give_up < _HEADINGS and self._outline.orphans_heading(position):
            return False
        block = self._block_around(position)
        if block is None or give_up >= _ROWS:
            return True
        return rank in _LINE_RANKS and (give_up >= _BLOCKS or not self._fits(block))

    def _overlap_start(self, previous: int, fresh: int) -> int:
        """Give where the chunk begins that repeats some of what is before `fresh`."""
        if not self._chunking.overlap or not fresh:
            return fresh
        # Words of another section would put the chunk under the wrong heading.
        heading = self._outline.last_heading_start(fresh)
        reach = self._length.reach_back(fresh, self._chunking.overlap)
        earliest = max(previous + 1, heading, reach)
        if not self._plan.ranks:
            while not starts_grapheme(self._text, earliest):
                earliest += 1
            return min(fresh, self._first_word(earliest))
        for rank in _OVERLAP_RANKS:
            found = breaks(self._text, rank, earliest - 1, fresh - 1)
            if starts := [start for start in found if _WORD.search(self._text, start, fresh)]:
                return self._past_whole_block(self._first_word(starts[-1]), fresh)
        return fresh

    def _past_whole_block(self, start: int, fresh: int) -> int:
        """Give a start that repeats no fragment of a block that the chunk before holds whole."""
        block = self._block_around(start)
        if block is None or not self._fits(block):
            return start
        return min(fresh, self._first_word(block.end))

    def _first_word(self, start: int) -> int:
        found = _WORD.search(self._text, start)
        return found.start() if found else len(self._text)

    def _block_around(self, position: int) -> Span | None:
        """Give the block that a cut at `position` would cut."""
        index = bisect_left(self._block_starts, position) - 1
        if index < 0 or position >= self._blocks[index].end:
            return None
        return self._blocks[index]

    def _fits(self, block: Span) -> bool:
        return self._length.reach(block.start, self._chunking.max_size) >= block.end


def _first_from(places: Sequence[int], position: int) -> int | None:
    """Give the first place at or after `position`."""
    index = bisect_left(places, position)
    return places[index] if index < len(places) else None


def _last_within(places: Sequence[int], after: int, limit: int) -> int | None:
    """Give the last place after `after` and up to `limit`."""
    index = bisect_right(places, limit) - 1
    return places[index] if index >= 0 and places[index] > after else None
