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
from hf_sft_builders.quality.similarity import ShinglesAt, distinct

ANY = np.iinfo(np.int32).max
"""A partner of any size."""
CROWD = 64
"""Rows of a bucket from which on they are joined by their rarest shingles."""
_ROWS_AT_ONCE = 1000
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
    rows: np.ndarray, shingles_at: ShinglesAt, threshold: float, sizes: np.ndarray
) -> RareShingles:
    """Give the shingles by which rows find each other; reads the rows twice.

    Args:
        rows: Row numbers.
        shingles_at: Gives their shingles.
        threshold: Least similarity of a pair that must be found.
        sizes: int32 per row of the dataset; how many different shingles these rows have is noted.
    """
    counts = np.zeros(1 << _CELLS, dtype=np.int32)
    for some, found in _batches(rows, shingles_at):
        np.add.at(counts, _cells(found.hashes), 1)
        sizes[some] = np.diff(found.offsets)
    # Two rows meet in a shingle only if the one with fewer may meet its like there.
    led = np.zeros(1 << _CELLS, dtype=bool)
    parts = []
    for some, found in _batches(rows, shingles_at):
        part = _rarest(some, found, counts, threshold)
        led[_cells(part.shingle[part.most >= sizes[part.row]])] = True
        parts.append(part)
    parts = [_only(part, led[_cells(part.shingle)]) for part in parts]
    return RareShingles(
        np.concatenate([part.shingle for part in parts]),
        np.concatenate([part.row for part in parts]),
        np.concatenate([part.most for part in parts]),
    )


def _batches(rows: np.ndarray, shingles_at: ShinglesAt) -> Iterator[tuple[np.ndarray, Shingles]]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        yield some, distinct(shingles_at(some))


def _cells(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> _SHIFT).astype(np.int64)


def _rarest(
    rows: np.ndarray, found: Shingles, counts: np.ndarray, threshold: float
) -> RareShingles:
    lengths = np.diff(found.offsets)
    place = np.repeat(np.arange(len(rows)), lengths)
    often = counts[_cells(found.hashes)]
    order = np.lexsort((found.hashes, often, place))
    left = np.repeat(found.offsets[1:], lengths) - np.arange(len(order))  # this one and behind it
    size = lengths[place]
    keep = (left >= threshold * size - _SLACK) & (often[order] > 1)
    most = np.floor(left[keep] * (1 + threshold) / threshold - size[keep] + _SLACK)
    row = rows[place[keep]].astype(np.int32)
    return RareShingles(found.hashes[order][keep], row, most.astype(np.int32))


def _only(part: RareShingles, mask: np.ndarray) -> RareShingles:
    return RareShingles(part.shingle[mask], part.row[mask], part.most[mask])
