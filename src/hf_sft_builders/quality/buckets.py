"""Buckets in which rows meet that may be alike, as flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hf_sft_builders.quality.components import components
from hf_sft_builders.quality.crowds import ANY, RareShingles

_NONE = np.zeros(0, np.int64)

Pairs = tuple[np.ndarray, np.ndarray]
"""Row numbers, as many here as there."""


@dataclass(frozen=True)
class Entries:
    """Which rows stand in which buckets: bucket by bucket, the best row first.

    Two rows of a bucket may be alike if neither has more shingles than the other's entry says. A row
    whose entry says fewer than it has itself only follows: it meets smaller rows, the leads.
    """

    bucket: np.ndarray
    """int64, ascending."""
    row: np.ndarray
    """int64."""
    most: np.ndarray
    """int32: the most shingles of a partner."""
    size: np.ndarray
    """int32: how many different shingles the row has; 0 where partners of any size do."""

    @classmethod
    def anyone(cls, bucket: np.ndarray, row: np.ndarray) -> Entries:
        """Make entries in which all rows of a bucket may be alike."""
        count = len(row)
        return cls(bucket, row, np.full(count, ANY, np.int32), np.zeros(count, np.int32))

    def only(self, mask: np.ndarray) -> Entries:
        """Keep some entries."""
        return Entries(self.bucket[mask], self.row[mask], self.most[mask], self.size[mask])

    def then(self, other: Entries) -> Entries:
        """Put the buckets of others, which are numbered by themselves, behind these."""
        behind = other.bucket + (self.bucket[-1] + 1 if len(self.bucket) else 0)
        return Entries(
            np.concatenate([self.bucket, behind]),
            np.concatenate([self.row, other.row]),
            np.concatenate([self.most, other.most]),
            np.concatenate([self.size, other.size]),
        )

    def useful(self) -> Entries:
        """Keep the buckets in which two rows may still meet: of several, one of them a lead."""
        if not len(self.row):
            return self
        return self.only(((self.counts > 1) & (self.lead_counts > 0))[self.number])

    @cached_property
    def heads(self) -> np.ndarray:
        """Mark the first entry of each bucket."""
        first = np.ones(len(self.bucket), dtype=bool)
        first[1:] = self.bucket[1:] != self.bucket[:-1]
        return first

    @cached_property
    def number(self) -> np.ndarray:
        """The bucket of each entry, counted from 0."""
        return np.asarray(np.cumsum(self.heads) - 1)

    @cached_property
    def starts(self) -> np.ndarray:
        """Per bucket, its first entry."""
        return np.flatnonzero(self.heads)

    @cached_property
    def counts(self) -> np.ndarray:
        """Per bucket, its entries."""
        return np.diff(np.append(self.starts, len(self.bucket)))

    @cached_property
    def is_lead(self) -> np.ndarray:
        """Mark the entries that meet rows of their own size."""
        return np.asarray(self.most >= self.size)

    @cached_property
    def leads(self) -> np.ndarray:
        """The entries that are leads."""
        return np.flatnonzero(self.is_lead)

    @cached_property
    def lead_counts(self) -> np.ndarray:
        """Per bucket, its leads."""
        return np.bincount(self.number[self.leads], minlength=len(self.starts))

    @cached_property
    def lead_starts(self) -> np.ndarray:
        """Per bucket, the place of its first lead in `leads`."""
        return np.asarray(np.cumsum(self.lead_counts) - self.lead_counts)

    def components(self, rows: int) -> np.ndarray:
        """Give for each of so many rows the least one that buckets tie it to, however far."""
        heads = self.row[self.starts][self.number]
        tied, least = components(np.stack([heads, self.row], axis=1)[~self.heads])
        found = np.arange(rows)
        found[tied] = least
        return found

    def partners_of(self, some: np.ndarray) -> np.ndarray:
        """Count the entries that each of these may meet: leads meet all, the others only leads."""
        bucket = self.number[some]
        leads = self.is_lead[some]
        return np.asarray(np.where(leads, self.counts[bucket], self.lead_counts[bucket]))

    def met_by(self, some: np.ndarray) -> Pairs:
        """Give the rows of some entries, and for each the rows that it may be alike."""
        bucket, count = self.number[some], self.partners_of(some)
        step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        lead = self.is_lead[some]
        begin = np.where(lead, self.starts[bucket], self.lead_starts[bucket])
        place = np.repeat(begin, count) + step
        follows = np.repeat(~lead, count)
        place[follows] = self.leads[place[follows]]
        own = np.repeat(some, count)
        fits = (self.size[place] <= self.most[own]) & (self.size[own] <= self.most[place])
        fits &= own != place
        return self.row[own[fits]], self.row[place[fits]]

    def met_before(
        self, some: np.ndarray, until: np.ndarray, others: np.ndarray, rank: np.ndarray, most: int
    ) -> Iterator[Pairs]:
        """Give other rows, and the rows of some entries, that may be alike, of which the other is better.

        Args:
            some: Entries.
            until: For each of them, the rank before which the other row stands.
            others: Entries, ascending.
            rank: int64 per row.
            most: So many pairs at once, or those of one entry.
        """
        place = self.number * len(rank)
        known = place[others] + rank[self.row[others]]
        low = np.searchsorted(known, place[some])
        count = np.searchsorted(known, place[some] + until) - low
        some, low, count = some[count > 0], low[count > 0], count[count > 0]
        borders = np.flatnonzero(np.diff(np.cumsum(count) // most)) + 1
        for part in np.split(np.arange(len(some)), borders) if len(some) else []:
            own = np.repeat(some[part], count[part])
            ends = np.cumsum(count[part])
            step = np.arange(ends[-1]) - np.repeat(ends - count[part], count[part])
            other = others[np.repeat(low[part], count[part]) + step]
            fits = (self.size[other] <= self.most[own]) & (self.size[own] <= self.most[other])
            yield self.row[other[fits]], self.row[own[fits]]


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
    return Entries.anyone(np.concatenate(buckets), np.concatenate(rows))


def _shared_in_band(band: np.ndarray, rank: np.ndarray) -> Pairs:
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


def rare_buckets(
    rare: RareShingles, sizes: np.ndarray, rank: np.ndarray, component: np.ndarray
) -> Entries:
    """Let rows of one component meet in their rarest shingles."""
    order = np.lexsort((rank[rare.row], rare.shingle, component[rare.row]))
    shingle, row = rare.shingle[order], rare.row[order].astype(np.int64)
    number = np.zeros(len(order), dtype=np.int64)
    differs = shingle[1:] != shingle[:-1]
    differs |= component[row[1:]] != component[row[:-1]]
    number[1:] = np.cumsum(differs)
    return Entries(number, row, rare.most[order], sizes[row]).useful()


def buckets_of_pairs(better: np.ndarray, worse: np.ndarray) -> Entries:
    """Give each pair a bucket of its own."""
    rows = np.column_stack([better, worse]).ravel()
    return Entries.anyone(np.repeat(np.arange(len(better)), 2), rows)
