"""Whether two texts say nearly the same, letter by letter."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_NO_WORDS = re.compile(r"[\W_]+")


def are_alike(text: str, other: str, threshold: float) -> bool:
    """Tell whether the share of letters in common reaches a threshold from 0 to 1.

    Case, spaces and punctuation are no difference.
    """
    one, two = (_NO_WORDS.sub("", each).casefold() for each in (text, other))
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.quick_ratio() >= threshold and matcher.ratio() >= threshold
