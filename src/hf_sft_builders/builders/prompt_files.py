"""What a teacher is asked: topics of a YAML file, lines of a text file, prompts of files of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from hf_sft_builders.builders.reading import Reading
from hf_sft_builders.builders.row_files import (
    ROW_SUFFIXES,
    Change,
    left_out,
    open_source,
    reasoned_questions_in,
    rows_in,
)
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.ledger import Ledger, Row
from hf_sft_builders.records import LINEAGE
from hf_sft_builders.sources import SourceFile, read_bytes
from hf_sft_builders.synthesis.topics import read_topics

_ABOUT = ("topic", "difficulty")
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
    rows = rows_in(reading, file, ledger, _prompts_in)
    if rows is None:
        left_out(reading, file, ledger, NO_PROMPTS)
        return
    for row in rows:
        kept = {name: row[name] for name in ("id", "provenance")}
        if "messages" in row:
            asked = (m["content"] for m in row["messages"] if m["role"] == "user")
            yield {**kept, "prompt": next(asked, "") or "", "topic": None}
            continue
        about = {name: row[name] for name in _ABOUT if row.get(name)}
        yield {"prompt": row["prompt"] or "", **about, **kept}


def _prompts_in(head: pa.Table) -> Change | None:
    """Take a column of prompts, else the questions of a known format."""
    if "prompt" not in head.column_names or not is_text(head["prompt"].type):
        return reasoned_questions_in(head)
    names = [name for name in ("prompt", *_ABOUT, *LINEAGE) if name in head.column_names]
    return lambda table: table.select(names)
