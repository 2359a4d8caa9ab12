"""Where a change was asked for, the text is not the same; where words of one's own, no copy."""

from __future__ import annotations

from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.quotes import bare


def changed(candidate: Candidate) -> Fault | None:
    """Not a copy of the original; case, width, spaces and punctuation are no change."""
    if bare(candidate.text) != bare(candidate.original):
        return None
    return Fault("unchanged", "Your reply repeats the text as it was; change it as asked.")


def adds(candidate: Candidate) -> Fault | None:
    """Not the original, nor a piece of it: where more was asked for than stands there."""
    if bare(candidate.text) not in bare(candidate.original):
        return None
    return Fault("copied", "Your reply repeats words of the text; say something new.")
