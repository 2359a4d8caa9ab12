"""Candidates and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that a model made, with what it is measured against."""

    text: str
    source: str = ""
    """What it must rest on (a chunk, a table, an answer); "" where nothing."""
    original: str = ""
    """What it was made from, where a change was asked for."""
    prompt: str = ""
    """What the model was told beside the material: the template, for what must not leak."""
    language: str = ""
    """ISO 639-1 code that was asked for; "" for that of the original or the source."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a candidate is not kept."""

    reason: str
    """Short and countable, for the ledger: "number not in the source"."""
    words: str
    """For the model, which is asked again: what is wrong and what is wanted, one sentence."""


class Rejected(Exception):
    """A row that is dropped; raised inside an op's steps, counted by its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Validator = Callable[[Candidate], Fault | None]


def first_fault(candidate: Candidate, checks: Iterable[Validator]) -> Fault | None:
    """Give the first fault that any of the checks finds."""
    for check in checks:
        if fault := check(candidate):
            return fault
    return None
