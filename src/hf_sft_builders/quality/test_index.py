"""Test sets as an index: for any rows, which test row they hold, and how certainly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats.batches import Rows, column_names
from hf_sft_builders.quality.cleaned import named
from hf_sft_builders.quality.compared_text import (
    PARTS,
    Compare,
    compared_batches,
    what_to_compare,
)
from hf_sft_builders.quality.meeting import Others
from hf_sft_builders.quality.ngrams import GramIndex, gram_indexes, unit_hashes
from hf_sft_builders.quality.normal_form import normal_form
from hf_sft_builders.quality.shingles import Shingles, band_keys, bands_for, shingles_of
from hf_sft_builders.quality.similarity import picked, similarities

NGRAM, NEAR = "n-grams of a test row", "near duplicate of a test row"
_LEAST_UNITS = 5


@dataclass(frozen=True)
class Sought:
    """How rows are held against test rows."""

    by: str
    methods: tuple[str, ...]
    threshold: float
    ngram: int
    overlap: float
    format: str | None


@dataclass(frozen=True)
class Held:
    """What was found about some rows."""

    test: np.ndarray
    """int64 per row: the test row that it holds, -1 for none."""
    similarity: np.ndarray
    """float64 per row: share of that test row's n-grams, or Jaccard similarity."""
    by_ngram: np.ndarray
    """bool per row: which of the two."""


@dataclass(frozen=True)
class TestIndex:
    """All test rows."""

    __test__ = False  # it is no test of ours

    sought: Sought
    names: list[str]
    """Of each test row: its set, and its id or number."""
    grams: list[GramIndex]
    shingles: Shingles
    others: Others
    """The test rows, to be met by rows that may be alike."""
    untold: int
    """Test rows with nothing to compare."""

    def hold(self, table: pa.Table, near: Compare, whole: Compare) -> Held:
        """Hold rows against the test rows.

        Args:
            table: The rows.
            near: What of them is compared with the same of the test rows.
            whole: Where in them the n-grams of test rows are looked for.
        """
        rows = table.num_rows
        found = Held(np.full(rows, -1), np.zeros(rows), np.zeros(rows, dtype=bool))
        if "ngram" in self.sought.methods:
            self._by_grams(table, whole, found)
        if "near" in self.sought.methods:
            self._by_shingles(table, near, found)
        return found

    def _by_grams(self, table: pa.Table, whole: Compare, found: Held) -> None:
        units = unit_hashes(normal_form(whole(table).texts))
        for index in self.grams:
            best, share = index.shares(units)
            better = (share >= self.sought.overlap) & (share > found.similarity)
            found.test[better], found.similarity[better] = best[better], share[better]
            found.by_ngram[better] = True

    def _by_shingles(self, table: pa.Table, near: Compare, found: Held) -> None:
        part = near(table)
        shingles = shingles_of(normal_form(part.texts))
        keys = band_keys(shingles, part.keys, *bands_for(self.sought.threshold))
        marked = _marked(shingles, part.keys)
        here, there = self.others.met_by(keys, marked)
        alike = similarities(
            here, there, lambda rows: picked(marked, rows), lambda t: picked(self.shingles, t)
        )
        order = np.lexsort((-there, alike))
        order = order[alike[order] >= self.sought.threshold]
        best, similarity = np.full(table.num_rows, -1), np.zeros(table.num_rows)
        best[here[order]], similarity[here[order]] = there[order], alike[order]
        better = (best >= 0) & (found.test < 0)
        found.test[better], found.similarity[better] = best[better], similarity[better]


def index_of(sets: Mapping[str, Rows], sought: Sought) -> TestIndex:
    """Read test sets once, and index them."""
    names: list[str] = []
    texts, keys = [pa.array([], pa.string())], [np.zeros(0, np.uint64)]
    for name, rows in sets.items():
        compare = what_to_compare(rows, sought.by, sought.format)
        for part in compared_batches(rows, compare):
            texts.append(part.texts)
            keys.append(part.keys)
        names += _row_names(rows, name)
    whole = normal_form(pa.concat_arrays([part.cast(pa.large_string()) for part in texts]))
    shingles, numbers = shingles_of(whole), np.concatenate(keys)
    buckets = band_keys(shingles, numbers, *bands_for(sought.threshold))
    told = whole.lengths > 0
    grams = gram_indexes(whole, sought.ngram, min(_LEAST_UNITS, sought.ngram))
    marked = _marked(shingles, numbers)
    others = Others.of(buckets, marked, sought.threshold)
    return TestIndex(sought, names, grams, marked, others, int((~told).sum()))


def where_to_look(ds: Rows, sought: Sought) -> tuple[Compare, Compare]:
    """Say what of rows is compared as near-duplicate, and where n-grams are looked for."""
    near = what_to_compare(ds, sought.by, sought.format)
    whole = near if near.conversion is None else Compare(PARTS[-1], near.conversion)
    return near, whole


def _marked(shingles: Shingles, keys: np.ndarray) -> Shingles:
    """Let rows with other media share nothing."""
    numbers = np.repeat(keys, np.diff(shingles.offsets))
    return Shingles(shingles.hashes ^ numbers, shingles.offsets)


def _row_names(rows: Rows, name: str) -> list[str]:
    count = rows.num_rows if isinstance(rows, pa.Table) else len(rows)
    ids = [None] * count
    if "id" in column_names(rows):
        table = rows if isinstance(rows, pa.Table) else rows.with_format("arrow")[:]
        ids = table["id"].to_pylist()
    return [f"{name} {named(id_, place)}" for place, id_ in enumerate(ids)]
