"""Where runs of words of test texts stand in other texts: n-grams of words and Chinese characters.

A unit is a word (letters and digits) or one Han character, kana or syllable; an n-gram is that many
units in a row. A test text shorter than that is one gram as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hf_sft_builders.quality.normal_form import CodePoints
from hf_sft_builders.quality.shingles import Shingles, mixed

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HITS_AT_ONCE = 2_000_000


def unit_hashes(texts: CodePoints) -> Shingles:
    """Give each unit of each text as a number."""
    points, offsets = texts.points, texts.offsets
    if not len(points):
        return Shingles(np.zeros(0, np.uint64), offsets)
    han, blank = texts.is_cjk, points == 32
    first = ~blank
    first[1:] &= han[1:] | han[:-1] | blank[:-1]
    first[offsets[:-1][texts.lengths > 0]] = ~blank[offsets[:-1][texts.lengths > 0]]
    starts = np.flatnonzero(first)
    # A polynomial over the characters of a word; blanks count nothing.
    spread = mixed(points.astype(np.uint64) + _FACTOR)
    place = np.arange(len(points)) - np.repeat(starts, np.diff(np.append(starts, len(points))))
    powers = _powers(int(place.max()) + 1)
    values = np.where(blank, 0, spread * powers[place]).astype(np.uint64)
    hashes = mixed(np.add.reduceat(values, starts))
    return Shingles(hashes, np.searchsorted(starts, offsets))


def _powers(count: int) -> np.ndarray:
    return np.cumprod(np.full(count, _FACTOR, dtype=np.uint64))


def grams(units: Shingles, size: int) -> Shingles:
    """Give the n-grams of texts, in order; none for a text of fewer units."""
    count = len(units.hashes)
    lengths = np.diff(units.offsets)
    hashes = np.zeros(max(0, count - size + 1), dtype=np.uint64)
    for step, factor in enumerate(_powers(size)):
        hashes += units.hashes[step : step + len(hashes)] * factor
    left = np.repeat(units.offsets[1:], lengths) - np.arange(count)
    whole = (left >= size)[: len(hashes)]
    cut = np.flatnonzero(~whole)
    ends = np.minimum(units.offsets, len(hashes))
    return Shingles(mixed(hashes[whole]) + np.uint64(size), ends - np.searchsorted(cut, ends))


@dataclass(frozen=True)
class GramIndex:
    """The n-grams of test texts, to look up."""

    size: int
    hashes: np.ndarray
    """uint64, ascending: the grams of all test texts."""
    test: np.ndarray
    """int64: the test text of each."""
    weight: np.ndarray
    """int64 per test text: how many different grams it has; 0 where it is too short to say."""

    def shares(self, units: Shingles) -> tuple[np.ndarray, np.ndarray]:
        """Hold texts against the test texts.

        Args:
            units: Of the texts: see `unit_hashes`.

        Returns:
            For each text the test text of which it holds most, -1 for none, and the share of its
            grams that it holds, 0 to 1.
        """
        rows = len(units.offsets) - 1
        best, share = np.full(rows, -1), np.zeros(rows)
        found = grams(units, self.size)
        row = np.repeat(np.arange(rows), np.diff(found.offsets))
        low = np.searchsorted(self.hashes, found.hashes, side="left")
        high = np.searchsorted(self.hashes, found.hashes, side="right")
        hit = high > low
        pairs = _distinct_hits(row[hit], low[hit], (high - low)[hit])
        for text, gram in pairs:
            key = text * len(self.weight) + self.test[gram]
            pair, count = np.unique(key, return_counts=True)
            there, tests = pair // len(self.weight), pair % len(self.weight)
            part = count / self.weight[tests]
            order = np.lexsort((-tests, part))  # the last one counts
            share[there[order]] = part[order]
            best[there[order]] = tests[order]
        return best, share


def _distinct_hits(
    row: np.ndarray, low: np.ndarray, count: np.ndarray
) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Give text and index of gram of all hits, each once, all of one text together."""
    if not len(row):
        return
    order = np.lexsort((low, row))
    row, low, count = row[order], low[order], count[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (row[1:] != row[:-1]) | (low[1:] != low[:-1])
    row, low, count = row[first], low[first], count[first]
    new_row = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    ends = np.cumsum(count)[np.append(new_row[1:], len(row)) - 1]
    part = ends // _HITS_AT_ONCE
    borders = np.append(new_row[np.flatnonzero(np.append(True, part[1:] != part[:-1]))], len(row))
    for start, end in pairwise(borders):
        counts = count[start:end]
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield np.repeat(row[start:end], counts), np.repeat(low[start:end], counts) + step


def gram_indexes(texts: CodePoints, size: int, least: int) -> list[GramIndex]:
    """Index test texts: those of at least `size` units, and shorter ones by their own length.

    Args:
        texts: The test texts.
        size: Units of a gram.
        least: A test text of fewer units says too little, and is left out.
    """
    units = unit_hashes(texts)
    lengths = np.diff(units.offsets)
    sizes = np.where(lengths < least, 0, np.minimum(lengths, size))
    return [_indexed(units, sizes == one, int(one)) for one in np.unique(sizes[sizes > 0])]


def _indexed(units: Shingles, chosen: np.ndarray, size: int) -> GramIndex:
    found = grams(units, size)
    test = np.repeat(np.arange(len(chosen)), np.diff(found.offsets))
    mask = chosen[test]
    hashes, test = found.hashes[mask], test[mask]
    order = np.lexsort((test, hashes))
    hashes, test = hashes[order], test[order]
    first = np.ones(len(hashes), dtype=bool)
    first[1:] = (hashes[1:] != hashes[:-1]) | (test[1:] != test[:-1])
    hashes, test = hashes[first], test[first]
    return GramIndex(size, hashes, test, np.bincount(test, minlength=len(chosen)))
