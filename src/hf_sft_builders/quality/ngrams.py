"""Where runs of words of test texts stand in other texts: n-grams of words and Chinese characters.

A unit is a word (letters and digits) or one Han character, kana or syllable; an n-gram is that many
units in a row. A test text shorter than that is one gram as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hf_sft_builders.quality.normal_form import CodePoints
from hf_sft_builders.quality.shingles import Shingles, mixed

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HITS_AT_ONCE = 2_000_000
_COMMON, _MANY = 64, 4096
"""Test texts that share a gram, and places of such grams in a text, from which on they are a template."""


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
        hits = self._hits(np.repeat(np.arange(rows), np.diff(found.offsets)), found.hashes)
        for texts, shared, own in _by_what_they_share(hits, rows):
            base = np.bincount(self.test[shared.postings()], minlength=len(self.weight))
            if len(shared.row):
                parts = base / np.maximum(1, self.weight)
                first = int(parts.argmax())
                best[texts], share[texts] = first, parts[first]
            for part in own.in_parts():
                self._note(part, base, best, share)
        return best, share

    def _hits(self, row: np.ndarray, hashes: np.ndarray) -> _Hits:
        low = np.searchsorted(self.hashes, hashes, side="left")
        count = np.searchsorted(self.hashes, hashes, side="right") - low
        hit = count > 0
        row, low, count = row[hit], low[hit], count[hit]
        order = np.lexsort((low, row))
        row, low, count = row[order], low[order], count[order]
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (low[1:] != low[:-1])
        return _Hits(row[first], low[first], count[first])

    def _note(self, hits: _Hits, base: np.ndarray, best: np.ndarray, share: np.ndarray) -> None:
        """Note the test texts that texts hold more of than of those known so far, in place."""
        tests = len(self.weight)
        key = np.repeat(hits.row, hits.count) * tests + self.test[hits.postings()]
        pair, count = np.unique(key, return_counts=True)
        there, test = pair // tests, pair % tests
        part = (count + base[test]) / self.weight[test]
        better = (part > share[there]) | ((part == share[there]) & (test < best[there]))
        there, test, part = there[better], test[better], part[better]
        order = np.lexsort((-test, part))  # the last one counts
        share[there[order]], best[there[order]] = part[order], test[order]


@dataclass(frozen=True)
class _Hits:
    """Grams of texts that stand in test texts; each gram of a text once, text by text."""

    row: np.ndarray
    """int64: the text."""
    low: np.ndarray
    """int64: the first place of the gram in the index."""
    count: np.ndarray
    """int64: how many places it has."""

    def only(self, which: np.ndarray) -> _Hits:
        return _Hits(self.row[which], self.low[which], self.count[which])

    def postings(self) -> np.ndarray:
        """Give all places of all hits, in order."""
        step = np.arange(self.count.sum())
        step -= np.repeat(np.cumsum(self.count) - self.count, self.count)
        return np.asarray(np.repeat(self.low, self.count) + step)

    def in_parts(self) -> Iterator[_Hits]:
        """Give some texts after the other, so that not too many places are looked up at once."""
        if not len(self.row):
            return
        begins = np.flatnonzero(np.append(True, self.row[1:] != self.row[:-1]))
        ends = np.append(begins[1:], len(self.row))
        part = np.cumsum(self.count)[ends - 1] // _HITS_AT_ONCE
        borders = begins[np.flatnonzero(np.append(True, part[1:] != part[:-1]))]
        for start, end in pairwise([*borders.tolist(), len(self.row)]):
            yield self.only(np.arange(start, end))


def _by_what_they_share(hits: _Hits, rows: int) -> Iterator[tuple[np.ndarray, _Hits, _Hits]]:
    """Part texts by the grams of a template that they hold: these are looked up once for all of them.

    Yields:
        Texts; what they all hold that stands in many test texts; the other hits of each.
    """
    common = hits.count > _COMMON
    places = np.bincount(hits.row[common], weights=hits.count[common], minlength=rows)
    common &= (places > _MANY)[hits.row]
    pattern = np.zeros(rows, dtype=np.uint64)
    np.add.at(pattern, hits.row[common], mixed(hits.low[common].astype(np.uint64) + _FACTOR))
    _, group = np.unique(pattern, return_inverse=True)
    order = np.argsort(group[hits.row], kind="stable")
    hits, common = hits.only(order), common[order]
    borders = np.searchsorted(group[hits.row], np.arange(group.max(initial=-1) + 2))
    for start, end in pairwise(borders.tolist()):
        part, shared = hits.only(np.arange(start, end)), common[start:end]
        if len(part.row):
            texts = np.unique(part.row)
            yield texts, part.only(shared & (part.row == texts[0])), part.only(~shared)


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
