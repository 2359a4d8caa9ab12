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
shorter than `min_size`; the cut is at the best kind of place (see `breakpoints.Rank`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from hf_sft_builders.documents.base import Chunk, Document, Span
from hf_sft_builders.documents.breakpoints import Outline, Rank, breaks, next_grapheme
from hf_sft_builders.documents.text_length import text_length
from hf_sft_builders.errors import ConfigurationError

_WORD = re.compile(r"\S")
_LINE_RANKS = (Rank.BLANK_LINE, Rank.LINE)
_RANKS = tuple(rank for rank in Rank if rank is not Rank.GRAPHEME)
_OVERLAP_RANKS = tuple(rank for rank in Rank if rank not in (Rank.BLANK_LINE, Rank.IN_SPACE))

# How much is given up to find a place: nothing; that blocks which fit stay whole; that rows of a
# table and lines of code stay whole; that a heading stays with its words.
_NOTHING, _BLOCKS, _ROWS, _HEADINGS = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """How long chunks are."""

    min_size: int = 300
    """A shorter section is joined with those after it."""
    max_size: int = 1500
    """A longer section is cut."""
    overlap: int = 0
    """At most how much of the chunk before is repeated where a section had to be cut."""
    tokenizer: str | None = None
    """Counts sizes in this tokenizer's tokens: a repository of the Hub or a tokenizer.json.
    Characters are counted where it is `None`."""

    def __post_init__(self) -> None:
        for name in ("min_size", "max_size", "overlap"):
            _check_count(name, getattr(self, name), at_least=int(name == "max_size"))
        if self.min_size > self.max_size:
            raise ConfigurationError(
                f"Chunking: min_size is {self.min_size} and max_size is {self.max_size}; expected "
                "min_size <= max_size. Lower min_size or raise max_size."
            )
        if self.overlap >= self.max_size:
            raise ConfigurationError(
                f"Chunking: overlap is {self.overlap} and max_size is {self.max_size}; expected "
                "overlap < max_size, or no chunk would hold anything new. Lower overlap."
            )


def split_document(document: Document, chunking: Chunking) -> Iterator[Chunk]:
    """Give the chunks of a document, each as soon as it is found.

    Args:
        document: What to cut. One without text has no chunks; one of white space has one.
        chunking: How long chunks are.

    Raises:
        MissingExtra: Sizes are counted in tokens, and `tokenizers` is not installed.
        ConfigurationError: The tokenizer cannot be loaded.
    """
    return _Splitter(document, chunking).chunks()


class _Splitter:
    """Walks through one document."""

    def __init__(self, document: Document, chunking: Chunking) -> None:
        self._document, self._text, self._chunking = document, document.text, chunking
        self._outline = Outline(document)
        self._length = text_length(document.text, chunking.tokenizer)
        self._words_end = len(self._text.rstrip())
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
        least = max(word + 1, self._length.reach(base, self._chunking.min_size))
        section_end = self._outline.joint_from(least) or len(self._text)
        if limit >= min(section_end, self._counted_end):
            return section_end
        # What is left of the section should not be too short to stand alone.
        upper = min(limit, self._length.reach_back(section_end, self._chunking.min_size))
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
        ranks = _LINE_RANKS if in_rows else _RANKS
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


def _check_count(name: str, value: object, at_least: int) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= at_least:
        return
    raise ConfigurationError(
        f"Chunking: {name} is {value!r}; expected a whole number of at least {at_least}. "
        f"Give {name}={at_least} or more, or leave it out."
    )
