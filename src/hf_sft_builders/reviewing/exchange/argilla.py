"""Argilla: records as its SDK writes and reads them (`to_json`, `rg.Record.from_dict`, 2.x).

    [{"id": …, "fields": {column: text}, "metadata": {}, "vectors": {},
      "suggestions": {question: {"value": …, "score": None, "agent": model}},
      "responses": {question: [{"value": …, "user_id": <UUID>}]}}]

People are UUIDs there: `reviewer_uuid` makes one of a name, and the record's metadata names it.
A field may not be called like a question: the column `label` is the field `row_label`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hf_sft_builders.errors import FormatError
from hf_sft_builders.reviewing.exchange.answers import (
    QUESTIONS,
    Proposal,
    RowAnswers,
    as_text,
)
from hf_sft_builders.reviewing.exchange.dialogues import SHOWN, dialogue

_SPACE = uuid.UUID("6f0c7f5e-53f5-5d0c-9d8a-0f6d0a1c2b3e")
_PEOPLE = "reviewers"


def reviewer_uuid(name: str) -> str:
    """Give the UUID that stands for a reviewer; one that is a UUID already stays."""
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(_SPACE, name))


def to_argilla(rows: Iterable[RowAnswers], shown: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Write rows as Argilla's records; the columns `shown` as dialogues too."""
    return [_record(row, shown) for row in rows]


def from_argilla(
    records: Any, people: Mapping[str, str], questions: Mapping[str, str]
) -> Iterator[RowAnswers]:
    """Read Argilla's records.

    Args:
        records: The content of the file.
        people: UUID of a user → name; a name of the metadata, else the UUID, by default.
        questions: Question there → question here, where yours have other names.

    Raises:
        FormatError: for what are no records.
    """
    if not isinstance(records, list):
        raise FormatError(f"Argilla's records are a JSON list; got {type(records).__name__}.")
    for number, record in enumerate(records):
        if not isinstance(record, dict) or "id" not in record or "responses" not in record:
            raise FormatError(
                f"Record {number} has no 'id' and 'responses'. Export it with "
                "dataset.records(with_responses=True).to_json(…)."
            )
        yield _row(record, people, questions)


def settings(
    names: Iterable[str],
    labels: Iterable[str],
    domains: Iterable[str],
    shown: Sequence[str] = (),
    tags: Iterable[str] = (),
) -> dict[str, Any]:
    """Say which fields and questions the dataset in Argilla needs, as keyword arguments of `rg.Settings`.

    Args:
        names: Columns of the rows.
        labels: The closed list of labels.
        domains: The closed list of domains.
        shown: Columns whose dialogue stands beside their text (`ChatField`, Argilla 2.3 and later).
        tags: Those that were given so far.
    """
    columns = list(names)
    closed = {"label": list(labels), "domain": list(domains)}
    questions: list[dict[str, Any]] = [
        {"type": "LabelQuestion", "name": "status", "labels": ["confirmed", "rejected"]},
        {"type": "TextQuestion", "name": "reason", "required": False},
        {
            "type": "RatingQuestion",
            "name": "score",
            "values": [0, 1, 2, 3, 4, 5],
            "required": False,
        },
        {"type": "TextQuestion", "name": "note", "required": False},
    ]
    if known := list(tags):
        tagging = {"type": "MultiLabelQuestion", "name": "tags", "labels": known}
        questions.append({**tagging, "required": False})
    for name, known in closed.items():
        if known:
            questions.append(
                {"type": "LabelQuestion", "name": name, "labels": known, "required": False}
            )
    questions += [
        {"type": "TextQuestion", "name": f"edit_{name}", "required": False}
        for name in columns
        if not closed.get(name)
    ]
    chats = [{"type": "ChatField", "name": f"{SHOWN}{name}", "required": False} for name in shown]
    fields = [*chats, *({"type": "TextField", "name": _field(name)} for name in columns)]
    return {"fields": fields, "questions": questions, "allow_extra_metadata": True}


def _field(column: str) -> str:
    return f"row_{column}" if column in QUESTIONS else column


def _record(row: RowAnswers, shown: Sequence[str]) -> dict[str, Any]:
    responses: dict[str, list[dict[str, Any]]] = {}
    for who, answers in row.people.items():
        for question, value in answers.items():
            plain = int(value) if isinstance(value, float) and value.is_integer() else value
            said = {"value": plain, "user_id": reviewer_uuid(who)}
            responses.setdefault(question, []).append(said)
    suggestions = {
        one.question: {"value": one.value, "score": None, "agent": one.model}
        for one in reversed(row.proposals)
    }
    people = [f"{reviewer_uuid(who)}={who}" for who in row.people]
    chats = {f"{SHOWN}{name}": dialogue(row.columns[name]) for name in shown}
    texts = {_field(name): as_text(value) for name, value in row.columns.items()}
    return {
        "id": row.id,
        "fields": {**chats, **texts},
        "metadata": {_PEOPLE: people} if people else {},
        "suggestions": suggestions,
        "responses": responses,
        "vectors": {},
    }


def _row(
    record: Mapping[str, Any], people: Mapping[str, str], questions: Mapping[str, str]
) -> RowAnswers:
    told = (record.get("metadata") or {}).get(_PEOPLE) or []
    names = dict(one.split("=", 1) for one in told if "=" in one) | dict(people)
    said: dict[str, dict[str, Any]] = {}
    for question, responses in (record.get("responses") or {}).items():
        for response in responses:
            who = str(response.get("user_id"))
            answers = said.setdefault(names.get(who, who), {})
            answers[questions.get(question, question)] = response["value"]
    proposals = tuple(
        Proposal(questions.get(name, name), one.get("value"), str(one.get("agent") or "unknown"))
        for name, one in (record.get("suggestions") or {}).items()
    )
    return RowAnswers(str(record["id"]), dict(record.get("fields") or {}), said, proposals)
