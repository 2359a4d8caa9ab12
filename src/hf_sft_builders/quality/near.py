"""Near-duplicates: candidates by MinHash-LSH, each pair then compared exactly.

Rows are decided in order of preference. A row is left out only for a row that is kept and that it
is alike itself: chains (a like b, b like c, a not like c) pull no strangers together, and what is
kept does not depend on the order in which pairs were found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hf_sft_builders.quality.on_disk import kept_on_disk
from hf_sft_builders.quality.shingles import Shingles
from hf_sft_builders.quality.similarity import ShinglesAt, picked, similarities

Alike = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Takes row numbers of pairs; gives their similarity."""
AlikeOf = Callable[[np.ndarray], Alike]
"""Takes the rows that may be compared, ascending; gives the comparison of pairs of them."""

_ROWS_AT_ONCE = 1000
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Matches:
    """What each row is a duplicate of."""

    of: np.ndarray
    """int64 per row: the row that is kept for it; itself where it is kept."""
    similarity: np.ndarray
    """float64 per row: with that row; 1 where it is kept."""

    @classmethod
    def none(cls, rows: int) -> Matches:
        """Every row is kept, so far."""
        return cls(np.arange(rows), np.ones(rows))


@dataclass
class Entries:
    """Which rows stand in which buckets; only buckets of several rows, the best row first."""

    bucket: np.ndarray
    row: np.ndarray

    def only(self, mask: np.ndarray) -> Entries:
        """Keep some entries."""
        return Entries(self.bucket[mask], self.row[mask])

    def heads(self) -> np.ndarray:
        """Mark the first entry of each bucket."""
        first = np.ones(len(self.bucket), dtype=bool)
        first[1:] = self.bucket[1:] != self.bucket[:-1]
        return first


def shared_buckets(keys: Iterable[np.ndarray], rank: np.ndarray) -> Entries:
    """Find the buckets that several rows share.

    Args:
        keys: uint32 per row, for each band.
        rank: int64 per row; the least is the best.
    """
    buckets, rows, next_bucket = [_NONE], [_NONE], 0
    for band in keys:
        number, row = _shared_in_band(band, rank)
        buckets.append(number + next_bucket)
        rows.append(row)
        next_bucket += int(number[-1]) + 1 if len(number) else 0
    return Entries(np.concatenate(buckets), np.concatenate(rows))


def _shared_in_band(band: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the buckets of a band that several rows share, counted from 0, and these rows."""
    packed = band.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(band), dtype=np.uint64)
    packed.sort()
    same = np.zeros(len(packed) + 1, dtype=bool)
    same[1:-1] = (packed[1:] ^ packed[:-1]) < np.uint64(1 << 32)
    several = same[1:] | same[:-1]
    row = (packed[several] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    number = np.cumsum(~same[:-1][several]) - 1
    order = np.lexsort((rank[row], number))
    return number[order], row[order]


def near_matches(
    keys: Iterable[np.ndarray], rank: np.ndarray, threshold: float, alike_of: AlikeOf
) -> Matches:
    """Decide about every row.

    Each round decides about the rows that are the best undecided one in all of their buckets; the
    others in these buckets are compared with them. That gives what going through all rows by rank
    would give, and few pairs are compared where many rows are alike.

    Args:
        keys: uint32 per row, for each band: see `shingles.band_keys`.
        rank: int64 per row; the least is the best.
        threshold: Least similarity of duplicates.
        alike_of: Prepares for comparing certain rows.
    """
    found = Matches.none(len(rank))
    entries = shared_buckets(keys, rank)
    alike = alike_of(np.unique(entries.row))
    while len(entries.row):
        first = entries.heads()
        places = np.bincount(entries.row)
        leading = np.bincount(entries.row[first], minlength=len(places))
        ready = (places > 0) & (places == leading)
        lead = np.flatnonzero(first)[np.cumsum(first) - 1]
        head = entries.row[lead]
        asked = ready[head] & ~first
        kept, other = _unique_pairs(head[asked], entries.row[asked], len(rank))
        _leave_out(found, kept, other, rank, threshold, alike)
        still = ~ready[entries.row] & (found.of[entries.row] == entries.row)
        entries = _of_several(entries.only(still))
    return found


def _unique_pairs(a: np.ndarray, b: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.unique(a * rows + b)
    return pairs // rows, pairs % rows


def _leave_out(
    found: Matches,
    kept: np.ndarray,
    other: np.ndarray,
    rank: np.ndarray,
    threshold: float,
    alike: Alike,
) -> None:
    """Note the rows that are alike a kept one, in place; of several, the best counts."""
    if not len(kept):
        return
    similarity = alike(kept, other)
    good = similarity >= threshold
    kept, other, similarity = kept[good], other[good], similarity[good]
    worst_first = np.argsort(-rank[kept], kind="stable")
    found.of[other[worst_first]] = kept[worst_first]
    found.similarity[other[worst_first]] = similarity[worst_first]


def _of_several(entries: Entries) -> Entries:
    """Keep the buckets that still have several rows."""
    if not len(entries.bucket):
        return entries
    _, number, count = np.unique(entries.bucket, return_inverse=True, return_counts=True)
    return entries.only(count[number] > 1)


def pairs_between(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs of a row here and a row there that share a bucket.

    Args:
        a: uint32 of shape (bands, rows here).
        b: uint32 of shape (bands, rows there).

    Returns:
        Row numbers here and there, each pair once.
    """
    pairs = [np.zeros(0, dtype=np.int64)]
    for ours, theirs in zip(a, b, strict=True):
        order = np.argsort(theirs, kind="stable")
        low = np.searchsorted(theirs[order], ours, side="left")
        count = np.searchsorted(theirs[order], ours, side="right") - low
        here = np.repeat(np.arange(len(ours)), count)
        step = np.arange(len(here)) - np.repeat(np.cumsum(count) - count, count)
        there = order[np.repeat(low, count) + step]
        pairs.append(here * b.shape[1] + there)
    unique = np.unique(np.concatenate(pairs))
    return unique // max(1, b.shape[1]), unique % max(1, b.shape[1])


def alike_by(shingles_at: ShinglesAt) -> AlikeOf:
    """Give the comparison of rows of one dataset with each other; each row is read once."""

    def prepared(rows: np.ndarray) -> Alike:
        held = _remembered(rows, shingles_at)

        def known(some: np.ndarray) -> Shingles:
            return picked(held, np.searchsorted(rows, some))

        return lambda kept, other: similarities(kept, other, known, known)

    return prepared


def _remembered(rows: np.ndarray, shingles_at: ShinglesAt) -> Shingles:
    """Read rows; their shingles lie on disk."""
    lengths = [_NONE]

    def read() -> Iterator[np.ndarray]:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = shingles_at(rows[start : start + _ROWS_AT_ONCE])
            lengths.append(np.diff(part.offsets))
            yield part.hashes

    hashes = kept_on_disk(read())
    return Shingles(hashes, np.concatenate([[0], np.cumsum(np.concatenate(lengths))]))
