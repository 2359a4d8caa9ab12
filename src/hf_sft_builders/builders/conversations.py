"""What the builders of conversations share: languages, formats, and no question twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.records import record_table
from hf_sft_builders.synthesis.validators.quotes import bare


def in_language(rows: Iterable[Row], language: str) -> Iterator[Row]:
    """Give rows the language that was asked for, where one was."""
    return ({**row, "language": language} for row in rows) if language else iter(rows)


def format_features(name: str, **beside: str) -> datasets.Features:
    """Give a format's columns, and those beside it that it does not have itself."""
    own = get_format(name).features
    more = {c: datasets.Value(kind) for c, kind in beside.items() if c not in own}
    return datasets.Features({**own, **more})


def format_table(name: str, rows: Sequence[Row], *beside: str) -> pa.Table:
    """Turn rows with `messages` into a format; columns of `beside` go where it has a place, else along.

    Args:
        name: Of the format.
        rows: With `messages`, `id`, `provenance` and the columns of `beside`.
        beside: Columns of text.
    """
    columns: dict[str, Any] = {"messages": [_with_reasoning(row["messages"]) for row in rows]}
    if "messages.reasoning" in get_format(name).holds:
        columns["step_starts"] = [_starts(messages) for messages in columns["messages"]]
    return laid_out(name, columns, rows, *beside)


def laid_out(name: str, columns: Mapping[str, Any], rows: Sequence[Row], *beside: str) -> pa.Table:
    """Turn columns of records, and the lineage of their rows, into a format.

    Args:
        name: Of the format.
        columns: Of a record, beside `id` and `provenance`.
        rows: Where lineage and the columns of `beside` are taken from.
        beside: Columns of text, which go where the format has a place, else along.
    """
    format_ = get_format(name)
    known = {part: [row[part] for row in rows] for part in ("id", "provenance")}
    held = [column for column in beside if column in format_.holds]
    known |= {column: [row.get(column) for row in rows] for column in held}
    made = format_.from_records(record_table({**columns, **known}, len(rows)))
    for column in beside:
        if column not in made.column_names:
            values = pa.array([row.get(column) for row in rows], pa.string())
            made = made.append_column(column, values)
    return made


def without_doubles(
    outcomes: Iterable[Outcome], key: Callable[[Row], Any], reason: str
) -> Iterator[Outcome]:
    """Keep the first row of each key; the others are dropped and counted."""
    seen: set[Any] = set()
    for outcome in outcomes:
        fresh = []
        for row in outcome.rows:
            mark = key(row)
            if mark not in seen:
                fresh.append(row)
            seen.add(mark)
        if doubles := len(outcome.rows) - len(fresh):
            drops = (*outcome.drops, *[reason] * doubles)
            yield replace(outcome, rows=tuple(fresh), drops=drops)
        else:
            yield outcome


def same_question(row: Row) -> tuple[str, str]:
    """Give what two rows have in common that ask the same about one source."""
    return row["id"].partition(":")[0], bare(row["messages"][0]["content"])


def _with_reasoning(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give messages as records have them."""
    return [
        {
            "role": m["role"],
            "content": m["content"],
            "reasoning": m.get("reasoning_content") or None,
        }
        for m in messages
    ]


def _starts(messages: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """Give where the steps of the last reasoning begin: one on a line."""
    thought = messages[-1]["reasoning"]
    if thought is None:
        return None
    starts, place = [], 0
    for line in thought.split("\n"):
        starts.append(place)
        place += len(line) + 1
    return starts
