"""Files of rows where a builder also starts from questions and answers: JSON, CSV, Parquet, Arrow.

A file is one of conversations if its columns are those of a format that holds messages (`sft.detect`
says which); rows of Parquet and Arrow may also be chunks, with a column `text`. Every other file is a
document, or counted with its reason. What a row has beside stays in it: an id, provenance, a passage.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa

from hf_sft_builders.builders.reading import Reading, source_step
from hf_sft_builders.errors import FormatError, LossyConversion, SourceError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.converting import convert
from hf_sft_builders.formats.detection import Detected, detect_table
from hf_sft_builders.formats.files import KINDS, read_tables
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.ledger import Ledger, Row, Source
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import SourceFile, read_bytes

logger = logging.getLogger("hf_sft_builders")

ROW_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather")
_ONLY_ROWS = (".parquet", ".arrow", ".feather", ".ipc")


def mixed_rows(reading: Reading, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[Row]:
    """Give the rows of files of conversations as they are, and the chunks of documents."""
    for file in files:
        rows = conversation_rows(reading, file, ledger)
        yield from reading.chunk_rows([file], ledger) if rows is None else rows


def conversation_rows(reading: Reading, file: SourceFile, ledger: Ledger) -> Iterator[Row] | None:
    """Give the rows of a file of conversations, None where it is a document."""
    kind = suffixes(file.uri)[0]
    if kind not in KINDS:
        return None
    try:
        tables = read_tables(file.uri, storage_options=reading.storage_options)
        first = next(tables)
        found = _detected(first)
    except (FormatError, SourceError) as error:
        return _counted(file, str(error), ledger) if kind in _ONLY_ROWS else None
    is_chunks = kind in _ONLY_ROWS and "text" in first.column_names
    if found is None and not is_chunks:
        reason = "neither conversations nor a column `text`"
        return _counted(file, reason, ledger) if kind in _ONLY_ROWS else None
    return _rows(reading, file, chain([first], tables), found, ledger)


def _detected(table: pa.Table) -> Detected | None:
    """Find the format of a table, None where it holds no conversations."""
    try:
        found = detect_table(table)
    except FormatError:
        return None
    return found if "messages" in get_format(found.format).holds else None


def _rows(
    reading: Reading,
    file: SourceFile,
    tables: Iterable[pa.Table],
    found: Detected | None,
    ledger: Ledger,
) -> Iterator[Row]:
    source, name = open_source(reading, file, ledger)
    number = 0
    for table in tables:
        for row in _as_messages(table, found, file.uri).to_pylist():
            ledger.counts["inputs"] += 1
            yield {**row, "id": row.get("id") or f"{name}:row-{number}",
                   "provenance": _steps(row, source)}  # fmt: skip
            number += 1


def open_source(reading: Reading, file: SourceFile, ledger: Ledger) -> tuple[dict[str, Any], str]:
    """Enter a file of rows into the ledger; give its step of provenance, and its name in ids."""
    digest = hashlib.sha256(read_bytes(file.uri, reading.storage_options)).hexdigest()
    licenses, title = reading.license_of.licenses_of(file.uri), PurePosixPath(file.uri).name
    ledger.counts["documents"] += 1
    ledger.sources.append(Source(file.uri, digest, title, licenses.content.id))
    return source_step(file.uri, digest, title, licenses), digest[:12]


def _as_messages(table: pa.Table, found: Detected | None, uri: str) -> pa.Table:
    if found is None:
        return table
    try:
        made: pa.Table = convert(
            table, "messages_reasoning", from_format=found.layout or found.format
        )
    except LossyConversion:
        raise
    except FormatError as error:
        raise FormatError(f"{uri}: {error}") from error
    return made


def _steps(row: Row, source: dict[str, Any]) -> list[dict[str, Any]]:
    held = row.get("provenance")
    if not isinstance(held, list) or not held or not isinstance(held[0], dict):
        return [source]
    names = provenance_step()
    return [{name: step.get(name) for name in names} for step in held]


def _counted(file: SourceFile, reason: str, ledger: Ledger) -> Iterator[Row]:
    ledger.unreadable[file.uri] = reason
    logger.warning("Left out: %s: %s", file.uri, reason)
    return iter(())
