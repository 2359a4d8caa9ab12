"""Sentences with their offsets, in Chinese and English.

Traps: the full stop in `3.5`, `e.g.`, `J. Smith` and `example.com` ends nothing; an end mark
inside brackets or quotes belongs to the sentence around them; Chinese puts no space after `。`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSERS = {
    "（": "）",
    "(": ")",
    "《": "》",
    "「": "」",
    "『": "』",
    "【": "】",
    "“": "”",
    "[": "]",
}
_END_MARKS = frozenset("。！？!?.")
_AFTER_END = frozenset("”’」』）)\"'*_。！？!?.")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nos|Fig|Figs|Sec|Art|Ch|Vol|pp|vs|cf|al|"
    r"etc|approx|ca|max|min|Inc|Ltd|Co|Corp|Dept|Eq|e\.g|i\.e|a\.m|p\.m|U\.S|U\.K|E\.U|Ph\.D)$"
)
_UNIT = re.compile(r"\d\s?[A-Za-z]$")
_ENDED = re.compile(r"(?:[。！？!?….]|[。！？!?.；;]\s*[”’」』）)\"'*_]+)$")
_BROKEN_START = re.compile(r"[,，.。;；:：、!！?？)）\]】》”’…%％]")
_LATIN_LOWER_START = re.compile(r"[a-z]")


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the span of each sentence of `text[start:end]`, without the blanks around it."""
    begin = position = start
    while position < end:
        beyond = _skip_brackets(text, position, end)
        if beyond == position and _ends_here(text, begin, position, end):
            beyond = _past_closers(text, position + 1, end)
            yield from _trimmed(text, begin, beyond)
            begin = beyond
        position = max(beyond, position + 1)
    yield from _trimmed(text, begin, end)


def is_ended(words: str) -> bool:
    """Tell whether the words end as a sentence does."""
    return bool(_ENDED.search(words.rstrip()))


def is_begun(words: str) -> bool:
    """Tell whether the words may be the beginning of a sentence and not the rest of one."""
    words = words.lstrip(" *_\n")
    return bool(words) and not (_BROKEN_START.match(words) or _LATIN_LOWER_START.match(words))


def _skip_brackets(text: str, position: int, end: int) -> int:
    """Give the place after the bracket that opens here, if it opens and closes in reach."""
    closer = _CLOSERS.get(text[position])
    if closer is None:
        return position
    closed = text.find(closer, position + 1, end)
    if closed < 0:
        return position
    # “他来了。” at a line's end is a sentence of its own: look at the mark inside the quote.
    inner_end = text[closed - 1] in "。！？!?." and (closed + 1 == end or text[closed + 1] in " \n")
    return closed - 1 if inner_end and closer == "”" else closed + 1


def _ends_here(text: str, begin: int, position: int, end: int) -> bool:
    mark = text[position]
    if mark not in _END_MARKS:
        return False
    if mark in "。！？":
        return True
    after = _past_closers(text, position + 1, end)
    if after < end and not text[after].isspace():
        return False
    following = text[after:end].lstrip()[:1]
    if following.islower():
        return False
    before = text[max(begin, position - 12) : position]
    return mark != "." or bool(_UNIT.search(before)) or not _ABBREVIATION.search(before)


def _past_closers(text: str, position: int, end: int) -> int:
    while position < end and text[position] in _AFTER_END:
        position += 1
    return position


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
