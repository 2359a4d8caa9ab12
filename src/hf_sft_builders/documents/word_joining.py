"""What stands between two lines when they are made one: nothing, a space, or no more hyphen.

Chinese is broken between any two characters, so nothing may be put there; Latin words need their
space back. Where Chinese meets Latin the document itself shows its habit ("12 月" or "12月").
A hyphen at a line's end is of the word ("well-known") or of the break ("ad-justed"); where the
document shows the word elsewhere, that decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HYPHEN = "\x02"
"""A hyphen at a line's end, where the engine tells it from others."""

_MIXED = re.compile(r"[A-Za-z0-9%]( ?)[\u4e00-\u9fff]|[\u4e00-\u9fff]( ?)[A-Za-z0-9]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_WIDE = frozenset("“”‘’…—")


@dataclass(frozen=True)
class WordJoining:
    """How one document writes its words."""

    spaced: bool = False
    """Whether Latin and Chinese are set apart by a space."""
    words: frozenset[str] = frozenset()
    """Words that it writes within a line, in lower case."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> WordJoining:
        """Learn from the lines of a document."""
        text = "\n".join(texts)
        pairs = [first or second for first, second in _MIXED.findall(text[:100_000])]
        total = len(_MIXED.findall(text[:100_000]))
        hyphens = HYPHEN in text or "-\n" in text
        words = frozenset(map(str.lower, _WORD.findall(text))) if hyphens else frozenset()
        return cls(spaced=2 * sum(map(bool, pairs)) > total > 0, words=words)

    def join(self, before: str, after: str) -> str:
        """Join the end of a line with the beginning of the next."""
        if not before or not after:
            return before + after
        if before[-1] == HYPHEN or before[-1] == "-":
            return self._hyphenated(before[:-1] + "-", after)
        return before + self._between(before[-1], after[0]) + after

    def _between(self, last: str, first: str) -> str:
        wide_before, wide_after = _is_wide(last), _is_wide(first)
        if wide_before and wide_after:
            return ""
        if wide_before or wide_after:
            letters = (last.isalnum() or last == "%") and first.isalnum()
            return " " if self.spaced and letters else ""
        return "" if last in "/" else " "

    def _hyphenated(self, before: str, after: str) -> str:
        left, right = _LAST_WORD.search(before), _FIRST_WORD.match(after)
        if not left or not right:
            return before + after if not before.endswith(" -") else f"{before} {after}"
        closed, hyphened = left[1] + right[0], f"{left[1]}-{right[0]}"
        if hyphened.lower() in self.words and closed.lower() not in self.words:
            return before + after
        keeps = not right[0][0].islower() or "-" in left[1] or left[1].isupper()
        return before + after if keeps else before[:-1] + after


def _is_wide(character: str) -> bool:
    """Whether the character is Chinese or Japanese; Korean is written with spaces."""
    return "\u2e80" <= character <= "\u9fff" or character >= "\uf900" or character in _WIDE


def join_words(before: str, after: str) -> str:
    """Join two lines of which nothing else is known."""
    return WordJoining().join(before, after)
