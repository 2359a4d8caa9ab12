"""Whether words stand in a text, whatever space, width and case they have there."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")


# A source is held against every candidate that was made of it.
@lru_cache(maxsize=512)
def even(text: str) -> str:
    """Give the text without space, in plain width and lower case."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def stands_in(words: str, text: str) -> bool:
    """Tell whether the words stand in the text as they are, or are nothing at all."""
    return words in text or even(words) in even(text)
