"""Question-and-answer pairs as a model writes them, and whether they stand in the passage."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, Field

from hf_sft_builders.documents.base import Heading
from hf_sft_builders.documents.markdown import markdown_parts

POINTS_AT_TEXT = re.compile(
    r"本文|上文|文中|该段|这段|本段|原文|the (text|passage|document|article|section) (say|state|mention)"
    r"|according to the (text|passage|document|article)|in (this|the) (text|passage|article)",
    re.IGNORECASE,
)


class QAPair(BaseModel):
    """One question and its answer, as the model writes them."""

    question: str
    answer: str
    evidence: str = Field(description="Copied word for word from the passage.")


class QAPairs(BaseModel):
    """What the model replies."""

    pairs: list[QAPair]


@dataclass(frozen=True, slots=True)
class Found:
    """A pair with the place in the row's text that it rests on."""

    question: str
    answer: str
    start: int
    end: int
    """-1, as `start`, where an answer rests on the whole text."""
    domain: str = ""
    type: str = ""
    difficulty: str = ""
    genre: str = ""
    audience: str = ""


def check(pair: QAPair, text: str) -> Found | str:
    """Place a pair in the text, or say why it is dropped."""
    question, answer = pair.question.strip(), pair.answer.strip()
    if not question or not answer:
        return "empty question or answer"
    if POINTS_AT_TEXT.search(question):
        return "question points at the text"
    span = locate(answer, text) or locate(pair.evidence, text)
    if span is None:
        return "evidence not in the text"
    marks = (getattr(pair, name, "") for name in ("domain", "type", "difficulty"))
    return Found(question, answer, *span, *marks)


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Find a quote, whatever white space it has; None if it does not stand there."""
    words = quote.split()
    if not words:
        return None
    plain = " ".join(words)
    if (at := text.find(plain)) >= 0:
        return at, at + len(plain)
    if "".join(words) not in _without_space(text):  # a pattern costs fifty times as much
        return None
    match = re.search(r"\s*".join(re.escape(word) for word in words), text)
    return match.span() if match else None


@lru_cache(maxsize=512)
def _without_space(text: str) -> str:
    return "".join(text.split())


def headings_at(text: str, position: int, above: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the headings that a place of a passage stands under; `above` until its first one."""
    path: list[Heading] = []
    for heading in markdown_parts(text)[0]:
        if heading.start > position:
            break
        path = [one for one in path if one.level < heading.level] + [heading]
    return tuple(heading.title for heading in path) or tuple(above)


def pages_of(before: Sequence[Mapping[str, Any]], span: Mapping[str, int]) -> list[int] | None:
    """Give the pages of a span, from the page starts that the chunk's step holds."""
    chunk = next((step for step in reversed(before) if step.get("page_starts")), None)
    if chunk is None:
        return None
    starts, pages = chunk["page_starts"], chunk["pages"]
    first = max(bisect_right(starts, span["start"]) - 1, 0)
    last = max(bisect_right(starts, max(span["start"], span["end"] - 1)) - 1, 0)
    return list(pages[first : last + 1])
