"""The words of a verdict, and one thing that stands in its way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["allow", "allow-with-obligations", "private-only", "block"]
VERDICTS: tuple[Verdict, ...] = ("allow", "allow-with-obligations", "private-only", "block")
"""From the best to the worst."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that stands in the way."""

    verdict: Verdict
    reason: str
    change: str
    """What would take it away."""


def worst(*verdicts: Verdict) -> Verdict:
    """Give the worst of several verdicts."""
    return max(verdicts, key=VERDICTS.index)
