"""Grids that are drawn on a page: columns, rows, and the cells that are merged in them.

The lines of one grid touch each other. Between two neighbouring slots there is a wall where a line
is drawn; slots without a wall between them are one merged cell.

The traps: a border is often several lines, one for each cell; outer borders may be missing; and
boxes of a drawing touch as well, so cells that are no rectangles are no table's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

Rule = tuple[float, float, float, float]
"""Left, top, right and bottom of a line that is drawn."""
Slot = tuple[int, int]
"""Row and column, counted from 0."""

THICKEST = 3.0
"""Of a line, in points."""
_SHORTEST = 6.0
_NEAR = 3.0
"""Lines that are not farther from each other stand in one place."""
_MOST_PAIRS = 40_000
_MOST_SLOTS = 10_000

_Wall = tuple[float, float, float]
"""Its place across, and where it begins and ends."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Edges of columns and rows, and for each slot the first slot of the cell that it is in."""

    across: tuple[float, ...]
    down: tuple[float, ...]
    cells: dict[Slot, Slot]

    def slot_at(self, x: float, y: float) -> Slot | None:
        """Give the slot around a point, if it lies within the grid."""
        row, column = bisect_right(self.down, y) - 1, bisect_right(self.across, x) - 1
        return (row, column) if (row, column) in self.cells else None

    def sides(self, cell: Slot) -> tuple[float, float]:
        """Give the left and the right side of a cell."""
        columns = [column for (_, column), owner in self.cells.items() if owner == cell]
        return self.across[min(columns)], self.across[max(columns) + 1]


def grids(rules: Sequence[Rule]) -> list[Grid]:
    """Find the grids of at least two rows and two columns, from the top down."""
    level = _united(
        [((y0 + y1) / 2, x0, x1) for x0, y0, x1, y1 in rules if y1 - y0 <= THICKEST < x1 - x0]
    )
    upright = _united(
        [((x0 + x1) / 2, y0, y1) for x0, y0, x1, y1 in rules if x1 - x0 <= THICKEST < y1 - y0]
    )
    if len(level) * len(upright) > _MOST_PAIRS:
        return []
    found = [_grid(*walls) for walls in _touching(level, upright)]
    return sorted((grid for grid in found if grid), key=lambda grid: grid.down[0])


def _united(walls: Sequence[_Wall]) -> list[_Wall]:
    """Make one wall of those that go on from each other in one place."""
    found: list[_Wall] = []
    for group in _grouped(walls):
        place = sum(wall[0] for wall in group) / len(group)
        begin, end = group[0][1:]
        for _, first, last in group[1:]:
            if first > end + _NEAR:
                found.append((place, begin, end))
                begin, end = first, last
            end = max(end, last)
        found.append((place, begin, end))
    return [wall for wall in found if wall[2] - wall[1] > _SHORTEST]


def _grouped(walls: Sequence[_Wall]) -> list[list[_Wall]]:
    groups: list[list[_Wall]] = []
    for wall in sorted(walls):
        if groups and wall[0] - groups[-1][0][0] <= _NEAR:
            groups[-1].append(wall)
        else:
            groups.append([wall])
    return [sorted(group, key=lambda wall: wall[1]) for group in groups]


def _touching(level: list[_Wall], upright: list[_Wall]) -> list[tuple[list[_Wall], list[_Wall]]]:
    """Give the walls of each group that hangs together."""
    parts: list[tuple[list[_Wall], list[_Wall]]] = []
    for wall in level:
        crossing = [other for other in upright if _meet(wall, other)]
        if not crossing:
            continue
        reached = [part for part in parts if any(other in part[1] for other in crossing)]
        joined = [wall, *(one for part in reached for one in part[0])]
        known = {other: None for part in reached for other in part[1]}
        parts = [part for part in parts if part not in reached]
        parts.append((joined, list(known | dict.fromkeys(crossing))))
    return parts


def _meet(level: _Wall, upright: _Wall) -> bool:
    return (
        level[1] - _NEAR <= upright[0] <= level[2] + _NEAR
        and upright[1] - _NEAR <= level[0] <= upright[2] + _NEAR
    )


def _grid(level: list[_Wall], upright: list[_Wall]) -> Grid | None:
    across, down = _edges(upright, level), _edges(level, upright)
    if len(across) < 3 or len(down) < 3 or len(across) * len(down) > _MOST_SLOTS:
        return None
    middle_x = [(a + b) / 2 for a, b in pairwise(across)]
    middle_y = [(a + b) / 2 for a, b in pairwise(down)]

    def left_open(slot: Slot) -> bool:
        return not _stands(upright, across[slot[1]], middle_y[slot[0]])

    def top_open(slot: Slot) -> bool:
        return not _stands(level, down[slot[0]], middle_x[slot[1]])

    size = (len(middle_y), len(middle_x))
    cells = _cells(size, left_open, top_open)
    return Grid(across, down, cells) if _are_rectangles(cells) else None


def _edges(walls: Sequence[_Wall], others: Sequence[_Wall]) -> tuple[float, ...]:
    """Give the places of walls, and the ends of those that cross them: an open side has no wall."""
    places = [wall[0] for wall in walls]
    places += [min(other[1] for other in others), max(other[2] for other in others)]
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > _NEAR:
            edges.append(place)
    return tuple(edges)


def _stands(walls: Sequence[_Wall], place: float, along: float) -> bool:
    return any(abs(at - place) <= _NEAR and begin <= along <= end for at, begin, end in walls)


def _cells(
    size: Slot, left_open: Callable[[Slot], bool], top_open: Callable[[Slot], bool]
) -> dict[Slot, Slot]:
    """Give each slot the first slot that is reached from it without crossing a wall."""
    slots = list(product(range(size[0]), range(size[1])))
    joined: dict[Slot, list[Slot]] = {slot: [] for slot in slots}
    for slot in slots:
        row, column = slot
        for neighbour, is_open in (((row, column - 1), left_open), ((row - 1, column), top_open)):
            if neighbour in joined and is_open(slot):
                joined[slot].append(neighbour)
                joined[neighbour].append(slot)
    owners: dict[Slot, Slot] = {}
    for first in slots:
        waiting = [first] if first not in owners else []
        while waiting:
            slot = waiting.pop()
            owners[slot] = first
            waiting += [other for other in joined[slot] if other not in owners]
    return {slot: owners[slot] for slot in slots}


def _are_rectangles(cells: dict[Slot, Slot]) -> bool:
    slots: dict[Slot, list[Slot]] = {}
    for slot, owner in cells.items():
        slots.setdefault(owner, []).append(slot)
    return all(
        len(own) == (own[-1][0] - own[0][0] + 1) * (max(c for _, c in own) - own[0][1] + 1)
        for own in slots.values()
    )
