"""Files of rows among a builder's files: JSON Lines, CSV, Parquet, …, whose columns it can use.

One row of a file with questions and answers, whatever its format, encoding or compression:
    {"id": "3f2a90c1b7de:0", "messages": [<user>, <assistant>], "language": "zh", "provenance": […]}
What else a row has stays in it: an id, its provenance, a passage. Parquet and Arrow may also hold
chunks, as `documents` gives them. Any other file is read as a document, or counted with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from hf_sft_builders.builders.reading import (
    Reading,
    enter_source,
    faults_counted,
    logger,
)
from hf_sft_builders.documents import readable_suffixes
from hf_sft_builders.documents.encoding import encoding_of
from hf_sft_builders.documents.file_kinds import file_name
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import DocumentError, FormatError, LossyConversion, SourceError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.converting import plan
from hf_sft_builders.formats.detection import detect_table
from hf_sft_builders.formats.files import KINDS, read_tables
from hf_sft_builders.formats.opening import COMPRESSIONS, beginning, opened, suffixes
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.ledger import Ledger, Row
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.sources.file_hash import file_sha256

ROW_SUFFIXES = tuple(kind + packed for kind in KINDS for packed in ("", *COMPRESSIONS))
NO_ROWS = "no rows of a known format"
_TEXTS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_SAMPLE_BYTES = 1 << 20
_NO_CONVERSATION = ("text", "classification")

Change = Callable[[pa.Table], pa.Table]
"""Turns the tables of a file into those that a builder uses."""
Taker = Callable[[pa.Table], "Change | None"]
"""Looks at the first rows of a file and says how its tables are taken; None where they are not."""


def questions_in(head: pa.Table) -> Change | None:
    """Take questions and answers of any format as `messages`."""
    return _conversations_in(head, "messages")


def reasoned_questions_in(head: pa.Table) -> Change | None:
    """Take questions and answers of any format as `messages`, with the reasoning where there is any."""
    return _conversations_in(head, "messages_reasoning")


def labelled_texts_in(head: pa.Table) -> Change | None:
    """Take texts that stand in a column `text` beside a column `label`, which may be empty."""
    return _as_it_is if {"text", "label"} <= set(head.column_names) else None


def rows_or_chunks(
    reading: Reading, files: Iterable[SourceFile], ledger: Ledger, take: Taker
) -> Iterator[Row]:
    """Give the rows of files that hold such, and the chunks of documents."""
    for file in files:
        is_document = _may_be_document(file.uri)
        rows = rows_in(reading, file, ledger, take if is_document else _or_chunks(take))
        if rows is not None:
            yield from rows
        elif is_document:
            yield from reading.chunk_rows([file], ledger)
        else:
            left_out(reading, file, ledger, NO_ROWS)


def rows_in(
    reading: Reading, file: SourceFile, ledger: Ledger, take: Taker
) -> Iterator[Row] | None:
    """Give the rows of a file; none of one that cannot be read; None where it holds no such rows."""
    kind = suffixes(file.uri)[0]
    if kind not in KINDS:
        return None
    try:
        tables = _tables(reading, file.uri, kind)
        first = next(tables, None)
    except (FormatError, DocumentError, SourceError) as error:
        if _may_be_document(file.uri):
            return None  # such as a JSON document: its own reader says what it is, or is not
        reason = error.reason if isinstance(error, DocumentError) else str(error)
        left_out(reading, file, ledger, reason)
        return iter(())
    change = take(first) if first is not None and first.num_rows else None
    if first is None or change is None:
        return None
    return _rows(reading, file, _changed(chain([first], tables), change, file.uri), ledger)


def open_source(reading: Reading, file: SourceFile, ledger: Ledger) -> tuple[dict[str, Any], str]:
    """Enter a file of rows into the ledger; give its step of provenance, and its name in ids."""
    digest = file_sha256(file, reading.storage_options)
    licenses = reading.license_of.licenses_of(file.uri)
    return enter_source(file.uri, digest, file_name(file.uri), licenses, ledger), digest[:12]


def left_out(reading: Reading, file: SourceFile, ledger: Ledger, reason: str) -> None:
    """Count a file that gives no rows: with this reason, or as one that could not be fetched."""
    with faults_counted(file, ledger):
        file_sha256(file, reading.storage_options)
        ledger.unreadable[file.uri] = reason
        logger.warning("Left out: %s: %s", file.uri, reason)


def _conversations_in(head: pa.Table, to: str) -> Change | None:
    try:
        found = detect_table(head)
    except FormatError:
        return None
    if found.format in _NO_CONVERSATION or "messages" not in get_format(found.format).holds:
        return None
    return plan(head, to, from_format=found.layout or found.format)


def _or_chunks(take: Taker) -> Taker:
    """Take texts as chunks, too: of files that no reader of documents knows."""

    def taken(head: pa.Table) -> Change | None:
        has_text = "text" in head.column_names and is_text(head["text"].type)
        return take(head) or (_as_it_is if has_text else None)

    return taken


def _may_be_document(uri: str) -> bool:
    return uri.lower().endswith(readable_suffixes())


def _as_it_is(table: pa.Table) -> pa.Table:
    return table


def _tables(reading: Reading, uri: str, kind: str) -> Iterator[pa.Table]:
    options = dict(reading.storage_options)
    encoding = "utf-8"
    if kind in _TEXTS:
        with opened(uri, storage_options=options) as stream:
            head = beginning(stream, _SAMPLE_BYTES)
        encoding = encoding_of(head, uri, whole=len(head) < _SAMPLE_BYTES)
    return read_tables(uri, encoding=encoding, storage_options=options)


def _changed(tables: Iterable[pa.Table], change: Change, uri: str) -> Iterator[pa.Table]:
    for table in tables:
        try:
            yield change(table)
        except LossyConversion:
            raise
        except FormatError as error:
            raise FormatError(f"{uri}: {error}") from error


def _rows(
    reading: Reading, file: SourceFile, tables: Iterable[pa.Table], ledger: Ledger
) -> Iterator[Row]:
    found = None
    with faults_counted(file, ledger):
        found = open_source(reading, file, ledger)
    if found is None:
        return
    source, name = found
    for number, row in enumerate(row for table in tables for row in table.to_pylist()):
        ledger.counts["inputs"] += 1
        given = row.get("id")
        yield {
            **row,
            "id": f"{name}:{number}" if given in (None, "") else str(given),
            "language": row.get("language") or detect_language(_words(row)),
            "provenance": _steps(row.get("provenance"), source),
        }


def _words(row: Row) -> str:
    said = [message.get("content") or "" for message in row.get("messages") or ()]
    return "".join(said) or str(row.get("text") or "")


def _steps(given: Any, source: dict[str, Any]) -> list[dict[str, Any]]:
    """Keep the steps that a row brings along; where they lead to no source, this file is it."""
    steps = given if isinstance(given, list) else []
    known = provenance_step()
    kept = [
        {name: step.get(name) for name in known}
        for step in steps
        if isinstance(step, dict) and step.get("step")
    ]
    return kept if kept and kept[0]["step"] == "source" else [source, *kept]
