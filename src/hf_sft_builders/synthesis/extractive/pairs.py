"""One question with its answer, and what makes a list of them fit to keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "definition",  # a sentence that says what something is
    "attribute",  # the value of a named property, or the sentence that states it
    "table",  # one cell
    "list",  # a whole list
    "passage",  # sentences or paragraphs under a heading
]

SHORTEST_QUESTION = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and the words of the text that answer it."""

    question: str
    answer: str
    """Exactly `text[start:end]`."""
    start: int
    """In code points of the text that was given."""
    end: int
    kind: Kind


def pair(text: str, question: str | None, start: int, end: int, kind: Kind) -> Iterable[Pair]:
    """Give the pair, trimmed, or nothing where there is no question or no answer."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if question and len(question) >= SHORTEST_QUESTION and start < end:
        yield Pair(question, text[start:end], start, end, kind)


def distinct(pairs: Iterable[Pair]) -> list[Pair]:
    """Keep the first pair of each question and of each answer's span, in the text's order.

    What comes first wins, so the caller gives the more specific kinds first.
    """
    questions: set[str] = set()
    spans: set[tuple[int, int]] = set()
    kept = []
    for found in pairs:
        if found.question.casefold() in questions or (found.start, found.end) in spans:
            continue
        questions.add(found.question.casefold())
        spans.add((found.start, found.end))
        kept.append(found)
    return sorted(kept, key=lambda found: (found.start, found.end))
