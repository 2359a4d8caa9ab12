"""Files of rows among a builder's files: JSON Lines, CSV, Parquet, … whose columns it can use.

One row of a file with questions and answers, whatever its format:
    {"id": "3f2a90c1b7de:0", "messages": [<user>, <assistant>], "language": "zh", "provenance": […]}
A file that holds no such rows is read as a document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from typing import Any

import fsspec
import pyarrow as pa

from hf_sft_builders.builders.reading import Reading
from hf_sft_builders.documents import readable_suffixes
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import DocumentError, FormatError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.converting import plan
from hf_sft_builders.formats.detection import detect_table
from hf_sft_builders.formats.files import KINDS, known_kind, read_tables
from hf_sft_builders.formats.opening import COMPRESSIONS
from hf_sft_builders.ledger import Ledger, Row, Source
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import SourceFile

ROW_SUFFIXES = tuple(kind + packed for kind in KINDS for packed in ("", *COMPRESSIONS))
_TEXT_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
_SAMPLE_BYTES = 1 << 20
_NO_CONVERSATION = ("text", "classification")

Reader = Callable[[pa.Table], "Callable[[pa.Table], pa.Table] | None"]
"""Looks at the first rows of a file and says how its tables become rows; None for a document."""


def questions_in(head: pa.Table) -> Callable[[pa.Table], pa.Table] | None:
    """Take questions and answers of any format as `messages`."""
    try:
        found = detect_table(head)
    except FormatError:
        return None
    if found.format in _NO_CONVERSATION or "messages" not in get_format(found.format).holds:
        return None
    return plan(head, "messages", from_format=found.layout or found.format)


def labelled_texts_in(head: pa.Table) -> Callable[[pa.Table], pa.Table] | None:
    """Take texts that stand in a column `text` beside a column `label`, which may be empty."""
    return (lambda table: table) if {"text", "label"} <= set(head.column_names) else None


def rows_or_chunks(
    files: Iterable[SourceFile], reading: Reading, ledger: Ledger, reader: Reader
) -> Iterator[Row]:
    """Give the rows of files that hold such, and the chunks of all others."""
    for file in files:
        rows = _rows_in(file, reading, ledger, reader) if _may_hold_rows(file.uri) else None
        if rows is not None:
            yield from rows
        elif file.uri.lower().endswith(readable_suffixes()):
            yield from reading.chunk_rows([file], ledger)
        else:
            ledger.unreadable[file.uri] = "no rows of a known format"


def _may_hold_rows(uri: str) -> bool:
    return uri.lower().partition("?")[0].endswith(ROW_SUFFIXES) and bool(known_kind(uri))


def _rows_in(
    file: SourceFile, reading: Reading, ledger: Ledger, reader: Reader
) -> Iterator[Row] | None:
    try:
        encoding = _encoding(file.uri, reading)
        options = dict(reading.storage_options)
        tables = read_tables(file.uri, encoding=encoding, storage_options=options)
        first = next(tables, None)
    except FormatError:
        return None  # no rows at all, such as a JSON document: its own reader says what it is
    except DocumentError as error:
        ledger.unreadable[file.uri] = error.reason
        return iter(())
    as_rows = reader(first) if first is not None and first.num_rows else None
    if first is None or as_rows is None:
        return None
    return _rows(file, map(as_rows, chain([first], tables)), reading, ledger)


def _encoding(uri: str, reading: Reading) -> str:
    """Tell the encoding of a text file by its beginning; what is compressed is taken for UTF-8."""
    if not uri.lower().partition("?")[0].endswith(_TEXT_SUFFIXES):
        return "utf-8"
    with fsspec.open(uri, "rb", **dict(reading.storage_options)) as stream:
        sample: bytes = stream.read(_SAMPLE_BYTES)
    whole = len(sample) < _SAMPLE_BYTES or b"\n" not in sample
    return decode(sample if whole else sample[: sample.rindex(b"\n") + 1], uri)[1]


def _rows(
    file: SourceFile, tables: Iterable[pa.Table], reading: Reading, ledger: Ledger
) -> Iterator[Row]:
    licenses = reading.license_of.licenses_of(file.uri)
    with fsspec.open(file.uri, "rb", **dict(reading.storage_options)) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    source = provenance_step(
        step="source",
        uri=file.uri,
        sha256=digest,
        license=asdict(licenses.content),
        annotations_license=asdict(licenses.annotations) if licenses.annotations.raw else None,
    )
    ledger.counts["documents"] += 1
    ledger.sources.append(Source(file.uri, digest, "", licenses.content.id))
    rows = (row for table in tables for row in table.to_pylist())
    for number, row in enumerate(rows):
        ledger.counts["input rows"] += 1
        yield {
            **row,
            "id": str(row.get("id") or f"{digest[:12]}:{number}"),
            "language": row.get("language") or detect_language(_words(row)),
            "provenance": [source, *_steps(row.get("provenance"))],
        }


def _words(row: Row) -> str:
    said = [message.get("content") or "" for message in row.get("messages") or ()]
    return "".join(said) or str(row.get("text") or "")


def _steps(given: Any) -> list[dict[str, Any]]:
    """Keep the steps that a row brings along, with every field."""
    steps = given if isinstance(given, list) else []
    known = provenance_step()
    return [
        {**known, **{name: value for name, value in step.items() if name in known}}
        for step in steps
        if isinstance(step, dict) and step.get("step")
    ]
