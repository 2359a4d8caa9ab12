"""Tables: the first column names the row, each other cell answers the question for its column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hf_sft_builders.synthesis.extractive.blocks import Block, Span
from hf_sft_builders.synthesis.extractive.cells import Cell
from hf_sft_builders.synthesis.extractive.owners import is_name_key, owner_of
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.table_headers import headers_and_body
from hf_sft_builders.synthesis.extractive.titles import plain
from hf_sft_builders.synthesis.extractive.wording import RowWording, row_wording, wording

LONGEST_NAME = 60


def find_cells(section: Section) -> Iterable[Pair]:
    """Ask for each cell of each table that names its rows."""
    for block in section.blocks:
        if block.kind == "table" and len(block.rows) > 1:
            properties = _are_properties(section, block)
            yield from (_properties if properties else _cells)(section, block)


def _are_properties(section: Section, block: Block) -> bool:
    """Tell whether the table has no header, but a property of one thing in each row."""
    if any(len(row) != 2 for row in block.rows):
        return False
    first, *keys = (plain(section.words(row[0])) for row in block.rows)
    words = wording(section.language(first or keys[0]))
    known = sum(words.is_known_attribute(key) for key in keys)
    return (not first or is_name_key(first) or words.is_known_attribute(first)) and known > 0


def _properties(section: Section, block: Block) -> Iterator[Pair]:
    language = section.language(section.words(block.rows[1][0]))
    words, rows = wording(language), block.rows
    first, value = (plain(section.words(span)) for span in rows[0])
    owner = words.subject(value) if is_name_key(first) else owner_of(section, language)
    for key, cell in rows if words.is_known_attribute(first) else rows[1:]:
        if owner and not row_wording(language).is_empty(section.words(cell)):
            question = words.attribute(owner, plain(section.words(key)), section.words(cell))
            yield from pair(section.text, question, *cell, "table")


class _Table(NamedTuple):
    """A table whose rows have names."""

    headers: list[str]
    rows: list[tuple[Span, ...]]
    first: int
    """The column of the names."""
    units: int
    """The column of units, or -1."""


def _cells(section: Section, block: Block) -> Iterator[Pair]:
    language = section.language(section.words(block.rows[0][0]))
    words, table = row_wording(language), _read(section, block, row_wording(language))
    if table is None:
        return
    names = Counter(_name(section, table, row).casefold() for row in table.rows)
    owner = owner_of(section, language)
    for row in table.rows:
        name = _name(section, table, row)
        # A name that stands in two rows does not say which of them is asked for.
        if not 0 < len(name) <= LONGEST_NAME or names[name.casefold()] > 1 or words.is_empty(name):
            continue
        for column, header in enumerate(table.headers):
            value = section.words(row[column])
            if column <= table.first or column == table.units or words.is_empty(value):
                continue
            if plain(value) == name:  # The name's cell is merged over this column.
                continue
            unit = section.words(row[table.units]) if table.units >= 0 else ""
            cell = Cell(
                name, table.headers[table.first], header, value, owner, _heading(section),
                "" if words.is_empty(unit) else unit, section.work,
            )  # fmt: skip
            yield from pair(section.text, words.cell_question(cell), *row[column], "table")


def _read(section: Section, block: Block, words: RowWording) -> _Table | None:
    headers, body = headers_and_body(section, block)
    rows = [row for row in body if len(row) == len(headers)]
    kind = words.first_column(headers[0]) if headers else ""
    first = _naming_column(section, headers, rows, kind)
    units = next((n for n, header in enumerate(headers) if words.is_unit_column(header)), -1)
    return None if first is None else _Table(headers, rows, first, units)


def _name(section: Section, table: _Table, row: tuple[Span, ...]) -> str:
    return plain(section.words(row[table.first]))


def _heading(section: Section) -> str:
    return " ".join(section.path[-1:])


def _naming_column(
    section: Section, headers: list[str], rows: list[tuple[Span, ...]], kind: str
) -> int | None:
    """Give the column that names the rows: the second where the first only counts them."""
    if len(headers) < 2 or not rows or not headers[0]:
        return None
    if kind != "number":
        return 0
    counted = all(re.fullmatch(r"\d{1,3}\.?", section.words(row[0])) for row in rows)
    return 1 if counted and len(headers) > 2 and headers[1] else None
