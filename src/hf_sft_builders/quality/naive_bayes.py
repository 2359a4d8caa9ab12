"""A small classifier: TF-IDF of words, Chinese characters and their pairs; complement naive Bayes.

Closed form, deterministic, and good on few and uneven classes (Rennie et al. 2003). It serves to
compare training sets, not to be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hf_sft_builders.quality.ngrams import grams, unit_hashes
from hf_sft_builders.quality.normal_form import normal_form

_FEATURES = 1 << 16
_SMOOTHING = 1.0


@dataclass(frozen=True)
class Features:
    """What texts hold, sparse: one entry per text and feature."""

    rows: int
    row: np.ndarray
    feature: np.ndarray
    count: np.ndarray


def features_of_texts(texts: pa.Array) -> Features:
    """Count units and pairs of units of texts, by hash."""
    units = unit_hashes(normal_form(texts))
    rows = len(texts)
    keys = []
    for size in (1, 2):
        found = grams(units, size)
        row = np.repeat(np.arange(rows), np.diff(found.offsets))
        keys.append(row * _FEATURES + (found.hashes >> np.uint64(48)).astype(np.int64))
    key, count = np.unique(np.concatenate(keys), return_counts=True)
    return Features(rows, key // _FEATURES, key % _FEATURES, count)


@dataclass(frozen=True)
class NaiveBayes:
    """A trained classifier."""

    labels: list[str]
    rarity: np.ndarray
    """float64 per feature: its inverse document frequency."""
    weights: np.ndarray
    """float64 of shape (labels, features)."""

    @classmethod
    def trained(cls, texts: pa.Array, labels: Sequence[str]) -> NaiveBayes:
        """Learn which words go with which label.

        Args:
            texts: Strings without nulls.
            labels: One each; at least two different ones.
        """
        names, number = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
        found = features_of_texts(texts)
        seen = np.bincount(found.feature, minlength=_FEATURES)
        rarity = np.log((1 + found.rows) / (1 + seen)) + 1
        values = _weighted(found, rarity)
        place = number[found.row] * _FEATURES + found.feature
        shape = (len(names), _FEATURES)
        mass = np.bincount(place, values, minlength=len(names) * _FEATURES).reshape(shape)
        others = mass.sum(axis=0) - mass + _SMOOTHING
        weights = -np.log(others / others.sum(axis=1, keepdims=True))
        weights /= np.abs(weights).sum(axis=1, keepdims=True)
        return cls([str(name) for name in names], rarity, weights)

    def labelled(self, texts: pa.Array) -> list[str]:
        """Give the likeliest label of each text."""
        found = features_of_texts(texts)
        values = _weighted(found, self.rarity)
        scores = np.stack(
            [
                np.bincount(found.row, values * weights[found.feature], minlength=found.rows)
                for weights in self.weights
            ]
        )
        return [self.labels[best] for best in scores.argmax(axis=0)]


def _weighted(found: Features, rarity: np.ndarray) -> np.ndarray:
    values = np.log1p(found.count) * rarity[found.feature]
    lengths = np.sqrt(np.bincount(found.row, values**2, minlength=found.rows))
    return np.asarray(values / lengths[found.row])


def scores(expected: Sequence[str], found: Sequence[str]) -> tuple[float, float]:
    """Give accuracy and macro F1 (the mean over the labels that are expected)."""
    truth, told = np.asarray(expected, dtype=str), np.asarray(found, dtype=str)
    each = []
    for label in np.unique(truth):
        hits = np.sum((truth == label) & (told == label))
        each.append(2 * hits / (np.sum(truth == label) + np.sum(told == label)))
    return float(np.mean(truth == told)), float(np.mean(each))
