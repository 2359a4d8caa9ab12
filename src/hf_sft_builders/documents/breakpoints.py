"""Where a text may be cut, from the best kind of place to the worst.

Example:
    >>> text = "It costs 182.21 yuan, e.g. on Sundays. 早餐另付。"
    >>> [text[:end] for end in breaks(text, Rank.SENTENCE, 0, len(text))]
    ['It costs 182.21 yuan, e.g. on Sundays. 早餐另付。', 'It costs 182.21 yuan, e.g. on Sundays. ']

The white space after a place belongs to the words before it. The trap is the full stop: in
`182.21`, `e.g.`, `Dr.`, `v1.2`, `1. First` and `example.com` it ends nothing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import IntEnum

from hf_sft_builders.documents.base import Document, Span


class Rank(IntEnum):
    """A kind of place to cut at, the best first."""

    BLANK_LINE = 0
    LINE = 1
    SENTENCE = 2
    CLAUSE = 3
    SPACE = 4
    IN_SPACE = 5
    """Before or inside white space that does not fit as a whole."""
    CHARACTER = 6
    """Beside a character of a script that is written without spaces."""
    GRAPHEME = 7
    """Anywhere but inside what a reader sees as one character."""


# Han, kana, bopomofo and their punctuation; not the full-width digits and letters.
_CJK = (
    r"\u2e80-\u2fdf\u3001-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_OPENERS = r"（《「『【〈“‘(\["
_CLOSERS = r"”’」』）》】〉)\]\"'"
_WORD = re.compile(r"\S")
_NEVER_FIRST = _CLOSERS + r"。！？；，、：…—.,!?;:%％"
# No-break spaces hold a number and its unit together.
_SPACE = r"[^\S\u00a0\u2007\u202f]"

_PATTERNS = {
    Rank.BLANK_LINE: r"\n(?:[^\S\n]*+\n)++",
    # Also inside a run of blank lines, where the run does not fit as a whole.
    Rank.LINE: r"\n",
    # Starting only at the first mark of several keeps a page of dots linear.
    Rank.SENTENCE: (
        rf"[。！？；।۔؟]++[{_CLOSERS}]*+\s*+"
        rf"|(?<![.!?])(?P<mark>[.!?]++)[{_CLOSERS}]*+(?:\s++|(?=[{_CJK}]))"
    ),
    Rank.CLAUSE: rf"(?:(?<!\d)[，、：،؛]|[，、：،؛](?!\d))\s*+|[,;](?:\s++|(?=[{_CJK}]))",
    Rank.SPACE: rf"{_SPACE}++",
    Rank.IN_SPACE: rf"(?={_SPACE})",
    Rank.CHARACTER: (
        rf"(?<=[{_CJK}])(?<![{_OPENERS}])(?=[^\s{_NEVER_FIRST}])"
        rf"|(?<=[^\s{_OPENERS}])(?=[{_CJK}])(?![{_NEVER_FIRST}])"
    ),
}
_COMPILED = {rank: re.compile(pattern) for rank, pattern in _PATTERNS.items()}

_ABBREVIATION = re.compile(
    r"[a-z](?:\.[a-z])*|mr|mrs|ms|dr|prof|st|no|nos|fig|figs|sec|art|ch|vol|pp|vs|cf|al|etc|"
    r"approx|ca|inc|ltd|co|corp|dept|eq|ed|eds|rev|jr|sr|gen|col|capt|min|max|ph\.d"
)
_JOINERS = frozenset("\u200c\u200d")
# Thai and Lao vowels that are drawn onto the consonant before them.
_ATTACHED = frozenset("\u0e33\u0eb3")


def breaks(text: str, rank: Rank, start: int, end: int) -> Iterator[int]:
    """Give the places of this rank in `text[start:end]`, the last first; never `start` itself.

    `start` must be the boundary of a grapheme.
    """
    for position in _positions(text, rank, start, end):
        if starts_grapheme(text, position, start):
            yield position


def starts_grapheme(text: str, position: int, floor: int = 0) -> bool:
    """Tell whether a visible character may begin at `position`.

    Follows the rules of Unicode's UAX 29 for what occurs in documents: combining marks, emoji
    sequences, flags, Hangul in parts, Indic conjuncts, surrogates, CRLF.

    Args:
        text: The text.
        position: Where it would begin.
        floor: A known boundary before it, beyond which nothing needs to be looked at.
    """
    if not 0 < position < len(text):
        return True
    before, after = text[position - 1], text[position]
    if before.isascii() and after.isascii():
        return (before, after) != ("\r", "\n")
    if before in "\r\n":
        return True
    return not (
        _extends(after)
        or before == "\u200d"
        or (unicodedata.combining(before) == 9 and after.isalpha())
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
        or _joins_syllable(before, after)
        or (_is_flag(before) and _is_flag(after) and _flags_before(text, position, floor) % 2 == 1)
    )


def next_grapheme(text: str, position: int) -> int:
    """Give where the visible character that begins at `position` ends."""
    end = position + 1
    while not starts_grapheme(text, end, position):
        end += 1
    return end


class Outline:
    """Where the sections of a document begin, and which places would part a heading."""

    def __init__(self, document: Document) -> None:
        self._titles = [heading.title for heading in document.headings]
        self._starts = [heading.start for heading in document.headings]
        self._parents = list(_parents(document))
        self._runs = list(_heading_runs(document))
        self._run_starts = [run.start for run in self._runs]
        text = document.text
        self.joints = [run.start for run in self._runs if run.end < len(text)]
        """Where a section begins that has words."""
        self._glued = list(self._runs)
        if self._runs and self._runs[-1].end == len(text):
            # Headings with nothing below them belong to the words above.
            above = len(text[: self._runs[-1].start].rstrip())
            self._glued[-1] = Span(above - 1, len(text))
        self._glued_starts = [span.start for span in self._glued]

    def orphans_heading(self, position: int) -> bool:
        """Tell whether a cut here would part a heading from its first words."""
        index = bisect_left(self._glued_starts, position) - 1
        return index >= 0 and position <= self._glued[index].end

    def is_heading_only(self, start: int, end: int) -> bool:
        """Tell whether every cut after `start` up to `end` would part a heading from its words."""
        index = bisect_right(self._glued_starts, start) - 1
        return index >= 0 and end <= self._glued[index].end

    def last_heading_start(self, position: int) -> int:
        """Give where the last heading up to `position` begins, 0 without any."""
        index = bisect_right(self._starts, position) - 1
        return self._starts[index] if index >= 0 else 0

    def path(self, offset: int) -> tuple[str, ...]:
        """Give what `Document.heading_path` gives for the first words at or after `offset`."""
        run = bisect_right(self._run_starts, offset) - 1
        if run >= 0:
            offset = max(offset, self._runs[run].end)
        titles: list[str] = []
        index = bisect_right(self._starts, offset) - 1
        while index >= 0:
            titles.append(self._titles[index])
            index = self._parents[index]
        return tuple(reversed(titles))


def _positions(text: str, rank: Rank, start: int, end: int) -> Iterator[int]:
    if rank is Rank.GRAPHEME:
        yield from range(end, start, -1)
        return
    # Beside every second letter there may be a place: look at the end first, and no further.
    step = 64 if rank is Rank.CHARACTER else max(1, end - start)
    for high in range(end, start, -step):
        low = max(start, high - step)
        # One more character, because what follows a place decides about it.
        for match in reversed(list(_COMPILED[rank].finditer(text, low, high + 1))):
            if low < match.end() <= high and (rank is not Rank.SENTENCE or _ends_sentence(match)):
                yield match.end()


def _ends_sentence(match: re.Match[str]) -> bool:
    mark = match["mark"]
    if mark is None:
        return True
    text, dot = match.string, match.start("mark")
    if not match[0][-1].isspace() and _in_address(text, dot):
        return False
    if set(mark) != {"."}:
        return True
    following = text[match.end() : match.end() + 1]
    if following.islower() or len(mark) > 3:
        return False
    return len(mark) > 1 or not (_is_abbreviation(text, dot) or _is_list_number(text, dot))


def _in_address(text: str, position: int) -> bool:
    words = text[max(0, position - 200) : position].split()
    return bool(words) and "://" in words[-1]


def _is_abbreviation(text: str, dot: int) -> bool:
    start = dot
    while dot - start < 12 and start and (text[start - 1].isalpha() or text[start - 1] == "."):
        start -= 1
        if not text[start].isascii():
            return False
    return _ABBREVIATION.fullmatch(text[start:dot].lower()) is not None


def _is_list_number(text: str, dot: int) -> bool:
    line_start = text.rfind("\n", max(0, dot - 16), dot) + 1
    at_line_start = line_start > 0 or dot <= 16
    return at_line_start and text[line_start:dot].strip(" \t>*-").isdigit()


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or character in _JOINERS
        or character in _ATTACHED
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _joins_syllable(before: str, after: str) -> bool:
    """Tell whether two Hangul parts are one syllable; too careful with ill-formed ones."""
    leads = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    follows = "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb"
    hangul = "\u1100" <= after <= "\u11ff" or "\ua960" <= after <= "\ua97c"
    whole = "\uac00" <= before <= "\ud7a3" or "\u1160" <= before <= "\u11ff"
    jamo = whole or "\ud7b0" <= before <= "\ud7fb"
    return (leads and (hangul or "\uac00" <= after <= "\ud7a3")) or ((leads or jamo) and follows)


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, position: int, floor: int) -> int:
    start = position
    while start > floor and _is_flag(text[start - 1]):
        start -= 1
    return position - start


def _parents(document: Document) -> Iterator[int]:
    """Give, for each heading, the number of the heading above it, -1 for none."""
    above: list[int] = []
    for index, heading in enumerate(document.headings):
        while above and document.headings[above[-1]].level >= heading.level:
            above.pop()
        yield above[-1] if above else -1
        above.append(index)


def _heading_runs(document: Document) -> Iterator[Span]:
    """Give headings with none but headings between them, each run up to its first words."""
    text, start, end = document.text, -1, -1
    for heading in document.headings:
        if heading.start > end:
            if start >= 0:
                yield Span(start, end)
            start = heading.start
        line_end = text.find("\n", heading.start)
        words = _WORD.search(text, line_end) if line_end >= 0 else None
        end = words.start() if words else len(text)
    if start >= 0:
        yield Span(start, end)
