"""What a teacher is asked: topics of a YAML file, lines of a text file, prompts of files of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow as pa

from hf_sft_builders.builders.reading import Reading
from hf_sft_builders.builders.row_files import ROW_SUFFIXES, conversation_rows, open_source
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.errors import FormatError, SourceError
from hf_sft_builders.formats.files import read_tables
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.ledger import Ledger, Row
from hf_sft_builders.sources import SourceFile, read_bytes
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.topics import read_topics

_TOPICS = (".yaml", ".yml")
PROMPT_SUFFIXES = (*_TOPICS, ".txt", *ROW_SUFFIXES)
NO_PROMPTS = "no column `prompt`, and no questions of a known format"


def prompt_rows(
    reading: Reading, files: Iterable[SourceFile], ledger: Ledger, questions: int | None
) -> Iterator[Row]:
    """Give the leaves of files of topics, and the prompts of all others, each with its provenance.

    Args:
        reading: How files are read.
        files: Which.
        ledger: Where they are accounted for.
        questions: For each topic, in place of what the file says.
    """
    for file in files:
        kind = suffixes(file.uri)[0]
        if kind in _TOPICS:
            yield from _topics(reading, file, ledger, questions)
        elif kind == ".txt":
            yield from _lines(reading, file, ledger)
        else:
            yield from _prompts(reading, file, ledger)


def _topics(
    reading: Reading, file: SourceFile, ledger: Ledger, questions: int | None
) -> Iterator[Row]:
    topics = read_topics(read_bytes(file.uri, reading.storage_options), file.uri)
    source, _ = open_source(reading, file, ledger)
    for leaf in topics.leaves():
        ledger.counts["inputs"] += 1
        number = questions or leaf["questions"]
        yield {**leaf, "questions": number, "provenance": [source], "prompt": None}


def _lines(reading: Reading, file: SourceFile, ledger: Ledger) -> Iterator[Row]:
    text, _ = decode(read_bytes(file.uri, reading.storage_options), file.uri)
    source, name = open_source(reading, file, ledger)
    for number, line in enumerate(text.splitlines()):
        if line.strip():
            ledger.counts["inputs"] += 1
            known = {"id": f"{name}:line-{number + 1}", "provenance": [source]}
            yield {"prompt": line.strip(), **known}


def _prompts(reading: Reading, file: SourceFile, ledger: Ledger) -> Iterator[Row]:
    try:
        tables = read_tables(file.uri, storage_options=reading.storage_options)
        first = next(tables)
    except (FormatError, SourceError) as error:
        ledger.unreadable[file.uri] = str(error)
        return
    if "prompt" in first.column_names and pa.types.is_string(first["prompt"].type):
        yield from _column(reading, file, chain([first], tables), ledger)
        return
    rows = conversation_rows(reading, file, ledger)
    if rows is None:
        ledger.unreadable[file.uri] = NO_PROMPTS
        return
    for row in rows:
        asked = (m["content"] for m in messages_of(row) if m["role"] == "user")
        known = {name: row[name] for name in ("id", "provenance")}
        yield {**known, "prompt": next(asked, "") or "", "topic": None}


def _column(
    reading: Reading, file: SourceFile, tables: Iterable[pa.Table], ledger: Ledger
) -> Iterator[Row]:
    source, name = open_source(reading, file, ledger)
    number = 0
    for table in tables:
        for row in table.to_pylist():
            ledger.counts["inputs"] += 1
            kept: dict[str, Any] = {c: row[c] for c in ("topic", "difficulty") if row.get(c)}
            known = {"id": row.get("id") or f"{name}:row-{number}", "provenance": [source]}
            yield {"prompt": row["prompt"] or "", **kept, **known}
            number += 1
