"""Rows of one template: buckets for rows that share so much that MinHash cannot tell them apart.

Where hundreds of rows share a long text and differ in what was filled in, all of them meet in the
buckets of MinHash, and every pair would have to be compared. Such rows are joined by their rarest
shingles instead, and no pair is lost by it (prefix filter with positions: Bayardo et al. 2007, Xiao et
al. 2008). With all shingles in one order, rarest first, let the first one that two rows share stand
behind p others in a row of x shingles, and behind q in a row of y. What they share is at most
min(x - p, y - q), and a similarity of t takes t / (1 + t) · (x + y). So of each row only the rarest
shingles count, each with the most shingles that a partner may have; what comes from the template
stands behind them and counts only for rows with hardly anything filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hf_sft_builders.quality.shingles import Shingles
from hf_sft_builders.quality.similarity import ShinglesAt, distinct, readable_at_once

ANY = np.iinfo(np.int32).max
"""A partner of any size."""
CROWD = 64
"""Rows of a bucket from which on they are joined by their rarest shingles."""
_PAIRS_AT_ONCE = 2_000_000
_CELLS = 24
"""Bits of the number by which shingles are counted; those that share one count together."""
_SHIFT = np.uint64(44 - _CELLS)
_SLACK = 1e-6


@dataclass(frozen=True)
class RareShingles:
    """The rarest shingles of rows, as far as pairs at the threshold may meet in them."""

    shingle: np.ndarray
    """uint64."""
    row: np.ndarray
    """int32: the row that has it."""
    most: np.ndarray
    """int32: the most shingles of a partner that is met here."""


def rare_shingles(
    rows: np.ndarray,
    shingles_at: ShinglesAt,
    threshold: float,
    sizes: np.ndarray,
    lengths: np.ndarray,
) -> RareShingles:
    """Give the shingles by which rows find each other; reads the rows twice.

    Args:
        rows: Row numbers.
        shingles_at: Gives their shingles.
        threshold: Least similarity of a pair that must be found.
        sizes: int32 per row of the dataset; how many different shingles these rows have is noted.
        lengths: int64 per row number given, how many shingles it has: fewer of long ones are read at once.
    """
    counts = _counts(rows, shingles_at, sizes, lengths)
    # Two rows meet in a shingle only if the one with fewer may meet its like there.
    led = np.zeros(1 << _CELLS, dtype=bool)
    parts = []
    for some, found in _batches(rows, shingles_at, lengths):
        part = _rarest(some, found, counts, threshold, 2)
        led[_cells(part.shingle[part.most >= sizes[part.row]])] = True
        parts.append(part)
    parts = [_only(part, led[_cells(part.shingle)]) for part in parts]
    return _together(parts)


@dataclass(frozen=True)
class Crowd:
    """Rows that share much, to be met by others in their rarest shingles."""

    rare: RareShingles
    """Ascending by shingle."""
    counts: np.ndarray
    """int32 per cell: how often its shingles are there."""
    sizes: np.ndarray
    """int32 per row: how many different shingles it has."""
    threshold: float

    def met_by(self, shingles: Shingles) -> tuple[np.ndarray, np.ndarray]:
        """Give texts and rows of the crowd that may be alike; a pair may come more than once."""
        found = distinct(shingles)
        size = np.diff(found.offsets)
        ours = _rarest(np.arange(len(size)), found, self.counts, self.threshold, 1)
        low = np.searchsorted(self.rare.shingle, ours.shingle, side="left")
        count = np.searchsorted(self.rare.shingle, ours.shingle, side="right") - low
        parts = np.cumsum(count) // _PAIRS_AT_ONCE
        borders = np.flatnonzero(np.diff(parts)) + 1
        pairs = [np.zeros((2, 0), dtype=np.int64)]
        for some in np.split(np.arange(len(count)), borders):
            step = np.arange(count[some].sum())
            step -= np.repeat(np.cumsum(count[some]) - count[some], count[some])
            own, place = np.repeat(some, count[some]), np.repeat(low[some], count[some]) + step
            here, there = ours.row[own].astype(np.int64), self.rare.row[place].astype(np.int64)
            fits = self.sizes[there] <= ours.most[own]
            fits &= size[here] <= self.rare.most[place]
            pairs.append(np.unique(np.stack([here[fits], there[fits]]), axis=1))
        here, there = np.concatenate(pairs, axis=1)
        return here, there


def crowd_of(
    rows: np.ndarray, shingles_at: ShinglesAt, threshold: float, total: int, lengths: np.ndarray
) -> Crowd:
    """Make a crowd of some of `total` rows; see `rare_shingles`."""
    sizes = np.zeros(total, dtype=np.int32)
    counts = _counts(rows, shingles_at, sizes, lengths)
    parts = [
        _rarest(some, found, counts, threshold, 1)
        for some, found in _batches(rows, shingles_at, lengths)
    ]
    rare = _together(parts)
    order = np.argsort(rare.shingle, kind="stable")
    return Crowd(
        RareShingles(rare.shingle[order], rare.row[order], rare.most[order]),
        counts,
        sizes,
        threshold,
    )


def _together(parts: list[RareShingles]) -> RareShingles:
    return RareShingles(
        np.concatenate([part.shingle for part in parts]),
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.most for part in parts]),
    )


def _counts(
    rows: np.ndarray, shingles_at: ShinglesAt, sizes: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    counts = np.zeros(1 << _CELLS, dtype=np.int32)
    for some, found in _batches(rows, shingles_at, lengths):
        np.add.at(counts, _cells(found.hashes), 1)
        sizes[some] = np.diff(found.offsets)
    return counts


def _batches(
    rows: np.ndarray, shingles_at: ShinglesAt, lengths: np.ndarray
) -> Iterator[tuple[np.ndarray, Shingles]]:
    for part in readable_at_once(lengths):
        yield rows[part], distinct(shingles_at(rows[part]))


def _cells(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> _SHIFT).astype(np.int64)


def _rarest(
    rows: np.ndarray, found: Shingles, counts: np.ndarray, threshold: float, least: int
) -> RareShingles:
    lengths = np.diff(found.offsets)
    place = np.repeat(np.arange(len(rows)), lengths)
    often = counts[_cells(found.hashes)]
    order = np.lexsort((found.hashes, often, place))
    left = np.repeat(found.offsets[1:], lengths) - np.arange(len(order))  # this one and behind it
    size = lengths[place]
    keep = (left >= threshold * size - _SLACK) & (often[order] >= least)
    most = np.floor(left[keep] * (1 + threshold) / threshold - size[keep] + _SLACK)
    row = rows[place[keep]].astype(np.int32)
    return RareShingles(found.hashes[order][keep], row, most.astype(np.int32))


def _only(part: RareShingles, mask: np.ndarray) -> RareShingles:
    return RareShingles(part.shingle[mask], part.row[mask], part.most[mask])
