"""How varied texts are: distinct n-grams and self-BLEU, over words and Chinese characters."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa

from hf_sft_builders.quality.ngrams import grams, unit_hashes
from hf_sft_builders.quality.normal_form import normal_form
from hf_sft_builders.quality.shingles import Shingles

_ORDERS = (1, 2, 3, 4)


def distinct_shares(texts: pa.Array, sizes: tuple[int, ...] = (1, 2, 3)) -> tuple[float, ...]:
    """Give, for each size, the share of n-grams that are different ones (distinct-n).

    Args:
        texts: Strings without nulls. Compare only samples of as many rows: more text, less distinct.
        sizes: Units of an n-gram.

    Returns:
        0 to 1 each; 0 where there are no n-grams.
    """
    units = unit_hashes(normal_form(texts))
    found = [grams(units, size).hashes for size in sizes]
    return tuple(len(np.unique(hashes)) / len(hashes) if len(hashes) else 0.0 for hashes in found)


def self_bleu(texts: pa.Array) -> float:
    """Give the mean BLEU-4 of each text against all the others: 0 all different, 1 all the same.

    Precisions of two and more units are smoothed by one (Lin and Och 2004).
    """
    units = unit_hashes(normal_form(texts))
    counted = {size: _counts(grams(units, size)) for size in _ORDERS}
    lengths = np.diff(units.offsets)
    rows = np.flatnonzero(lengths > 0)
    if len(rows) < 2:
        return 0.0
    most = {size: _two_most(counted[size]) for size in _ORDERS}
    scores = [_bleu(int(row), counted, most, lengths, rows) for row in rows]
    return float(np.mean(scores))


def _counts(found: Shingles) -> list[Counter[int]]:
    hashes, ends = found.hashes.tolist(), found.offsets.tolist()
    return [Counter(hashes[a:b]) for a, b in pairwise(ends)]


def _two_most(counts: list[Counter[int]]) -> dict[int, tuple[int, int, int]]:
    """Give for each gram the text that has it most often, how often, and the next most often."""
    most: dict[int, tuple[int, int, int]] = {}
    for row, grams_ in enumerate(counts):
        for gram, count in grams_.items():
            owner, first, second = most.get(gram, (-1, 0, 0))
            if count > first:
                most[gram] = (row, count, first)
            elif count > second:
                most[gram] = (owner, first, count)
    return most


def _bleu(
    row: int,
    counted: dict[int, list[Counter[int]]],
    most: dict[int, dict[int, tuple[int, int, int]]],
    lengths: np.ndarray,
    rows: np.ndarray,
) -> float:
    logs = 0.0
    for size in _ORDERS:
        shared = total = 0
        for gram, count in counted[size][row].items():
            owner, first, second = most[size][gram]
            shared += min(count, second if owner == row else first)
            total += count
        smooth = 0 if size == 1 else 1
        if not shared + smooth:
            return 0.0
        logs += math.log((shared + smooth) / (total + smooth))
    others = lengths[rows[rows != row]]
    nearest = int(others[np.abs(others - lengths[row]).argmin()])
    penalty = min(0.0, 1 - nearest / int(lengths[row]))
    return math.exp(logs / len(_ORDERS) + penalty)
