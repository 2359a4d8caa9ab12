"""What rows say, flat, whatever format they have: what gates look at without a Python loop.

All texts of all rows stand in one array; `row[i]` is the row of text i. Rows of any format go
through the record table; a column can be named instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import Format, get_format, list_formats
from hf_sft_builders.formats.raw_turns import is_text
from hf_sft_builders.formats.rules import fits
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths
from hf_sft_builders.records import LINEAGE

Part = Literal["all", "question", "answer"]
PARTS: tuple[Part, ...] = ("all", "question", "answer")
_ROLES = {"question": ("user",), "answer": ("assistant",)}
_NO_WORDS = {"role", "from", "bytes", "path"}
_Piece = tuple[pa.Array, np.ndarray]


@dataclass(frozen=True)
class Said:
    """Texts of rows, flattened; no nulls."""

    texts: pa.Array
    """string, all texts of all rows, row by row."""
    row: np.ndarray
    """int64, the row of each text, ascending."""
    rows: int
    """How many rows there are, those that say nothing too."""

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add up a number of each text by row."""
        return np.bincount(self.row, weights=values, minlength=self.rows)

    def lengths(self) -> np.ndarray:
        """Count the code points of each text."""
        return np.asarray(pc.utf8_length(self.texts), dtype=np.int64)

    def matching(self, pattern: str) -> np.ndarray:
        """Say for each text whether a pattern (of RE2) is found in it."""
        found = pc.match_substring_regex(self.texts, pattern)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

    def marked(self, texts: np.ndarray) -> Iterator[tuple[int, str]]:
        """Give the marked texts with their rows, in order."""
        places = np.flatnonzero(texts)
        words = self.texts.take(pa.array(places)).to_pylist()
        yield from zip(self.row[places].tolist(), words, strict=True)

    def joined(self, rows: np.ndarray) -> dict[int, str]:
        """Give all that the marked rows say, as one text each."""
        parts: dict[int, list[str]] = {}
        for row, text in self.marked(rows[self.row]):
            parts.setdefault(row, []).append(text)
        return {row: "\n".join(texts) for row, texts in parts.items()}


def said(
    table: pa.Table, part: Part = "all", column: str | None = None, *, wanted: bool = False
) -> Said:
    """Collect what rows say.

    Args:
        table: Rows of any format.
        part: `all`: every word, thoughts, calls and rejected answers too. `question`: what users
            say. `answer`: what the assistant says. A bare text is all three.
        column: A column of text to look at instead.
        wanted: Leave out answers that are marked as undesirable.

    Raises:
        ConfigurationError: for rows of no format, or without the column.
        FormatError: for rows that their format cannot read.
    """
    if column is not None:
        return _flat([(_texts_of(table, column), np.arange(table.num_rows))], table.num_rows)
    records = records_of(table)
    pieces = list(_pieces(records, part))
    if wanted:
        unwanted = np.asarray(pc.equal(as_array(records["desirable"]), False).fill_null(False))
        pieces = [(texts.filter(~unwanted[row]), row[~unwanted[row]]) for texts, row in pieces]
    return _flat(pieces, table.num_rows)


def records_of(table: pa.Table) -> pa.Table:
    """Give rows of any format as records, without the columns that no format knows."""
    known = format_of(table.schema)
    own = [name for name in table.column_names if name in known.schema.names]
    return known.to_records(table.select(own))


def format_of(schema: pa.Schema) -> Format:
    """Find the format of rows by their columns and types.

    Raises:
        ConfigurationError: for rows of no format.
    """
    return _format_of(tuple((field.name, field.type) for field in schema))


@lru_cache(maxsize=256)
def _format_of(columns: tuple[tuple[str, pa.DataType], ...]) -> Format:
    types = dict(columns)
    found = [known for known in map(get_format, list_formats()) if _reads(known, types)]
    if not found:
        told = ", ".join(f"{name}: {kind}" for name, kind in columns)[:300]
        raise ConfigurationError(
            f"These rows have the columns {told or 'none'}, which are no format's. Name the column "
            "of text (column='…'), or convert them first: sft.convert(ds, to='messages', columns=…)."
        )
    return max(found, key=lambda known: _fitness(known, types))


def _reads(known: Format, types: dict[str, pa.DataType]) -> bool:
    own = known.schema
    there = [name for name in own.names if name in types]
    needed = set(own.names) - set(known.defaults)
    if not needed <= set(there) or set(there) <= set(known.defaults):
        return False
    adapted = known.adapt(pa.schema([(n, types[n]) for n in there]).empty_table()).schema
    return all(fits(adapted.field(name).type, own.field(name).type) for name in there)


def _fitness(known: Format, types: dict[str, pa.DataType]) -> tuple[int, bool, int]:
    """More columns explained, then conversations before bare text, then fewer columns missing."""
    there = sum(name in types for name in known.schema.names)
    return there, "messages" in known.holds, there - len(known.schema.names)


def _texts_of(table: pa.Table, column: str) -> pa.Array:
    if column not in table.column_names:
        raise ConfigurationError(
            f"No column {column!r}; the rows have {', '.join(table.column_names) or 'none'}."
        )
    if not fits(table[column].type, pa.string()):
        raise ConfigurationError(f"Column {column!r} is {table[column].type}, expected text.")
    return as_array(table[column].cast(pa.string()))


def _pieces(records: pa.Table, part: Part) -> Iterator[_Piece]:
    yield as_array(records["text"]), np.arange(records.num_rows)
    fields = ("content", "reasoning", "tool_calls") if part == "all" else ("content",)
    columns = ("messages", "rejected") if part == "all" else ("messages",)
    for column in columns:
        turns = Turns.of(records[column])
        if part != "all":
            turns = turns.keep(turns.has_role(*_ROLES[part]))
        yield from ((turns.fields[field], turns.row) for field in fields)


def _flat(pieces: list[_Piece], rows: int) -> Said:
    filled = [(t.filter(t.is_valid()), row[np.asarray(t.is_valid())]) for t, row in pieces]
    filled = [(texts.cast(pa.string()), row) for texts, row in filled if len(texts)]
    if not filled:
        return Said(pa.array([], pa.string()), np.zeros(0, np.int64), rows)
    texts, row = (
        pa.concat_arrays([texts for texts, _ in filled]),
        np.concatenate([r for _, r in filled]),
    )
    if len(filled) > 1:
        order = np.argsort(row, kind="stable")
        texts, row = texts.take(pa.array(order)), row[order]
    return Said(texts, row, rows)


def every_text(table: pa.Table) -> Said:
    """Collect the texts of all columns, however deep: what would leave the house with the rows.

    Lineage, roles and media are left aside.
    """
    pieces: list[_Piece] = []
    for name in table.column_names:
        if name not in LINEAGE:
            _walk(as_array(table[name]), np.arange(table.num_rows), pieces)
    return _flat(pieces, table.num_rows)


def _walk(values: pa.Array, row: np.ndarray, pieces: list[_Piece]) -> None:
    kind = values.type
    if pa.types.is_dictionary(kind):
        _walk(values.dictionary_decode(), row, pieces)
    elif is_text(kind):
        pieces.append((values.cast(pa.string()), row))
    elif pa.types.is_fixed_size_list(kind):
        _walk(values.cast(pa.list_(kind.value_type)), row, pieces)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        _walk(values.flatten(), np.repeat(row, list_lengths(values)), pieces)
    elif pa.types.is_struct(kind):
        for field in kind:
            if field.name not in _NO_WORDS:
                _walk(pc.struct_field(values, [field.name]), row, pieces)
