"""How each kind of file is written: tables in, bytes out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.json_columns import json_lines, json_text

Write = Callable[[pa.Table], None]
Writer = Callable[[Any, pa.Schema], AbstractContextManager[Write]]
"""Takes a stream of bytes and the schema; gives what writes one table."""


@contextlib.contextmanager
def _json_lines(stream: Any, schema: pa.Schema) -> Iterator[Write]:
    yield lambda table: stream.write(json_lines(table))


@contextlib.contextmanager
def _json_array(stream: Any, schema: pa.Schema) -> Iterator[Write]:
    """Write one array with one row per line, as LLaMA-Factory and people expect of `.json`."""
    before = b"[\n"

    def write(table: pa.Table) -> None:
        nonlocal before
        if lines := memoryview(json_lines(table))[:-1]:
            stream.write(before)
            stream.write(bytes(lines).replace(b"\n", b",\n"))
            before = b",\n"

    yield write
    stream.write(b"[]\n" if before == b"[\n" else b"\n]\n")


@contextlib.contextmanager
def _separated(stream: Any, schema: pa.Schema, *, separator: str) -> Iterator[Write]:
    from pyarrow import csv

    text = pa.schema([(name, pa.string()) for name in schema.names])
    # Quotes tell empty text from nothing.
    options = csv.WriteOptions(delimiter=separator, quoting_style="all_valid")
    with csv.CSVWriter(stream, text, write_options=options) as writer:
        yield lambda table: writer.write_table(_as_text(table, text))


def _as_text(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.table([_text(table[name]) for name in schema.names], schema=schema)


def _text(column: pa.ChunkedArray) -> pa.Array:
    values = pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])
    if pa.types.is_nested(values.type):
        return pc.if_else(values.is_valid(), json_text(values), pa.scalar(None, pa.string()))
    if pa.types.is_binary(values.type):
        return pc.utf8_slice_codeunits(json_text(values), 1, -1)
    return values.cast(pa.string())


@contextlib.contextmanager
def _parquet(stream: Any, schema: pa.Schema) -> Iterator[Write]:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(stream, schema) as writer:
        yield writer.write_table


@contextlib.contextmanager
def _arrow(stream: Any, schema: pa.Schema) -> Iterator[Write]:
    """Write the stream form, which `datasets` reads."""
    with pa.ipc.new_stream(stream, schema) as writer:
        yield writer.write_table


WRITERS: dict[str, Writer] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_array,
    ".csv": partial(_separated, separator=","),
    ".tsv": partial(_separated, separator="\t"),
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".feather": _arrow,
    ".ipc": _arrow,
}
