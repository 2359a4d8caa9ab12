"""What texts are made of, as numbers, and their MinHash signatures: a whole batch at a time.

A shingle is five characters in a row, or two where it begins with a Han character, kana or hangul:
both carry about a word, so that one threshold suits Chinese and English alike.

Signatures are of one permutation (Li et al. 2012): the space of hashes is parted into bins, and each
bin keeps its least. Empty bins borrow from others in an order that is the same for all texts
(Shrivastava 2017), so that short texts have whole signatures, too.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from hf_sft_builders.quality.normal_form import CodePoints

LATIN, HAN = 5, 2
"""Characters of a shingle, by the first of them."""
_BINS = 256
_NOTHING = np.uint32(0xFFFFFFFF)
_RECALL = 0.99
_FEW = 0.02
"""Share of empty bins from which on each is looked at by itself."""
_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class Shingles:
    """The shingles of texts, flat; one text may have the same one twice."""

    hashes: np.ndarray
    """uint64."""
    offsets: np.ndarray
    """int64, one more than there are texts."""


def shingles_of(texts: CodePoints) -> Shingles:
    """Give the shingles of texts; a text shorter than one is its own shingle."""
    points, offsets = texts.points, texts.offsets
    count = len(points)
    if not count:
        return Shingles(np.zeros(0, np.uint64), offsets)
    wide = np.zeros(count + LATIN, dtype=np.uint64)
    wide[:count] = points
    weights, is_han = _weights(LATIN), texts.is_cjk
    hashes, part = wide[:count] * weights[0], np.empty(count, dtype=np.uint64)
    hashes += np.multiply(wide[1 : count + 1], weights[1], out=part)
    places = np.flatnonzero(is_han)
    begun = hashes[places] + weights[LATIN]
    for step in range(HAN, LATIN):
        hashes += np.multiply(wide[step : count + step], weights[step], out=part)
    hashes[places] = begun
    hashes = mixed(hashes)
    whole = np.ones(count, dtype=bool)
    for left in range(1, LATIN):  # characters up to the end of the text
        last = offsets[1:][texts.lengths >= left] - left
        whole[last] = is_han[last] if left >= HAN else False
    _mark_short(texts, wide, weights, hashes, whole)
    cut = np.flatnonzero(~whole)
    return Shingles(hashes[whole], offsets - np.searchsorted(cut, offsets))


def _mark_short(
    texts: CodePoints,
    wide: np.ndarray,
    weights: np.ndarray,
    hashes: np.ndarray,
    whole: np.ndarray,
) -> None:
    """Make one shingle of each text that is too short for any."""
    small = np.flatnonzero((texts.lengths > 0) & (texts.lengths < LATIN))
    if not len(small):
        return
    starts, lengths = texts.offsets[small], texts.lengths[small]
    cut = np.flatnonzero(~whole)
    none = np.searchsorted(cut, starts + lengths) - np.searchsorted(cut, starts) == lengths
    starts, lengths = starts[none], lengths[none]
    total = lengths.astype(np.uint64)
    for step in range(LATIN):
        total += np.where(step < lengths, wide[starts + step], 0).astype(np.uint64) * weights[step]
    hashes[starts] = mixed(total)
    whole[starts] = True


def mixed(numbers: np.ndarray) -> np.ndarray:
    """Spread the bits of numbers (SplitMix64), in place."""
    for shift, factor in zip((30, 27), _MIX, strict=True):
        numbers ^= numbers >> np.uint64(shift)
        numbers *= factor
    numbers ^= numbers >> np.uint64(31)
    return numbers


@functools.cache
def _weights(count: int) -> np.ndarray:
    """Give odd random factors; the same on every machine."""
    return mixed(np.arange(1, count + 2, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | 1


@functools.cache
def bands_for(threshold: float) -> tuple[int, int]:
    """Give bands and rows of a band: the most selective that finds pairs at the threshold.

    Returns:
        As many rows per band as leave a chance of at least 0.99 that two texts of this Jaccard
        similarity share a band.
    """
    for rows in range(_BINS, 0, -1):
        bands = _BINS // rows
        if 1 - (1 - threshold**rows) ** bands >= _RECALL:
            return bands, rows
    return _BINS, 1


def band_keys(shingles: Shingles, keys: np.ndarray, bands: int, rows: int) -> np.ndarray:
    """Give the bucket of each text in each band.

    Args:
        shingles: Of the texts; one without any gets buckets that say nothing.
        keys: uint64 per text; texts with different keys share no bucket.
        bands: How many.
        rows: Bins of each.

    Returns:
        uint32 of shape (bands, texts).
    """
    signatures = _signatures(shingles)[:, : bands * rows].astype(np.uint64)
    signatures *= _weights(_BINS)[: bands * rows]
    sums = signatures.reshape(-1, bands, rows).sum(axis=2, dtype=np.uint64)
    sums += keys[:, None]
    return np.ascontiguousarray((mixed(sums) >> np.uint64(32)).astype(np.uint32).T)


def _signatures(shingles: Shingles) -> np.ndarray:
    """Give the least hash of each bin: uint32 of shape (texts, bins)."""
    count = len(shingles.offsets) - 1
    found = np.full(count * _BINS, _NOTHING, dtype=np.uint32)
    lengths = np.diff(shingles.offsets)
    place = np.repeat(np.arange(count) * _BINS, lengths)
    place += (shingles.hashes >> np.uint64(56)).astype(np.int64)
    values = (shingles.hashes >> np.uint64(20)).astype(np.uint32)
    np.minimum.at(found, place, values)
    signatures = found.reshape(count, _BINS)
    _fill(signatures, lengths > 0)
    return signatures


def _fill(signatures: np.ndarray, has_any: np.ndarray) -> None:
    """Let empty bins borrow, in place: all at once as long as many are empty, then one by one."""
    given, order, turn = signatures.copy(), _lenders(), 0
    hopeless = int(np.count_nonzero(~has_any)) * _BINS
    while turn < _BINS - 1:
        kept = signatures != _NOTHING
        if signatures.size - np.count_nonzero(kept) - hopeless < _FEW * signatures.size:
            break
        # Nothing is the largest number: where a bin has something, so is what it is lent.
        lent = given.take(order[turn], axis=1)
        lent |= np.negative(kept.astype(np.uint32))
        np.minimum(signatures, lent, out=signatures)
        turn += 1
    row, bin_ = np.divmod(np.flatnonzero(signatures == _NOTHING), _BINS)
    row, bin_ = row[has_any[row]], bin_[has_any[row]]
    while len(row):
        lent = given[row, order[turn, bin_]]
        got = lent != _NOTHING
        signatures[row[got], bin_[got]] = lent[got]
        row, bin_, turn = row[~got], bin_[~got], turn + 1


@functools.cache
def _lenders() -> np.ndarray:
    """Give, for each turn and bin, the bin that is asked; each bin asks all others."""
    numbers = mixed(np.arange(_BINS * _BINS, dtype=np.uint64)).reshape(_BINS, _BINS)
    np.fill_diagonal(numbers, np.iinfo(np.uint64).max)  # itself comes last, and is not asked
    return np.argsort(numbers, axis=1, kind="stable").T[: _BINS - 1]
