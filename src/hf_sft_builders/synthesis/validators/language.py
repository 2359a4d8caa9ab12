"""The language stays what it was, unless another was asked for."""

from __future__ import annotations

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.synthesis.validators.base import Candidate, Fault

_TOO_SHORT = 8


def same_language(candidate: Candidate) -> Fault | None:
    """The language that was asked for, else that of the original or source.

    Texts of a few characters have no language that can be told.
    """
    if len(candidate.text) < _TOO_SHORT:
        return None
    wanted = candidate.language or detect_language(candidate.original or candidate.source)
    found = detect_language(candidate.text)
    if not wanted or not found or wanted == found:
        return None
    return Fault(
        "other language",
        f"Your reply is in the language {found!r}; write it in {wanted!r}, and nothing else.",
    )
