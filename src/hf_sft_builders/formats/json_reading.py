"""JSON and JSON Lines to Arrow tables of one schema, in bounded memory.

What the columns are is known only at the end of a file, so its tables wait till then: in memory if
they are small, else in a temporary file. Arrow's own reader does the work; rows that it would change
(see `json_shapes`), and blocks that turn out to have other columns, are read again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO

import pyarrow as pa

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_blocks import Block
from hf_sft_builders.formats.json_columns import read_json, text_schema, with_bytes
from hf_sft_builders.formats.json_rows import JsonFile
from hf_sft_builders.formats.json_shapes import (
    Shape,
    encoded,
    field_of,
    has_json,
    merged_rows,
    ragged_words,
    row_shape,
    rows_have_json,
    shape_of_field,
    shape_of_table,
    speaks_in_parts,
)

_KEPT_BYTES = 64 << 20


@dataclass
class _Survey:
    """What a first reading found."""

    store: IO[bytes]
    """Tables that Arrow could read, one stream each, in the order of the blocks."""
    shape: dict[str, Shape] = field(default_factory=dict)
    schemas: list[pa.Schema | None] = field(default_factory=list)
    """Of each block; None where Arrow could not read it."""

    def keep(self, table: pa.Table | None) -> None:
        self.schemas.append(None if table is None else table.schema)
        if table is not None:
            with pa.ipc.new_stream(self.store, table.schema) as writer:
                writer.write_table(table)

    def kept(self) -> pa.Table:
        """Give the next table that was kept."""
        with pa.ipc.open_stream(self.store) as reader:
            return reader.read_all()


def read_json_tables(file: JsonFile, schema: pa.Schema | None = None) -> Iterator[pa.Table]:
    """Give the rows of a JSON or JSON Lines file.

    Args:
        file: Opened twice where it is large.
        schema: What the columns are, if that is known: fields that are absent are null then.

    Raises:
        FormatError: on a row that is no JSON object; it names line and byte.
    """
    empty = True
    with tempfile.SpooledTemporaryFile(_KEPT_BYTES) as store:
        if schema is None:
            tables = _surveyed_tables(file, _Survey(store))
        else:
            read = _reader(file, schema)
            tables = (read(block) for block in file.blocks())
        for table in tables:
            empty = False
            yield table
    if empty:
        yield (schema or pa.schema([])).empty_table()


def _reader(file: JsonFile, schema: pa.Schema) -> Callable[[Block], pa.Table]:
    """Give what reads a block whose columns are known."""
    known = {column.name: shape_of_field(column) for column in schema}
    if rows_have_json(known):
        return partial(_by_row, shape=known, schema=schema, file=file)
    return partial(_with_schema, schema=schema, file=file)


def _surveyed_tables(file: JsonFile, survey: _Survey) -> Iterator[pa.Table]:
    for block in file.blocks():
        _look_at(block, survey, file)
    schema = pa.schema([field_of(key, shape) for key, shape in survey.shape.items()])
    read = _reader(file, schema)
    same = [known is not None and known.equals(schema) for known in survey.schemas]
    survey.store.seek(0)
    blocks = iter(()) if all(same) else file.blocks()
    for number, known in enumerate(survey.schemas):
        again = next(blocks, None)
        table = None if known is None else survey.kept()
        if same[number] and table is not None:
            yield table
        elif again is not None:
            yield read(again)


def _look_at(block: Block, survey: _Survey, file: JsonFile) -> None:
    table = _arrow_table(block)
    if table is not None:
        file.require_objects(block, table)
    shape = None if table is None else shape_of_table(table)
    if shape is None:
        table, shape = None, _shape_by_row(block, survey.shape, file)
    survey.shape = merged_rows(survey.shape, shape)
    if not survey.shape:
        raise FormatError(f"{file.name}: rows from byte {block.offset} have no columns at all.")
    if words := ragged_words(survey.shape):
        raise _ragged(block, words, survey.shape, file)
    survey.keep(table)


def _arrow_table(block: Block) -> pa.Table | None:
    try:
        table = read_json(block.data)
        # Dates are text here; and null as the first item of a list makes Arrow's reader, where it
        # has to guess the type, give a damaged array.
        schema = text_schema(table.schema)
        if schema.equals(table.schema) and _is_sound(table):
            return table
        return read_json(block.data, schema)
    except pa.ArrowInvalid:  # ragged or damaged: reading by row will say
        return None


def _is_sound(table: pa.Table) -> bool:
    try:
        table.validate()
    except pa.ArrowInvalid:
        return False
    return True


def _shape_by_row(block: Block, shape: dict[str, Shape], file: JsonFile) -> dict[str, Shape]:
    for offset, row in file.rows_of(block):
        shape = merged_rows(shape, row_shape(row))
        if words := ragged_words(shape):
            raise _ragged(Block(offset, b""), words, shape, file)
    return shape


def _by_row(block: Block, shape: dict[str, Shape], schema: pa.Schema, file: JsonFile) -> pa.Table:
    encode = [
        (key, inner) for key, inner in shape.items() if has_json(inner) or speaks_in_parts(inner)
    ]
    rows = []
    for _, row in file.rows_of(block):
        for key, inner in encode:
            if row.get(key) is not None:
                row[key] = encoded(row[key], inner)
        rows.append(row)
    return _in_types(pa.Table.from_pylist(rows, schema=text_schema(schema)), schema)


def _with_schema(block: Block, schema: pa.Schema, file: JsonFile) -> pa.Table:
    try:
        table = read_json(block.data, text_schema(schema))
    except pa.ArrowInvalid as error:
        if speaks_in_parts(shape := {column.name: shape_of_field(column) for column in schema}):
            return _by_row(block, shape, schema, file)
        for _ in file.rows_of(block):
            pass  # raises where the block is no JSON at all
        raise FormatError(
            f"{file.name}: rows from byte {block.offset} do not fit: {error}."
        ) from error
    file.require_objects(block, table)
    return _in_types(table, schema)


def _in_types(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [with_bytes(_one(table[column.name]), column.type) for column in schema]
    return pa.table(columns, schema=schema)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])


def _ragged(block: Block, words: str, shape: dict[str, Shape], file: JsonFile) -> FormatError:
    return FormatError(
        f"{file.place(block.offset)}: {words} is of another kind here than in the rows "
        "before. Expected one kind in all turns: text, or a list of typed parts "
        '([{"type": "text", "text": "…"}, …]). Write all as text, or all as parts.'
    )
