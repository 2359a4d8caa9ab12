"""Rows that may have to do with each other, by way of the buckets that they share."""

from __future__ import annotations

import numpy as np


def edges_of(bucket: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Tie the rows of each bucket to the first of them.

    Args:
        bucket: uint64 per entry.
        place: int64 per entry: the row that stands in it.

    Returns:
        int64 of shape (edges, 2), each once.
    """
    order = np.lexsort((place, bucket))
    bucket, place = bucket[order], place[order]
    first = np.ones(len(bucket), dtype=bool)
    first[1:] = bucket[1:] != bucket[:-1]
    head = place[first][np.cumsum(first) - 1] if len(bucket) else place
    edges = np.stack([head, place], axis=1)[head != place]
    return np.unique(edges, axis=0)
