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


def components(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find which rows hang together, however far.

    Args:
        edges: int64 of shape (edges, 2).

    Returns:
        The rows that any edge names, ascending, and for each the least row that it hangs with.
    """
    rows, ends = np.unique(edges, return_inverse=True)
    a, b = ends.reshape(-1, 2).T
    label = np.arange(len(rows))
    while True:
        before = label.copy()
        least = np.minimum(label[a], label[b])
        np.minimum.at(label, label[a], least)
        np.minimum.at(label, label[b], least)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(label, before):
            return rows, rows[label]
