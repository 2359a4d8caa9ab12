"""How alike two texts are: the exact Jaccard similarity of their shingles, for many pairs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from hf_sft_builders.quality.shingles import Shingles

ShinglesAt = Callable[[np.ndarray], Shingles]
"""Takes row numbers; gives the shingles of these rows."""

_NUMBERS_AT_ONCE = 500_000
_ROWS_AT_ONCE, _ROWS_READ = 512, 1000
SHINGLES_AT_ONCE = 4_000_000
"""Some 50 bytes each while they are made and compared."""
_BITS = np.uint64(44)
_LOW = np.uint64((1 << 44) - 1)


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
    packed = np.concatenate([_gathered(a, left), _gathered(b, right)])
    packed.sort()
    pair = (packed >> _BITS).astype(np.int64)
    same = packed[1:] == packed[:-1]
    shared = np.bincount(pair[1:][same], minlength=len(left))
    total = np.bincount(pair, minlength=len(left))
    return np.asarray(shared / np.maximum(1, total - shared))


def _gathered(shingles: Shingles, rows: np.ndarray) -> np.ndarray:
    """Give the shingles of these rows, numbered by their place among them."""
    some = picked(shingles, rows)
    return np.asarray(some.hashes | _numbers(np.diff(some.offsets)))


def picked(shingles: Shingles, rows: np.ndarray) -> Shingles:
    """Give the shingles of some rows, in that order."""
    starts, lengths = shingles.offsets[rows], np.diff(shingles.offsets)[rows]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    return Shingles(shingles.hashes[places], np.concatenate([[0], ends]).astype(np.int64))


def _numbers(lengths: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(lengths), dtype=np.uint64) << _BITS, lengths)


def fitting(sizes: np.ndarray, most: int) -> Iterator[slice]:
    """Cut things that follow each other into parts of about so much, or of a single thing.

    Args:
        sizes: int64, how large each is.
        most: Of a part without its last thing.
    """
    borders = np.flatnonzero(np.diff(np.cumsum(sizes) // most)) + 1
    for start, end in pairwise([0, *borders.tolist(), len(sizes)]):
        if start < end:
            yield slice(start, end)


def readable_at_once(lengths: np.ndarray) -> Iterator[slice]:
    """Cut rows into parts whose shingles fit into memory.

    Args:
        lengths: int64 per row, how many shingles it has, or no fewer.
    """
    return fitting(np.maximum(lengths, SHINGLES_AT_ONCE // _ROWS_READ), SHINGLES_AT_ONCE)


def distinct(shingles: Shingles) -> Shingles:
    """Give each shingle of a text once, in 44 bits, so that the text's number has room above."""
    lengths = np.diff(shingles.offsets)
    packed = (shingles.hashes >> (np.uint64(64) - _BITS)) | _numbers(lengths)
    packed.sort()
    first = np.ones(len(packed), dtype=bool)
    first[1:] = packed[1:] != packed[:-1]
    packed = packed[first]
    row = (packed >> _BITS).astype(np.int64)
    counts = np.bincount(row, minlength=len(lengths))
    return Shingles(packed & _LOW, np.concatenate([[0], np.cumsum(counts)]))
