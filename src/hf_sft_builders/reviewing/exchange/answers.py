"""What people and models said of rows, as questions and answers: what other programs exchange.

Questions: `status` (confirmed, rejected), `reason`, `score`, `tags`, `note`, `label`, `domain`, and
`edit_<column>` for each column that somebody edited (text as it is, everything else as JSON text).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.reviewing.actions import Changes, simple_changes
from hf_sft_builders.reviewing.editing import class_value, editable_columns, edited
from hf_sft_builders.reviewing.index import label_column
from hf_sft_builders.reviewing.overlay import RowChange
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.views import Mark

EDIT = "edit_"
QUESTIONS = ("status", "reason", "score", "tags", "note", "label", "domain")
DECISIONS = ("confirmed", "rejected")

Answers = dict[str, Any]
"""Question → answer: text, a number, or for `tags` a list of texts."""


@dataclass(frozen=True)
class Proposal:
    """What a model proposed for one question."""

    question: str
    value: Any
    model: str
    note: str = ""


@dataclass(frozen=True)
class RowAnswers:
    """One row with all that was said of it."""

    id: str
    columns: dict[str, Any]
    """Its columns as the dataset has them, without media."""
    people: dict[str, Answers] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What an import brought."""

    rows: int
    """Rows that something was said of."""
    reviewers: tuple[str, ...]
    missing: int
    """Rows that the dataset does not have; nothing of them was taken."""
    ignored: Mapping[str, int]
    """Questions that a review does not have → answers that were left out."""


def rows_with_answers(session: Session, everything: bool = False) -> Iterator[RowAnswers]:
    """Give rows with what was said of them, in the order of the dataset.

    Args:
        session: The review.
        everything: Rows that nobody said anything of, too.
    """
    marks, rows = session.marks, session.rows
    marks.refresh()
    said = {entry.id for entry in session.overlay.entries()} | session.overlay.suggested()
    for place, id in enumerate(rows.ids):
        if not everything and id not in said:
            continue
        row = rows.row(place)
        people = {
            mark.reviewer: answers
            for mark in marks.marks_of(place)
            if not mark.stale and (answers := _answers(session, mark))
        }
        proposals = tuple(
            Proposal(*_asked(session, s.field, s.value), s.model, s.note)
            for s in session.suggestions(id)
            if not s.stale
        )
        columns = {name: _named(session, name, row[name]) for name in editable_columns(rows)}
        yield RowAnswers(id, columns, people, proposals)


def as_text(value: Any) -> str:
    """Give a column's value as text: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def take_in(session: Session, found: Iterable[RowAnswers]) -> Imported:
    """Put answers of people and models into a review: all of them, or none.

    Raises:
        ConfigurationError: for an answer that a question cannot have, with the row.
        FormatError: for an edit that the format does not allow, with the row; where there are rows,
            and the dataset has none of them.
    """
    changes: dict[str, list[RowChange]] = {}
    proposals: list[tuple[str, str, Proposal]] = []
    ignored: dict[str, int] = {}
    missing, taken, known = list[str](), set(), False
    for row in found:
        place = session.rows.places.get(row.id)
        if place is None:
            missing.append(row.id)
            continue
        known = True
        seen = session.marks.hash_of([place])[0]
        for who, answers in row.people.items():
            told = _changes(session, place, answers, ignored)
            if told:
                changes.setdefault(who, []).append(RowChange(row.id, seen, told))
                taken.add(row.id)
        proposals += [(row.id, seen, one) for one in row.proposals]
    if missing and not known:
        raise _other_dataset(session, missing)
    for who, theirs in changes.items():
        session.overlay.record(who, "import", theirs)
    for id, seen, one in proposals:
        _keep_proposal(session, id, seen, one, ignored)
    session.marks.refresh()
    return Imported(len(taken), tuple(sorted(changes)), len(missing), ignored)


def _other_dataset(session: Session, missing: Sequence[str]) -> FormatError:
    return FormatError(
        f"None of the {len(missing):,} rows of the file is in the dataset {session.name!r}: found ids "
        f"like {missing[0]!r}, expected ids like {session.rows.ids[0]!r}. Give import_review the dataset "
        "that was exported; nothing was imported."
    )


def _named(session: Session, column: str, value: Any) -> Any:
    """Give a class by its name."""
    names = session.rows.classes.get(column)
    return names[value] if names and isinstance(value, int) and value >= 0 else value


def _answers(session: Session, mark: Mark) -> Answers:
    told: Answers = {
        "status": mark.status if mark.status in DECISIONS else None,
        "reason": mark.reason or None,
        "score": mark.score,
        "tags": list(mark.tags) or None,
        "note": mark.note or None,
    }
    for column, value in mark.edits.items():
        question, answer = _asked(session, column, value)
        told[question] = answer
    return {question: answer for question, answer in told.items() if answer is not None}


def _asked(session: Session, column: str, value: Any) -> tuple[str, Any]:
    """Name the question that an edit of a column, or a score, answers."""
    if not column:
        return "score", value
    label = label_column(session.rows)
    if column in (label, "domain"):
        return ("domain" if column == "domain" else "label"), _named(session, column, value)
    return f"{EDIT}{column}", as_text(value)


def _changes(
    session: Session, place: int, answers: Mapping[str, Any], ignored: dict[str, int]
) -> Changes:
    made: Changes = {}
    for question, answer in answers.items():
        try:
            told = _change(session, place, question, answer)
        except (ConfigurationError, FormatError) as error:
            raise type(error)(f"row {session.rows.ids[place]!r}, {question}: {error}") from error
        if told is None:
            ignored[question] = ignored.get(question, 0) + 1
        else:
            made |= told
    return {name: value for name, value in made.items() if value is not None}


def _change(session: Session, place: int, question: str, answer: Any) -> Changes | None:
    if question == "status":
        if answer not in DECISIONS:
            raise ConfigurationError(f"found {answer!r}, expected one of {', '.join(DECISIONS)}.")
        return {"status": answer}
    if question in ("score", "note"):
        return simple_changes(question, answer)
    if question == "reason":
        return {"reason": str(answer)}
    if question == "tags":
        return {f"tag:{tag}": True for tag in ([answer] if isinstance(answer, str) else answer)}
    if question in ("label", "domain"):
        column = label_column(session.rows) if question == "label" else "domain"
        known = session.labels if question == "label" else session.domains
        return {f"edit:{column}": class_value(session.rows, column, str(answer), known)}
    if question.startswith(EDIT) and question.removeprefix(EDIT) in session.rows.columns:
        row = session.rows.row(place)
        column, value = edited(session.rows, row, question.removeprefix(EDIT), answer)
        return {f"edit:{column}": value}
    return None


def _keep_proposal(
    session: Session, id: str, seen: str, one: Proposal, ignored: dict[str, int]
) -> None:
    """Keep what a model proposed, once."""
    told = _change(session, session.rows.places[id], one.question, one.value)
    known = next(iter(told), "") if told else ""
    if not told or not (known == "score" or known.startswith("edit:")):
        ignored[one.question] = ignored.get(one.question, 0) + 1
        return
    column, value = known.partition(":")[2], told[known]
    there = session.suggestions(id)
    if any((s.field, s.value, s.model) == (column, value, one.model) for s in there):
        return
    kind = "rewrite" if column else "score"
    session.overlay.suggest(id, seen, kind, one.model, "", column, value, one.note)
