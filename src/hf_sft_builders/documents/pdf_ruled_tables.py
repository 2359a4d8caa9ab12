"""Tables whose borders are drawn: the words of each cell, merged cells filled.

What is written in a merged cell is repeated in each slot that it covers, as in Word and Excel
files, so that every row says all that it says. A row that is one cell over the whole width stays
outside when it is the first or the last: a title, or a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from hf_sft_builders.documents.pdf_grids import Grid, Slot, grids
from hf_sft_builders.documents.pdf_lines import Line, Page, is_marker, joined, rows
from hf_sft_builders.documents.pdf_tables import Table, with_tables
from hf_sft_builders.documents.word_joining import join_words

_LEAST_FILLED = 0.3
"""The share of cells with words, below which a grid is a chart or a drawing."""
_SLACK = 0.5
"""How far words may reach over a wall, in font sizes."""
_LONGEST = 40
"""Lines in one cell, above which a grid is the page's layout."""


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A table in the place of the lines that stand in it."""

    stand_in: Line
    items: list[Line | Table]


def without_ruled(page: Page, lines: list[Line]) -> tuple[list[Line], list[RuledTable]]:
    """Take the lines of ruled tables out; each table leaves one line where it stood."""
    tables: list[RuledTable] = []
    for grid in grids(page.rules) if page.rules else ():
        inside = [line for line in lines if _slot(grid, line) is not None]
        items = _items(grid, inside)
        if items is not None:
            tables.append(RuledTable(_stand_in(grid, inside[0]), items))
            taken = set(map(id, inside))
            place = lines.index(inside[0])
            rest = [line for line in lines if id(line) not in taken]
            before = sum(1 for line in lines[:place] if id(line) not in taken)
            lines = [*rest[:before], tables[-1].stand_in, *rest[before:]]
    return lines, tables


def with_ruled(found: Sequence[list[Line]], tables: Iterable[RuledTable]) -> Iterator[Line | Table]:
    """Give the rows of one column as lines and tables, ruled ones in their places."""
    items = {id(table.stand_in): table.items for table in tables}
    plain: list[list[Line]] = []
    for row in found:
        ruled = [line for line in row if id(line) in items]
        others = [line for line in row if id(line) not in items]
        if others:
            plain.append(others)
        if ruled:
            yield from with_tables(plain)
            plain = []
        for line in ruled:
            yield from items[id(line)]
    yield from with_tables(plain)


def _slot(grid: Grid, line: Line) -> Slot | None:
    return grid.slot_at((line.left + line.right) / 2, line.middle)


def _stand_in(grid: Grid, line: Line) -> Line:
    bottom = grid.down[0] + line.size
    return replace(
        line, left=grid.across[0], right=grid.across[-1], top=grid.down[0], bottom=bottom
    )


def _items(grid: Grid, inside: Sequence[Line]) -> list[Line | Table] | None:
    """Give title, table and notes; None where this is no table, or a line crosses a wall."""
    words: dict[Slot, list[Line]] = {}
    for line in chain.from_iterable(_pieces(grid, line) for line in inside):
        cell = _cell_around(grid, line)
        if cell is None:
            return None
        words.setdefault(cell, []).append(line)
    if not _is_table(grid, words):
        return None
    first, last = _body(grid)
    lines = [_in_rows(grid, words, rows_) for rows_ in (range(first), range(last, _height(grid)))]
    cells = _table_cells(grid, words, range(first, last))
    return [*lines[0], Table(cells, inside[0].page), *lines[1]] if cells else None


def _cell_around(grid: Grid, line: Line) -> Slot | None:
    """Give the cell that holds the whole line."""
    slot = _slot(grid, line)
    if slot is None:
        return None
    cell = grid.cells[slot]
    left, right = grid.sides(cell)
    slack = _SLACK * line.size
    return cell if left - slack <= line.left and line.right <= right + slack else None


def _pieces(grid: Grid, line: Line) -> list[Line]:
    """Cut a number from the words after it where a wall stands between: they were joined as a list's."""
    mark, _, words = line.text.partition(" ")
    first = grid.slot_at(line.left + _SLACK * line.size, line.middle)
    if not words or not is_marker(mark) or first is None or _cell_around(grid, line) is not None:
        return [line]
    wall = grid.sides(grid.cells[first])[1]
    return [replace(line, text=mark, right=wall), replace(line, text=words, left=wall)]


def _is_table(grid: Grid, words: dict[Slot, list[Line]]) -> bool:
    cells = set(grid.cells.values())
    return (
        len({row for row, _ in words}) > 1
        and len({column for _, column in words}) > 1
        and len(words) >= _LEAST_FILLED * len(cells)
        and max(map(len, words.values())) <= _LONGEST
    )


def _height(grid: Grid) -> int:
    return len(grid.down) - 1


def _body(grid: Grid) -> tuple[int, int]:
    """Give the first row and the end of what is more than one cell wide."""
    wide = [
        row
        for row in range(_height(grid))
        if len({grid.cells[row, column] for column in range(len(grid.across) - 1)}) > 1
    ]
    return (wide[0], wide[-1] + 1) if wide else (0, 0)


def _in_rows(grid: Grid, words: dict[Slot, list[Line]], within: range) -> list[Line]:
    lines = [line for cell, found in words.items() if cell[0] in within for line in found]
    return [joined(row) for row in rows(lines)]


def _table_cells(
    grid: Grid, words: dict[Slot, list[Line]], within: range
) -> tuple[tuple[str, ...], ...]:
    texts = {cell: _text(lines) for cell, lines in words.items()}
    owners = [[grid.cells[row, c] for c in range(len(grid.across) - 1)] for row in within]
    columns = [
        c for c in range(len(grid.across) - 1) if _is_new(list(zip(*owners, strict=True)), c)
    ]
    return tuple(
        tuple(texts.get(owners[row][column], "") for column in columns)
        for row in range(len(owners))
        if _is_new(owners, row) and any(texts.get(cell) for cell in owners[row])
    )


def _is_new(parts: Sequence[Sequence[Slot]], index: int) -> bool:
    """Whether a row or column is another than the one before: not the same cells once more."""
    return index == 0 or list(parts[index]) != list(parts[index - 1])


def _text(lines: Iterable[Line]) -> str:
    text = ""
    for row in rows(lines):
        text = join_words(text, joined(row).text) if text else joined(row).text
    return text
