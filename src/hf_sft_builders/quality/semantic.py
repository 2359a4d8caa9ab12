"""Rows that say the same in other words: by the cosine of their embeddings.

Every pair is compared (a matrix product of blocks), so nothing is missed; vectors are kept as 32-bit
floats: 100,000 rows of 1,024 numbers are 400 MB. Embeddings come from any endpoint of the OpenAI
protocol and are stored, so that they are never paid for twice.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from hf_sft_builders.errors import ModelError
from hf_sft_builders.formats.batches import Rows
from hf_sft_builders.quality.compared_text import Comparing, rows_at
from hf_sft_builders.quality.matching import Wanted
from hf_sft_builders.quality.near import Matches

_BLOCK = 1024
_TEXTS, _CALLS_AT_ONCE = 64, 8


def semantic_matches(
    ds: Rows,
    compare: Comparing,
    chosen: np.ndarray,
    rank: np.ndarray,
    keys: np.ndarray,
    wanted: Wanted,
) -> Matches:
    """Decide about some rows: left out is what is near in meaning to a better row that is kept.

    Args:
        ds: All rows.
        compare: What of them is compared.
        chosen: The rows that are compared.
        rank: int64 for each of them; the least is the best.
        keys: uint64 for each; rows with different keys are never the same.
        wanted: Model, address and threshold.

    Returns:
        Positions in `chosen`.
    """
    order = np.argsort(rank, kind="stable")
    vectors = unit_vectors(ds, compare, chosen, wanted)[order] if len(chosen) else np.zeros((0, 0))
    of, similarity = _by_rank(vectors, keys[order], wanted.threshold)
    found = Matches.none(len(chosen))
    found.of[order], found.similarity[order] = order[of], similarity
    return found


def unit_vectors(ds: Rows, compare: Comparing, rows: np.ndarray, wanted: Wanted) -> np.ndarray:
    """Give the embedding of each row, of length 1: float32 of shape (rows, dimensions).

    Raises:
        ModelError: if vectors are of different lengths, or point nowhere.
    """
    from hf_sft_builders.llm.embeddings import embed

    def asked(start: int) -> np.ndarray:
        texts = compare(rows_at(ds, rows[start : start + _TEXTS])).texts.to_pylist()
        found = embed(texts, wanted.model or "", wanted.url)
        if len({len(vector) for vector in found}) > 1:
            raise ModelError(f"{wanted.model} gave vectors of different lengths.")
        return np.asarray(found, dtype=np.float32)

    with ThreadPoolExecutor(_CALLS_AT_ONCE) as calls:
        parts = list(calls.map(asked, range(0, len(rows), _TEXTS)))
    if len({part.shape[1:] for part in parts}) > 1:
        raise ModelError(f"{wanted.model} gave vectors of different lengths.")
    vectors = np.concatenate(parts)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(lengths > 0):  # also where a number is NaN
        row = int(rows[np.flatnonzero(~(lengths[:, 0] > 0))[0]])
        raise ModelError(f"{wanted.model} gave a vector that points nowhere, for row {row}.")
    return np.asarray(vectors / lengths)


def _by_rank(
    vectors: np.ndarray, keys: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Go through vectors, the best first; each is held against those that were kept."""
    count = len(vectors)
    of, similarity = np.arange(count), np.ones(count)
    kept = np.zeros(0, dtype=np.int64)
    for start in range(0, count, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, count))
        for old in range(0, len(kept), 8 * _BLOCK):
            some = kept[old : old + 8 * _BLOCK]
            open_ = block[of[block] == block]
            _take_best(vectors, keys, open_, some, threshold, of, similarity)
        for place in block:
            if of[place] == place:
                rest = block[(block > place) & (of[block] == block)]
                _take_best(vectors, keys, rest, np.array([place]), threshold, of, similarity)
        kept = np.concatenate([kept, block[of[block] == block]])
    return of, similarity


def _take_best(
    vectors: np.ndarray,
    keys: np.ndarray,
    rows: np.ndarray,
    kept: np.ndarray,
    threshold: float,
    of: np.ndarray,
    similarity: np.ndarray,
) -> None:
    """Note for each row the best kept one that it is like, in place."""
    if not len(rows):
        return
    cosine = vectors[rows] @ vectors[kept].T
    like = (cosine >= threshold) & (keys[rows][:, None] == keys[kept][None, :])
    hit = like.any(axis=1)
    first = like[hit].argmax(axis=1)
    of[rows[hit]] = kept[first]
    similarity[rows[hit]] = np.minimum(1.0, cosine[hit, first])
