"""Rows as a person sees them: their words in short, and as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import FormatError
from hf_sft_builders.reviewing.filtering import Filtering
from hf_sft_builders.reviewing.marks import STATUS_NAMES, Marks
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.views import RowSummary

_FACETS = ("label", "domain", "source", "reason")
SHORT = 300
"""Characters of a question or an answer in the list."""


def rows_at(
    rows: Rows, places: Sequence[int], edits: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Give rows with the edits that count."""
    found = rows.at(places).to_pylist()
    return [{**row, **edits.get(place, {})} for place, row in zip(places, found, strict=True)]


def records_of(rows: Rows, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give rows as records; empty where they have no format, or one cannot be read in it."""
    known = rows.format
    if known is None or not given:
        return [{} for _ in given]
    schema = rows.features.arrow_schema
    names = [name for name in schema.names if name in known.schema.names]
    table = pa.table(
        {name: pa.array([row[name] for row in given], schema.field(name).type) for name in names}
    )
    try:
        return list(known.to_records(table).to_pylist())
    except FormatError:
        if len(given) == 1:
            return [{}]
        return [records_of(rows, [row])[0] for row in given]


def summaries(marks: Marks, places: Sequence[int], filtering: Filtering | None) -> list[RowSummary]:
    """Give rows for the list; without what the index knows where there is none yet."""
    rows = rows_at(marks.rows, places, marks.edits)
    records = records_of(marks.rows, rows)
    facets = {n: filtering.codes(n) for n in _FACETS} if filtering else {}
    told = []
    for place, row, record in zip(places, rows, records, strict=True):
        known = {name: names[codes[place]] for name, (codes, names) in facets.items()}
        told.append(_summary(marks, place, in_short(record, row), known, filtering))
    return told


def _summary(
    marks: Marks, place: int, short: tuple[str, str], known: Mapping[str, str],
    filtering: Filtering | None,
) -> RowSummary:  # fmt: skip
    return RowSummary(
        id=marks.rows.ids[place],
        place=place,
        split=marks.rows.split_of(place),
        question=short[0],
        answer=short[1],
        length=int(filtering.index.length[place]) if filtering else -1,
        status=STATUS_NAMES[marks.status[place]],
        score=_number(marks.score[place]),
        model_score=_number(filtering.index.model_score[place]) if filtering else None,
        tags=marks.tag_names(place),
        label=known.get("label", ""),
        domain=known.get("domain", ""),
        source=known.get("source", ""),
        reason=marks.reasons.get(place, known.get("reason", "")),
        edited=bool(marks.edited[place]),
        noted=bool(marks.noted[place]),
        disputed=bool(marks.disputed[place]),
    )


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def in_short(record: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, str]:
    """Give the first words of what is asked last and of what is answered last."""
    said = record.get("messages") or []
    asked = [m["content"] for m in said if m["role"] == "user" and m["content"]]
    answered = [m["content"] for m in said if m["role"] == "assistant" and m["content"]]
    if asked or answered:
        return _cut(asked[-1:] or [""]), _cut(answered[-1:] or [""])
    if record.get("text"):
        return _cut([record["text"]]), ""
    texts = [
        value
        for name, value in row.items()
        if isinstance(value, str) and value and name not in ("id", "content_hash", "uri")
    ]
    return _cut(texts[:1] or [""]), _cut(texts[1:2] or [""])


def _cut(texts: Sequence[str]) -> str:
    text = texts[0][: SHORT + 1]
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
