"""How alike two texts are: the exact Jaccard similarity of their shingles, for many pairs at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hf_sft_builders.quality.shingles import Shingles

ShinglesAt = Callable[[np.ndarray], Shingles]
"""Takes row numbers; gives the shingles of these rows."""

_NUMBERS_AT_ONCE = 4_000_000
_ROWS_AT_ONCE = 4096


def similarities(
    left: np.ndarray, right: np.ndarray, left_at: ShinglesAt, right_at: ShinglesAt
) -> np.ndarray:
    """Give the Jaccard similarity of pairs of rows.

    Args:
        left: Row numbers.
        right: Row numbers, as many.
        left_at: Gives the shingles of rows of `left`.
        right_at: Gives the shingles of rows of `right`.

    Returns:
        float64 in [0, 1], one per pair.
    """
    found = np.zeros(len(left))
    order = np.lexsort((right, left))
    for start in range(0, len(order), _ROWS_AT_ONCE):
        part = order[start : start + _ROWS_AT_ONCE]
        found[part] = _of_some(left[part], right[part], left_at, right_at)
    return found


def _of_some(
    left: np.ndarray, right: np.ndarray, left_at: ShinglesAt, right_at: ShinglesAt
) -> np.ndarray:
    """Read each row that these pairs name once, and compare."""
    left_rows, left_places = np.unique(left, return_inverse=True)
    right_rows, right_places = np.unique(right, return_inverse=True)
    a, b = distinct(left_at(left_rows)), distinct(right_at(right_rows))
    sizes = np.diff(a.offsets)[left_places] + np.diff(b.offsets)[right_places]
    ends = np.searchsorted(
        np.cumsum(sizes), np.arange(1, sizes.sum() // _NUMBERS_AT_ONCE + 2) * _NUMBERS_AT_ONCE
    )
    parts = np.split(np.arange(len(sizes)), np.unique(ends[ends < len(sizes)] + 1))
    return np.concatenate([_jaccard(a, b, left_places[p], right_places[p]) for p in parts])


def _jaccard(a: Shingles, b: Shingles, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Count what two sets share by sorting them together."""
    one, of_one = _gathered(a, left)
    other, of_other = _gathered(b, right)
    pair = np.concatenate([of_one, of_other])
    hashes = np.concatenate([one, other])
    order = np.lexsort((hashes, pair))
    pair, hashes = pair[order], hashes[order]
    same = (hashes[1:] == hashes[:-1]) & (pair[1:] == pair[:-1])
    shared = np.bincount(pair[1:][same], minlength=len(left))
    total = np.bincount(pair, minlength=len(left))
    return np.asarray(shared / np.maximum(1, total - shared))


def _gathered(shingles: Shingles, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts, lengths = shingles.offsets[rows], np.diff(shingles.offsets)[rows]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    return shingles.hashes[places], np.repeat(np.arange(len(rows)), lengths)


def distinct(shingles: Shingles) -> Shingles:
    """Give each shingle of a text once."""
    count = len(shingles.offsets) - 1
    row = np.repeat(np.arange(count), np.diff(shingles.offsets))
    order = np.lexsort((shingles.hashes, row))
    hashes, row = shingles.hashes[order], row[order]
    first = np.ones(len(hashes), dtype=bool)
    first[1:] = (hashes[1:] != hashes[:-1]) | (row[1:] != row[:-1])
    counts = np.bincount(row[first], minlength=count)
    return Shingles(hashes[first], np.concatenate([[0], np.cumsum(counts)]))
