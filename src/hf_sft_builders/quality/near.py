"""Near-duplicates: candidates by MinHash-LSH, each pair then compared exactly.

Rows are decided in order of preference. A row is left out only for a row that is kept and that it
is alike itself, the best of these: chains (a like b, b like c, a not like c) pull no strangers
together, and nothing depends on the order in which pairs were found, or on rows that no chain of
shared buckets leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from hf_sft_builders.quality.buckets import (
    Entries,
    Pairs,
    buckets_of_pairs,
    rare_buckets,
    shared_buckets,
)
from hf_sft_builders.quality.crowds import CROWD, rare_shingles
from hf_sft_builders.quality.on_disk import kept_on_disk
from hf_sft_builders.quality.shingles import Shingles
from hf_sft_builders.quality.similarity import (
    SHINGLES_AT_ONCE,
    ShinglesAt,
    fitting,
    picked,
    readable_at_once,
    similarities,
)

_PAIRS_AT_ONCE = 2_000_000
_SLOW, _IN_VAIN = 0.05, 8
"""Share of the entries that a round decides, and comparisons for each hit, where it goes badly."""
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


def near_matches(
    keys: Iterable[np.ndarray],
    rank: np.ndarray,
    threshold: float,
    shingles_at: ShinglesAt,
    characters: np.ndarray | None = None,
) -> Matches:
    """Decide about every row, as going through all rows by rank would.

    Args:
        keys: uint32 per row, for each band: see `shingles.band_keys`.
        rank: int64 per row; the least is the best.
        threshold: Least similarity of duplicates.
        shingles_at: Gives the shingles of rows.
        characters: int64 per row; a row has no more shingles. Fewer rows are read at once where they
            are long.
    """
    entries = shared_buckets(keys, rank)
    rows = np.unique(entries.row)
    sizes = np.zeros(len(rows), np.int64) if characters is None else characters[rows]
    at = _remembered(rows, sizes, shingles_at)
    entries = _without_crowds(entries, rank, threshold, at)
    return _Decisions(entries, rank, threshold, at, Matches.none(len(rank))).made()


def _without_crowds(
    entries: Entries, rank: np.ndarray, threshold: float, at: _Remembered
) -> Entries:
    """Let rows of crowded buckets meet in their rarest shingles instead.

    Only rows that buckets tie together meet, however far: who is alike whom hangs on nobody else, so
    that a part of the rows (see `ray.deduplicating`) is decided as the whole would be.
    """
    crowded = (entries.counts > CROWD)[entries.number]
    if not crowded.any():
        return entries
    rows, sizes = np.unique(entries.row[crowded]), np.zeros(len(rank), dtype=np.int32)
    rare = rare_shingles(rows, at, threshold, sizes, at.lengths(rows))
    together = rare_buckets(rare, sizes, rank, entries.components(len(rank)))
    return entries.only(~crowded).then(together)


@dataclass
class _Decisions:
    """Rounds of deciding, until no two undecided rows share a bucket.

    Each round decides about the rows that are the best undecided one of all that they may be alike;
    the others are compared with them. So few pairs are compared where many rows are alike. Where
    they are not, buckets would lose one row a round: then the first rows of all buckets are compared
    with the others at once, and leave the buckets; pairs that are alike get a bucket of their own.
    """

    entries: Entries
    rank: np.ndarray
    threshold: float
    at: _Remembered
    found: Matches
    ahead: int = 1

    def made(self) -> Matches:
        met = replace(self.entries)  # without what it has found out about itself
        while len(self.entries.row):
            if self._decide():
                self.ahead = 1
            elif len(self.entries.row):
                self._compare_ahead()
        self._prefer_the_best(met)
        return self.found

    def _prefer_the_best(self, met: Entries) -> None:
        """Leave rows out for the best row that they are alike, whichever was decided first."""
        of, rank = self.found.of, self.rank
        is_kept = of[met.row] == met.row
        kept, gone = np.flatnonzero(is_kept), np.flatnonzero(~is_kept)
        until = rank[of[met.row[gone]]]
        for pairs in met.met_before(gone, until, kept, rank, _PAIRS_AT_ONCE):
            better, row = self._unique(pairs)
            similarity = self._similarities(better, row)
            good = (similarity >= self.threshold) & (rank[better] < rank[of[row]])
            self._leave_out(better[good], row[good], similarity[good])

    def _decide(self) -> bool:
        """Decide about some rows; tell whether that went well."""
        entries = self.entries
        ready = self._ready()
        able = np.flatnonzero(ready[entries.row])
        some = able[self._first_of(entries.row[able], entries.partners_of(able))]
        kept, other = self._unique(entries.met_by(some))
        similarity = self._similarities(kept, other)
        good = similarity >= self.threshold
        self._leave_out(kept[good], other[good], similarity[good])
        decided = self.found.of != np.arange(len(self.rank))
        decided[entries.row[some]] = True
        self.entries = entries.only(~decided[entries.row]).useful()
        gone = 1 - len(self.entries.row) / len(entries.row)
        more_are_ready = len(some) < len(able)
        return bool(more_are_ready or gone > _SLOW or good.sum() * _IN_VAIN > len(kept))

    def _ready(self) -> np.ndarray:
        """Mark the rows that nobody stands before who may be alike them."""
        entries, rows = self.entries, len(self.rank)
        first_lead = entries.leads[entries.lead_starts][entries.number]
        behind = np.arange(len(entries.row)) > first_lead
        waits = np.where(entries.is_lead, ~entries.heads, behind)
        ready = np.zeros(rows, dtype=bool)
        ready[entries.row] = True
        ready[entries.row[waits]] = False
        return ready

    def _first_of(self, rows: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """Mark the entries of the best rows, as many as give no more pairs than fit."""
        order = np.argsort(self.rank[rows], kind="stable")
        fits = np.cumsum(pairs[order]) <= _PAIRS_AT_ONCE
        last = max(int(fits.sum()), 1)
        return np.asarray(self.rank[rows] <= self.rank[rows[order[last - 1]]])

    def _similarities(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Compare as many pairs at once as fit: rows may be as long as books."""
        sizes = self.at.lengths(one) + self.at.lengths(other)
        parts = fitting(sizes, SHINGLES_AT_ONCE)
        found = [similarities(one[part], other[part], self.at, self.at) for part in parts]
        return np.concatenate([np.zeros(0), *found])

    def _unique(self, pairs: Pairs) -> Pairs:
        rows = len(self.rank)
        number = np.unique(pairs[0] * rows + pairs[1])
        return number // rows, number % rows

    def _leave_out(self, kept: np.ndarray, other: np.ndarray, similarity: np.ndarray) -> None:
        """Note the rows that are alike a kept one; of several, the best counts."""
        worst_first = np.argsort(-self.rank[kept], kind="stable")
        self.found.of[other[worst_first]] = kept[worst_first]
        self.found.similarity[other[worst_first]] = similarity[worst_first]

    def _compare_ahead(self) -> None:
        """Compare the first rows of buckets with the others, and take them out of these buckets."""
        entries = self.entries
        place = np.arange(len(entries.leads)) - entries.lead_starts[entries.number[entries.leads]]
        some = entries.leads[place < self.ahead]
        some = some[: max(1, int((np.cumsum(entries.partners_of(some)) <= _PAIRS_AT_ONCE).sum()))]
        self.ahead *= 2
        one, other = entries.met_by(some)
        swap = self.rank[one] > self.rank[other]
        better, worse = self._unique((np.where(swap, other, one), np.where(swap, one, other)))
        good = self._similarities(better, worse) >= self.threshold
        mask = np.ones(len(entries.row), dtype=bool)
        mask[some] = False
        pairs = buckets_of_pairs(better[good], worse[good])
        self.entries = entries.only(mask).useful().then(pairs)


@dataclass(frozen=True)
class _Remembered:
    """The shingles of some rows, on disk."""

    rows: np.ndarray
    """Ascending."""
    whole: Shingles

    def __call__(self, some: np.ndarray) -> Shingles:
        return picked(self.whole, np.searchsorted(self.rows, some))

    def lengths(self, some: np.ndarray) -> np.ndarray:
        """Count the shingles of rows."""
        places = np.searchsorted(self.rows, some)
        return np.asarray(self.whole.offsets[places + 1] - self.whole.offsets[places])


def _remembered(rows: np.ndarray, sizes: np.ndarray, shingles_at: ShinglesAt) -> _Remembered:
    """Read rows once."""
    lengths = [_NONE]

    def read() -> Iterator[np.ndarray]:
        for some in readable_at_once(sizes):
            part = shingles_at(rows[some])
            lengths.append(np.diff(part.offsets))
            yield part.hashes

    hashes = kept_on_disk(read())
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return _Remembered(rows, Shingles(hashes, offsets))
