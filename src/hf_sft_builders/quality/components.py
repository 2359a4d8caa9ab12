"""Rows that hang together, by whatever ties two of them."""

from __future__ import annotations

import numpy as np


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
