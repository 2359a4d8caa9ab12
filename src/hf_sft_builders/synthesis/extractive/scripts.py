"""Which of the two languages a stretch of text is written in, told by its script."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["zh", "en"]

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")


def language_of(text: str, preferred: str = "") -> Language:
    """Give the language: the preferred one where it is known, else the one of most words.

    One Han character counts as a word: Chinese is full of English names, seldom the reverse.
    """
    if preferred in ("zh", "en"):
        return "zh" if preferred == "zh" else "en"
    han = len(_HAN.findall(text))
    return "zh" if han and han >= len(_LATIN_WORD.findall(text)) else "en"


def has_han(text: str) -> bool:
    """Tell whether there is any Chinese character."""
    return bool(_HAN.search(text))
