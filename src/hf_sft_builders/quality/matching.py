"""Which rows repeat which, by each method: the halves of `sft.deduplicate` that know numbers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, column_names, tables_of
from hf_sft_builders.formats.row_hashes import require_columns
from hf_sft_builders.quality.compared_text import (
    Compared,
    Comparing,
    compared_batches,
    rows_at,
)
from hf_sft_builders.quality.near import Matches, near_matches
from hf_sft_builders.quality.normal_form import STEPS, CodePoints, normal_form
from hf_sft_builders.quality.on_disk import BandFile
from hf_sft_builders.quality.shingles import Shingles, band_keys, bands_for, shingles_of
from hf_sft_builders.quality.similarity import ShinglesAt, fitting

EXACT_STEPS = ("nfkc", "case", "spaces")
_CHARACTERS_AT_ONCE = 4_000_000
EXACT, NOTHING = "exact duplicate", "nothing to compare"


@dataclass(frozen=True)
class Wanted:
    """What the user asked for, checked."""

    by: str
    method: str
    threshold: float
    keep: str
    score: str
    steps: frozenset[str]
    format: str | None
    model: str | None = None
    url: str | None = None

    def asking(self, model: str | None, url: str | None) -> Wanted:
        """Name the model that makes embeddings.

        Raises:
            ConfigurationError: if one is needed and not named.
        """
        if self.method == "semantic" and not model:
            raise ConfigurationError(
                "method='semantic' compares embeddings, and no model is named. Pass "
                "embedding_model='bge-m3' and, for a server of your own, "
                "embedding_url='http://localhost:8000/v1'."
            )
        return replace(self, model=model, url=url)


@dataclass(frozen=True)
class Overview:
    """What one reading of all rows gives."""

    digests: np.ndarray
    """uint64 of shape (rows, 2): equal for what is equal in its normal form."""
    rank: np.ndarray
    """int64 per row: 0 for the row that is kept before all others."""
    keys: np.ndarray
    """uint64 per row: see `Compared.keys`."""
    characters: np.ndarray
    """int64 per row: of its normal form."""
    buckets: BandFile
    """For "near": see `shingles.band_keys`; no band for anything else."""

    @property
    def told(self) -> np.ndarray:
        """Bool per row: whether there is anything to compare."""
        return self.characters > 0


def digests_of(texts: CodePoints, keys: np.ndarray) -> np.ndarray:
    """Give 128 bits for each text in its normal form: uint64 of shape (texts, 2)."""
    data, bounds = np.ascontiguousarray(texts.points).data.cast("B"), texts.offsets * 4
    digest, places = xxhash.xxh3_128_digest, bounds.tolist()
    found = b"".join([digest(data[start:end]) for start, end in pairwise(places)])
    numbers = np.frombuffer(found, np.uint64).reshape(-1, 2).copy()
    numbers[:, 0] ^= keys
    return numbers


def overview(ds: Rows, compare: Comparing, wanted: Wanted, steps: frozenset[str]) -> Overview:
    """Read all rows once."""
    bands, rows = bands_for(wanted.threshold) if wanted.method == "near" else (0, 0)
    digests, lengths, sizes, keys = [np.zeros((0, 2), np.uint64)], [], [], []
    buckets, start = BandFile(bands, len(ds)), 0
    for part in _fitting_batches(ds, compare):
        texts = normal_form(part.texts, steps)
        digests.append(digests_of(texts, part.keys))
        sizes.append(texts.lengths)
        lengths.append(pc.utf8_length(part.texts).to_numpy(zero_copy_only=False))
        keys.append(part.keys)
        if bands:
            buckets.write(start, band_keys(shingles_of(texts), part.keys, bands, rows))
        start += len(part.keys)
    whole, characters = np.concatenate(digests), _one(sizes, np.int64)
    rank = _rank(ds, wanted, whole, _one(lengths, np.int64))
    return Overview(whole, rank, _one(keys, np.uint64), characters, buckets)


def _fitting_batches(ds: Rows, compare: Comparing) -> Iterator[Compared]:
    """Give what is compared of all rows, in parts whose shingles fit into memory."""
    for batch in compared_batches(ds, compare):
        sizes = pc.utf8_length(batch.texts).to_numpy(zero_copy_only=False).astype(np.int64)
        for part in fitting(sizes, _CHARACTERS_AT_ONCE):
            yield Compared(batch.texts[part], batch.keys[part])


def _one(parts: list[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *parts])


def _rank(ds: Rows, wanted: Wanted, digests: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    rows = len(digests)
    if wanted.keep == "first":
        return np.arange(rows)
    # What is equally good is ranked by what it says, so that the order of the rows decides nothing.
    by_words = (digests[:, 1], digests[:, 0], -lengths)
    order = np.lexsort(by_words if wanted.keep == "longest" else (*by_words, -_scores(ds, wanted)))
    rank = np.empty(rows, dtype=np.int64)
    rank[order] = np.arange(rows)
    return rank


def _scores(ds: Rows, wanted: Wanted) -> np.ndarray:
    require_columns(column_names(ds), [wanted.score])
    parts = [np.zeros(0)]
    pick = ds.select if isinstance(ds, pa.Table) else ds.select_columns
    for table in tables_of(pick([wanted.score])):
        try:
            numbers = table[wanted.score].cast(pa.float64())
        except pa.ArrowInvalid as error:
            raise ConfigurationError(
                f"keep='best' needs numbers in {wanted.score!r}: {error}. Name another: score=…"
            ) from error
        parts.append(np.asarray(pc.fill_null(numbers, -np.inf)))
    return np.nan_to_num(np.concatenate(parts), nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def exact_matches(seen: Overview) -> Matches:
    """Group rows that are equal; of each group the best row is kept."""
    found = Matches.none(len(seen.rank))
    rows = np.flatnonzero(seen.told)
    order = rows[np.lexsort((seen.rank[rows], seen.digests[rows, 1], seen.digests[rows, 0]))]
    if not len(order):
        return found
    first = np.ones(len(order), dtype=bool)
    first[1:] = (seen.digests[order[1:]] != seen.digests[order[:-1]]).any(axis=1)
    found.of[order] = order[first][np.cumsum(first) - 1]
    return found


def near_duplicates(
    ds: Rows, compare: Comparing, seen: Overview, exact: Matches, threshold: float
) -> Matches:
    """Compare the rows that are not equal to a better one."""
    chosen = np.flatnonzero((exact.of == np.arange(len(exact.of))) & seen.told)
    keys, at = (band[chosen] for band in seen.buckets), shingles_reader(ds, compare)
    found = near_matches(
        keys,
        seen.rank[chosen],
        threshold,
        lambda rows: at(chosen[rows]),
        seen.characters[chosen],
    )
    return through(exact, chosen, found)


def through(exact: Matches, chosen: np.ndarray, found: Matches) -> Matches:
    """Give what was found among some rows for all rows that are equal to these."""
    of, similarity = np.arange(len(exact.of)), np.ones(len(exact.of))
    of[chosen], similarity[chosen] = chosen[found.of], found.similarity
    return Matches(of[exact.of], similarity[exact.of])


def shingles_reader(ds: Rows, compare: Comparing) -> ShinglesAt:
    """Give a function that reads the shingles of some rows."""

    def read(rows: np.ndarray) -> Shingles:
        part = compare(rows_at(ds, rows))
        found = shingles_of(normal_form(part.texts, frozenset(STEPS)))
        # Rows whose media, tools or system prompts differ share nothing.
        numbers = np.repeat(part.keys, np.diff(found.offsets))
        return Shingles(found.hashes ^ numbers, found.offsets)

    return read


def semantic_duplicates(
    ds: Rows, compare: Comparing, seen: Overview, exact: Matches, wanted: Wanted
) -> Matches:
    """Compare the embeddings of the rows that are not equal to a better one."""
    from hf_sft_builders.quality.semantic import semantic_matches

    chosen = np.flatnonzero((exact.of == np.arange(len(exact.of))) & seen.told)
    found = semantic_matches(ds, compare, chosen, seen.rank[chosen], seen.keys[chosen], wanted)
    return through(exact, chosen, found)
