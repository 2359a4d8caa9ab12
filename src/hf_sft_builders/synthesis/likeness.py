"""Whether two texts say nearly the same, letter by letter."""

from __future__ import annotations

from difflib import SequenceMatcher

from hf_sft_builders.synthesis.validators.quotes import bare


def are_alike(text: str, other: str, threshold: float) -> bool:
    """Tell whether the share of letters in common reaches a threshold from 0 to 1.

    Case, width, spaces and punctuation are no difference.
    """
    one, two = bare(text), bare(other)
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.quick_ratio() >= threshold and matcher.ratio() >= threshold
