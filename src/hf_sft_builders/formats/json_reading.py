"""JSON and JSON Lines to Arrow tables of one schema, in bounded memory.

What the columns are is known only at the end of a file, so its tables wait till then: in memory if
they are small, else in a temporary file. Arrow's own reader does the work; rows that it would change
(see `json_shapes`), and blocks that turn out to have other columns, are read again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_blocks import Block, json_blocks
from hf_sft_builders.formats.json_columns import read_json, text_schema, with_bytes
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

Opening = Callable[[], AbstractContextManager[IO[bytes]]]
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


def read_json_tables(
    opening: Opening, name: str, schema: pa.Schema | None = None
) -> Iterator[pa.Table]:
    """Give the rows of a JSON or JSON Lines file.

    Args:
        opening: Opens the file from its beginning; called twice for large files.
        name: Of the file, for errors.
        schema: What the columns are, if that is known: fields that are absent are null then.

    Raises:
        FormatError: on a row that is no JSON object; it names line and byte.
    """
    empty = True
    with tempfile.SpooledTemporaryFile(_KEPT_BYTES) as store:
        if schema is None:
            tables = _surveyed_tables(opening, name, _Survey(store))
        else:
            read = _reader(opening, name, schema)
            tables = (read(block) for block in _blocks(opening, name))
        for table in tables:
            empty = False
            yield table
    if empty:
        yield (schema or pa.schema([])).empty_table()


def _blocks(opening: Opening, name: str) -> Iterator[Block]:
    with opening() as stream:
        for block in json_blocks(stream, name):
            _require_utf8(block, opening, name)
            yield block


def _require_utf8(block: Block, opening: Opening, name: str) -> None:
    """Stop at bytes that are no UTF-8; Arrow's reader would hand them on as text."""
    offsets = pa.py_buffer(np.array([0, len(block.data)], np.int64))
    text = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), 1, [None, offsets, pa.py_buffer(block.data)]
    )
    try:
        text.cast(pa.large_string())
    except pa.ArrowInvalid:
        try:
            block.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{_place(opening, name, block.offset + error.start)}: found "
                f"{error.object[error.start : error.start + 8]!r}, expected UTF-8. Name the "
                "encoding: encoding='gb18030' (hf-sft: --encoding gb18030)."
            ) from error


def _reader(opening: Opening, name: str, schema: pa.Schema) -> Callable[[Block], pa.Table]:
    """Give what reads a block whose columns are known."""
    known = {column.name: shape_of_field(column) for column in schema}
    if rows_have_json(known):
        return partial(_by_row, shape=known, schema=schema, opening=opening, name=name)
    return partial(_with_schema, schema=schema, opening=opening, name=name)


def _surveyed_tables(opening: Opening, name: str, survey: _Survey) -> Iterator[pa.Table]:
    for block in _blocks(opening, name):
        _look_at(block, survey, opening, name)
    schema = pa.schema([field_of(key, shape) for key, shape in survey.shape.items()])
    read = _reader(opening, name, schema)
    same = [known is not None and known.equals(schema) for known in survey.schemas]
    survey.store.seek(0)
    blocks = iter(()) if all(same) else _blocks(opening, name)
    for number, known in enumerate(survey.schemas):
        again = next(blocks, None)
        table = None if known is None else survey.kept()
        if same[number] and table is not None:
            yield table
        elif again is not None:
            yield read(again)


def _look_at(block: Block, survey: _Survey, opening: Opening, name: str) -> None:
    table = _arrow_table(block)
    shape = None if table is None else shape_of_table(table)
    if shape is None:
        table, shape = None, _shape_by_row(block, survey.shape, opening, name)
    survey.shape = merged_rows(survey.shape, shape)
    if not survey.shape:
        raise FormatError(f"{name}: rows from byte {block.offset} have no columns at all.")
    if words := ragged_words(survey.shape):
        raise _ragged(block, words, survey.shape, opening, name)
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


def _shape_by_row(
    block: Block, shape: dict[str, Shape], opening: Opening, name: str
) -> dict[str, Shape]:
    for offset, row in _rows(block, opening, name):
        shape = merged_rows(shape, row_shape(row))
        if words := ragged_words(shape):
            raise _ragged(Block(offset, b""), words, shape, opening, name)
    return shape


def _by_row(
    block: Block, shape: dict[str, Shape], schema: pa.Schema, opening: Opening, name: str
) -> pa.Table:
    encode = [
        (key, inner) for key, inner in shape.items() if has_json(inner) or speaks_in_parts(inner)
    ]
    rows = []
    for _, row in _rows(block, opening, name):
        for key, inner in encode:
            if row.get(key) is not None:
                row[key] = encoded(row[key], inner)
        rows.append(row)
    return _in_types(pa.Table.from_pylist(rows, schema=text_schema(schema)), schema)


def _with_schema(block: Block, schema: pa.Schema, opening: Opening, name: str) -> pa.Table:
    try:
        table = read_json(block.data, text_schema(schema))
    except pa.ArrowInvalid as error:
        if speaks_in_parts(shape := {column.name: shape_of_field(column) for column in schema}):
            return _by_row(block, shape, schema, opening, name)
        for _ in _rows(block, opening, name):
            pass  # raises where the block is no JSON at all
        raise FormatError(f"{name}: rows from byte {block.offset} do not fit: {error}.") from error
    return _in_types(table, schema)


def _in_types(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [with_bytes(_one(table[column.name]), column.type) for column in schema]
    return pa.table(columns, schema=schema)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks or [pa.nulls(0, column.type)])


def _rows(block: Block, opening: Opening, name: str) -> Iterable[tuple[int, dict[str, Any]]]:
    offset = block.offset
    for line in block.data.split(b"\n"):
        if line.strip():
            try:
                row = from_json(line, allow_inf_nan=True)
            except ValueError as error:
                raise FormatError(
                    f"{_place(opening, name, offset)}: not valid JSON: {error}. Found: "
                    f"{line[:120].decode('utf-8', 'replace')!r}. Mend or delete this row."
                ) from error
            if not isinstance(row, dict):
                raise FormatError(
                    f"{_place(opening, name, offset)}: found {str(row)[:80]!r}, expected an object "
                    'with the row\'s columns: {"column": value, …}.'
                )
            yield offset, row
        offset += len(line) + 1


def _ragged(
    block: Block, words: str, shape: dict[str, Shape], opening: Opening, name: str
) -> FormatError:
    return FormatError(
        f"{_place(opening, name, block.offset)}: {words} is of another kind here than in the rows "
        "before. Expected one kind in all turns: text, or a list of typed parts "
        '([{"type": "text", "text": "…"}, …]). Write all as text, or all as parts.'
    )


def _place(opening: Opening, name: str, offset: int) -> str:
    """Say which line a byte is in; reads the file again, which only errors do."""
    lines, left = 1, offset
    with opening() as stream:
        while left > 0 and (data := stream.read(min(left, 1 << 20))):
            lines += data.count(b"\n")
            left -= len(data)
    return f"{name}: line {lines}, byte {offset}"
