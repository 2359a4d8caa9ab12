"""Tables: rows of cells that stand in columns, written as Markdown pipe tables.

A PDF has no tables, only words in places. Rows with several lines that are aligned from row to
row make a table; how the cells are written (wrapped, centred, with gaps) is told by distances.

The traps: a list's numbers stand in a column too (they were joined to their words before); a cell
that is centred beside a wrapped one stands *between* its lines; and code may be set in columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from hf_sft_builders.documents.pdf_lines import Line, joined
from hf_sft_builders.documents.pipe_tables import pipe_table
from hf_sft_builders.documents.word_joining import join_words

_Row = list[Line]

_LINES_ABOVE = 3
"""How many lines of a wrapped cell may stand above the first row of cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of a table, row by row, each row as long as the others."""

    cells: tuple[tuple[str, ...], ...]
    page: int

    def markdown(self) -> str:
        """Write a pipe table; its first row is the header."""
        return pipe_table(self.cells)


def with_tables(rows: Sequence[_Row]) -> Iterator[Line | Table]:
    """Give the rows of one column as lines, tables in their places."""
    several = [index for index, row in enumerate(rows) if len(row) > 1]
    index = 0
    for first in several:
        while index <= first:
            region = None if index < first - _LINES_ABOVE else _Region.starting_at(rows, index)
            if region is None:
                yield joined(rows[index])
                index += 1
            else:
                yield region.table()
                index = region.end
    for row in rows[index:]:
        yield row[0]


class _Region:
    """Rows that are aligned with each other, and the columns that they stand in."""

    def __init__(self, rows: Sequence[_Row], start: int) -> None:
        self._rows, self._start = rows, start
        self.end = start + 1
        self._columns = [(line.left, line.right) for line in rows[start]]
        self._pitch = 0.0

    @classmethod
    def starting_at(cls, rows: Sequence[_Row], start: int) -> _Region | None:
        """Find the region whose first row this is, if it is a table at all."""
        first = _first_row(rows, start)
        if first is None:
            return None
        region = cls(rows, first)
        region._grow_down()
        region._grow_up(start)
        region._unite_columns()
        return region if region._start == start and region._is_table() else None

    def table(self) -> Table:
        """Sort the words into cells."""
        cells = [
            tuple(_cell_text(group, column) for column in range(len(self._columns)))
            for group in self._table_rows()
        ]
        return Table(tuple(cells), self._rows[self._start][0].page)

    def _inside(self) -> Sequence[_Row]:
        return self._rows[self._start : self.end]

    def _grow_down(self) -> None:
        last_full = self.end
        while self.end < len(self._rows) and self._takes(self._rows[self.end]):
            self.end += 1
            if len(self._rows[self.end - 1]) > 1:
                last_full = self.end
        while self.end > last_full and not self._is_wrapped(self.end - 1):
            self.end -= 1

    def _is_wrapped(self, index: int) -> bool:
        """Whether a row of one cell goes on with a cell above rather than with a paragraph."""
        row, before = self._rows[index], self._rows[index - 1]
        return row[0].top - before[0].top <= 1.35 * row[0].size

    def _grow_up(self, first: int) -> None:
        """Take the beginning of a cell that starts above the other cells of the first row."""
        for index in range(self._start - 1, first - 1, -1):
            row = self._rows[index]
            distance = self._rows[index + 1][0].top - row[0].top
            if len(row) > 1 or distance > 1.35 * row[0].size or not self._place(row):
                return
            self._start = index

    def _takes(self, row: _Row) -> bool:
        before = self._rows[self.end - 1]
        distance = row[0].top - before[0].top
        if distance > max(3.2 * row[0].size, 1.8 * self._pitch) or _is_code(row):
            return False
        if abs(row[0].size - before[0].size) > 0.25 * before[0].size or not self._place(row):
            return False
        if len(row) > 1:
            self._pitch = max(self._pitch, distance)
        return True

    def _place(self, row: _Row) -> bool:
        """Put each line of the row into a column, or into a new one between them."""
        columns = list(self._columns)
        for line in row:
            touched = [c for c in columns if line.left < c[1] - 1 and line.right > c[0] + 1]
            if len(touched) > 1 or (not touched and len(row) == 1):
                return False
            old = touched[0] if touched else (line.left, line.right)
            columns = [c for c in columns if c is not old]
            columns.append((min(old[0], line.left), max(old[1], line.right)))
        self._columns = sorted(columns)
        return True

    def _sorted_lines(self) -> list[list[tuple[int, Line]]]:
        """Give the rows, each line with its column: the one that it shares most with."""
        return [[(self._column_of(line), line) for line in row] for row in self._inside()]

    def _column_of(self, line: Line) -> int:
        best, most = 0, float("-inf")
        for index, (start, end) in enumerate(self._columns):
            shared = (line.right if line.right < end else end) - (
                line.left if line.left > start else start
            )
            if shared > most:
                best, most = index, shared
        return best

    def _unite_columns(self) -> None:
        """A narrow header beside its right-aligned numbers looks like two columns: unite them."""
        most = max(len(row) for row in self._inside())
        while len(self._columns) > most:
            filled = [{column for column, _ in row} for row in self._sorted_lines()]
            pairs = range(len(self._columns) - 1)
            free = [i for i in pairs if not any({i, i + 1} <= columns for columns in filled)]
            if not free:
                return
            near = min(free, key=lambda i: self._columns[i + 1][0] - self._columns[i][1])
            united = (self._columns[near][0], self._columns[near + 1][1])
            self._columns[near : near + 2] = [united]

    def _is_table(self) -> bool:
        full = [row for row in self._inside() if len(row) > 1]
        if len(full) < 2 or len(self._columns) < 2:
            return False
        columns: list[list[Line]] = [[] for _ in self._columns]
        for column, line in chain.from_iterable(self._sorted_lines()):
            columns[column].append(line)
        return sum(map(_is_aligned, columns)) >= 0.6 * len(columns)

    def _table_rows(self) -> list[list[tuple[int, Line]]]:
        """Unite the rows of words that are one row of the table."""
        placed = self._sorted_lines()
        leading = _leading(placed)
        groups = [placed[0]]
        for row in placed[1:]:
            if _continues(groups[-1], row, leading):
                groups[-1] = groups[-1] + row
            else:
                groups.append(row)
        return groups


def _first_row(rows: Sequence[_Row], start: int) -> int | None:
    """Find the first row of several cells, at most a wrapped cell's lines below the start."""
    for index in range(start, min(start + _LINES_ABOVE + 1, len(rows))):
        if _is_code(rows[index]):
            return None
        if len(rows[index]) > 1:
            return index
        follows = index + 1 < len(rows) and rows[index + 1][0].top - rows[index][0].top
        if not follows or follows > 1.35 * rows[index][0].size:
            return None
    return None


def _is_code(row: _Row) -> bool:
    return all(line.mono for line in row)


def _is_aligned(lines: Sequence[Line]) -> bool:
    """Whether most cells of a column share an edge or their middle."""
    if len(lines) < 2:
        return False
    return (
        _share_place([line.left for line in lines]) >= 0.6
        or _share_place([line.right for line in lines]) >= 0.6
        or _share_place([(line.left + line.right) / 2 for line in lines]) >= 0.6
    )


def _share_place(places: Sequence[float]) -> float:
    most = max(sum(1 for other in places if abs(other - place) < 3) for place in places)
    return most / len(places)


def _leading(placed: Sequence[Sequence[tuple[int, Line]]]) -> float:
    """The distance of lines within a wrapped cell; 0 where no cell is wrapped."""
    last: dict[int, Line] = {}
    steps: list[float] = []
    hanging = False
    for index, row in enumerate(placed):
        found = [line.top - last[column].top for column, line in row if column in last]
        # How far the header keeps away from the first row says nothing about wrapping.
        steps.extend(found if index > 1 else [])
        hanging = hanging or (index > 0 and all(column > 0 for column, _ in row))
        last.update(row)
    size, smallest = placed[0][0][1].size, min(steps, default=0.0)
    uneven = max(steps, default=0.0) > 1.2 * smallest and smallest <= 1.8 * size
    return smallest if uneven or (hanging and smallest <= 1.35 * size) else 0.0


def _continues(
    group: Sequence[tuple[int, Line]], row: Sequence[tuple[int, Line]], leading: float
) -> bool:
    """Whether the row's words belong to cells that were begun in the group."""
    if not leading:
        return False
    last = dict(group)
    steps = [line.top - last[column].top for column, line in row if column in last]
    if not steps:
        return row[0][1].top - group[-1][1].top < 0.9 * leading
    if leading > 1.35 * row[0][1].size and any(column == 0 for column, _ in row):
        return False
    return min(steps) <= 1.1 * leading


def _cell_text(group: Iterable[tuple[int, Line]], column: int) -> str:
    lines = sorted((line for place, line in group if place == column), key=lambda line: line.top)
    text = lines[0].text if lines else ""
    for _, line in pairwise(lines):
        text = join_words(text, line.text)
    return text
