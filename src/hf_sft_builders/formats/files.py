"""Rows from files and into files: JSON, JSON Lines, CSV, TSV, Parquet, Arrow; also compressed.

`rows.jsonl.zst` is JSON Lines in Zstandard; `.gz`, `.bz2` and `.xz` work the same. Everything is a
stream of Arrow tables, so that a file may be larger than memory.

What each kind of file can say:
* Parquet and Arrow hold every type as it is.
* JSON holds what is null as `null` in a row and leaves it out below; bytes are base64. What has no
  one type in the file becomes JSON text: see `json_shapes`.
* CSV holds text only: `007` stays `007`. A field with nothing in it is null, `""` is empty text;
  lists and structs are written as JSON text. `schema=` gives the types back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import from_json

from hf_sft_builders.errors import FormatError, SFTError, SourceError, UnknownName
from hf_sft_builders.formats.file_writing import WRITERS
from hf_sft_builders.formats.json_columns import from_json_text
from hf_sft_builders.formats.json_reading import read_json_tables
from hf_sft_builders.formats.json_rows import JsonFile, Opening
from hf_sft_builders.formats.json_shapes import encoded, has_json, shape_of_field
from hf_sft_builders.formats.opening import (
    COMPRESSIONS,
    Path,
    created,
    opened,
    opened_for_seeking,
    suffixes,
)
from hf_sft_builders.formats.parquet_reading import parquet_tables
from hf_sft_builders.formats.parts import parts_of

BATCH_ROWS = 10_000
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_JSON_LINES = (".jsonl", ".ndjson")
_ARROW = (".arrow", ".feather", ".ipc")
KINDS = (*_JSON_LINES, ".json", *_SEPARATORS, ".parquet", *_ARROW)
"""What can be read and written, each also with the suffix of a compression behind it."""


def read_tables(
    path: Path,
    batch_rows: int = BATCH_ROWS,
    *,
    schema: pa.Schema | None = None,
    encoding: str = "utf-8",
    storage_options: Mapping[str, Any] | None = None,
) -> Iterator[pa.Table]:
    """Read a file as a stream of tables of one schema.

    Args:
        path: Path or URL of any fsspec protocol; its suffix says what it is (`KINDS`).
        batch_rows: Rows per table, at most; fewer where they are pictures or long texts.
        schema: Types of the columns, for JSON and CSV, where these are known.
        encoding: Of the text of JSON and CSV; `gb18030` for most of what Excel saves in China.
        storage_options: For fsspec.

    Raises:
        SourceError: if there is no such file, or it is damaged.
        UnknownName: if its suffix is not known.
        FormatError: on a row that cannot be read; it names line and byte.

    Example:
        >>> sum(table.num_rows for table in read_tables("rows.jsonl.gz"))
        1000
    """
    kind = known_kind(path)
    with _damage_told(path):
        if kind == ".parquet":
            tables = _parquet(path, batch_rows, storage_options)
        elif kind in _ARROW:
            tables = _arrow(path, storage_options)
        else:
            opening = partial(opened, path, encoding=encoding, storage_options=storage_options)
            if kind in _SEPARATORS:
                tables = _separated(opening, path, _SEPARATORS[kind], schema)
            else:
                tables = read_json_tables(JsonFile(opening, str(path)), schema)
        for table in tables:
            yield from parts_of(table, batch_rows)


def write_tables(
    tables: Iterable[pa.Table], path: Path, *, storage_options: Mapping[str, Any] | None = None
) -> int:
    """Write tables of one schema to a file; a failure leaves the file that was there before.

    Args:
        tables: At least one table, which may be empty.
        path: Path or URL; its suffix says what is written (`KINDS`).
        storage_options: For fsspec.

    Returns:
        How many rows were written.

    Raises:
        UnknownName: if the suffix is not known.
        FormatError: if there is no table, or a later one has another schema.
    """
    kind = known_kind(path)
    rest = iter(tables)
    first = next(rest, None)
    if first is None:
        raise FormatError(f"{path}: no table to write. Give one with no rows for an empty file.")
    rows = 0
    with (
        created(path, storage_options) as stream,
        WRITERS[kind](stream, first.schema) as write,
    ):
        for table in chain([first], rest):
            write(_same(table, first.schema, path))
            rows += table.num_rows
    return rows


def known_kind(path: Path) -> str:
    """Give the kind of a file by its suffix.

    Raises:
        UnknownName: if it is none of `KINDS`.
    """
    kind, _ = suffixes(path)
    if kind not in KINDS:
        raise UnknownName(
            f"kind of file in {str(path)!r}:", kind, KINDS, f"Also with {', '.join(COMPRESSIONS)}."
        )
    return kind


def _same(table: pa.Table, schema: pa.Schema, path: Path) -> pa.Table:
    if table.schema.names != schema.names:
        raise FormatError(
            f"{path}: a table has the columns {', '.join(table.column_names)}; the first had "
            f"{', '.join(schema.names)}."
        )
    return table if table.schema.equals(schema) else table.cast(schema)


def _parquet(path: Path, rows: int, options: Mapping[str, Any] | None) -> Iterator[pa.Table]:
    import pyarrow.parquet as pq

    with opened_for_seeking(path, options) as stream:
        file = pq.ParquetFile(stream)
        if not file.metadata.num_rows:
            yield file.schema_arrow.empty_table()
        yield from parquet_tables(file, rows)


def _arrow(path: Path, options: Mapping[str, Any] | None) -> Iterator[pa.Table]:
    """Read the file form or the stream form, which `datasets` writes."""
    with opened_for_seeking(path, options) as stream:
        is_file = stream.read(6) == b"ARROW1"
        stream.seek(0)
        reader = pa.ipc.open_file(stream) if is_file else pa.ipc.open_stream(stream)
        batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
        empty = True
        for batch in batches:
            empty = False
            yield pa.Table.from_batches([batch])
        if empty:
            yield reader.schema.empty_table()


def _separated(
    opening: Opening, path: Path, separator: str, schema: pa.Schema | None
) -> Iterator[pa.Table]:
    from pyarrow import csv

    parsing = csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    with opening() as stream:
        names = csv.open_csv(stream, parse_options=parsing).schema.names
    # An empty line is a row where there is one column, and nothing where there are more.
    parsing.ignore_empty_lines = len(names) > 1
    converting = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    with opening() as stream:
        reader = csv.open_csv(stream, parse_options=parsing, convert_options=converting)
        empty = True
        for batch in reader:
            empty = False
            yield _from_text(pa.Table.from_batches([batch]), schema, path)
        if empty:
            yield _from_text(reader.schema.empty_table(), schema, path)


def _from_text(table: pa.Table, schema: pa.Schema | None, path: Path) -> pa.Table:
    if schema is None:
        return table
    if missing := [name for name in schema.names if name not in table.column_names]:
        raise FormatError(
            f"{path}: no column {missing[0]!r}; the file has {', '.join(table.column_names)}."
        )
    return pa.table([_parsed(table[f.name], f) for f in schema], schema=schema)


def _parsed(column: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    kind = field.type
    text = pa.concat_arrays(column.chunks or [pa.nulls(0, pa.string())])
    shape = shape_of_field(field)
    if has_json(shape):
        known = [
            None if row is None else encoded(from_json(row), shape) for row in text.to_pylist()
        ]
        return pa.array(known, kind)
    if pa.types.is_nested(kind):
        return from_json_text(text, kind)
    if pa.types.is_binary(kind):
        return from_json_text(pc.binary_join_element_wise('"', text, '"', ""), kind)
    return text.cast(kind)


@contextlib.contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, SFTError):
            raise
        raise SourceError(
            f"{path}: cannot be read: {error}. Is it whole, and of the kind that its name says? Text "
            "in another encoding: encoding='gb18030'."
        ) from error
