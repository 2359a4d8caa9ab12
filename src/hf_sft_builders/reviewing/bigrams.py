"""Which blocks of rows can hold a word: one bit for each block and pair of neighbouring characters.

A word can only stand in blocks that have all its pairs, so a search looks at a small part of the words.
Pairs are numbers of 16 bits, and different pairs may share one: a block may be looked at in vain, and
none is passed over. A word of one character has no pair; then all rows are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

BLOCK = 64
"""Rows of a block."""
_PAIRS = 1 << 16
_FACTOR = np.uint16(40503)


def pair_table(words: Any, ends: np.ndarray) -> np.ndarray:
    """Say which pairs each block has.

    Args:
        words: The folded words of all rows, UTF-8.
        ends: Where each row ends in them.

    Returns:
        uint8 of shape (blocks / 8, 65,536): bit 7 - b % 8 of row b // 8 is block b.
    """
    borders = [0, *ends[BLOCK - 1 :: BLOCK].tolist()]
    if borders[-1] != int(ends[-1]):
        borders.append(int(ends[-1]))
    blocks = len(borders) - 1
    table = np.zeros((-(-blocks // 8), _PAIRS), dtype=np.uint8)
    for group in range(len(table)):
        has = np.zeros((8, _PAIRS), dtype=bool)
        for number, block in enumerate(range(group * 8, min(group * 8 + 8, blocks))):
            has[number, pairs(words[borders[block] : borders[block + 1]].decode())] = True
        table[group] = np.packbits(has, axis=0)[0]
    return table


def pairs(text: str) -> np.ndarray:
    """Give the number of each pair of neighbouring characters, in UTF-16."""
    units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    return np.asarray((units[:-1] * _FACTOR) ^ units[1:])


def runs_with(terms: Iterable[str], table: np.ndarray, rows: int) -> Iterator[tuple[int, int]]:
    """Give the runs of rows (first, behind the last) in which all terms can stand.

    Args:
        terms: Folded words.
        table: From `pair_table`.
        rows: How many there are.
    """
    wanted = np.unique(np.concatenate([pairs(term) for term in terms]))
    blocks = -(-rows // BLOCK)
    can = np.ones(blocks, dtype=np.int8)
    if len(wanted):
        bits = np.bitwise_and.reduce(np.ascontiguousarray(table[:, wanted]), axis=1)
        can = np.unpackbits(bits)[:blocks].astype(np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], can, [0]])))
    for first, behind in edges.reshape(-1, 2).tolist():
        yield first * BLOCK, min(behind * BLOCK, rows)
