"""Exam items without a language model: copied answers, and statements with one number changed.

What is asked and answered is found by the extractive rules; a false statement differs from the true
one in a number that stands nowhere in the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.augmenting import draw, row_id
from hf_sft_builders.synthesis.exam_items import SHORT, Exam, Kind, drawn_kind
from hf_sft_builders.synthesis.flaws_by_rule import other_number

_STATEMENT = {
    "zh": "“{question}”的答案是“{answer}”。",
    "en": 'The answer to "{question}" is "{answer}".',
}
_INNER = str.maketrans({"“": "‘", "”": "’", '"': "'"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its answer, and where the answer stands in the row's text (0, 0 for nowhere)."""

    question: str
    answer: str
    start: int = 0
    end: int = 0


def pairs_of(row: Row, column: str, language: str) -> list[Asked]:
    """Find questions that a text answers in its own words."""
    from hf_sft_builders.synthesis.extractive import find_pairs

    found = find_pairs(
        str(row[column] or ""),
        headings=tuple(row.get("headings") or ()),
        title=row.get("title") or "",
        language=language,
    )
    return [Asked(pair.question, pair.answer, pair.start, pair.end) for pair in found]


def ruled(
    pairs: Sequence[Asked],
    row: Row,
    source: str,
    mix: Sequence[tuple[Kind, float]],
    seed: int,
    language: str,
) -> Iterator[tuple[Exam, Asked] | str]:
    """Make one item of each pair, of a drawn kind; a reason where it lends itself to none."""
    for place, pair in enumerate(pairs):
        name = f"{row_id(row)}:{place}"
        first = drawn_kind(mix, seed, row_id(row), place)
        kinds = [first, *(kind for kind, _ in mix if kind != first)]
        made = (_item(kind, pair, source, seed, name, language) for kind in kinds)
        exam = next(filter(None, made), None)
        yield (exam, pair) if exam else "answer fits no kind of question"


def _item(kind: Kind, pair: Asked, source: str, seed: int, name: str, language: str) -> Exam | None:
    spoken = "zh" if language == "zh" else "en"
    if (
        "\n" in pair.answer
        or len(pair.answer) > (1 if kind == "short_answer" else 2) * SHORT[spoken]
    ):
        return None
    if kind == "short_answer":
        return Exam(kind, pair.question, (), pair.answer)
    # Only where a number could be changed: else all statements without one would be true.
    false = other_number(pair.answer, source, seed, name)
    if false is None:
        return None
    holds = draw(seed, name, "truth") < 0.5
    said = pair.answer if holds else false.answer
    inner = {"question": pair.question, "answer": said.rstrip("。.")}
    quoted = {name: words.translate(_INNER) for name, words in inner.items()}
    question = _STATEMENT[spoken].format(**quoted)
    return Exam(kind, question, (), "true" if holds else "false")
