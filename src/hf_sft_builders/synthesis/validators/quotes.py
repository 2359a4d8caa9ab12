"""Texts as they are compared, whatever space, width, case and punctuation they have."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_NO_WORDS = re.compile(r"[\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


# A source is held against every candidate that was made of it.
@lru_cache(maxsize=512)
def even(text: str) -> str:
    """Give the text without space, in plain width and lower case."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def bare(text: str) -> str:
    """Give the text without space and punctuation, in plain width and lower case."""
    return _NO_WORDS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def plain_numbers(text: str) -> str:
    """Give the text in plain width, its numbers without commas: `1,200` as `1200`."""
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", text))


def stands_in(words: str, text: str) -> bool:
    """Tell whether the words stand in the text as they are, or are nothing at all."""
    return words in text or even(words) in even(text)
