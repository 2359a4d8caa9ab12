"""Tables in parts that fit: so many rows, and so many bytes where rows are pictures or long texts."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

PART_BYTES = 64 << 20
"""A column of text or bytes ends at 2 GB, also one that is made of several others."""


def parts_of(table: pa.Table, rows: int | None = None) -> Iterator[pa.Table]:
    """Cut a table into parts, without a copy.

    Args:
        table: Any; one without rows is given as it is.
        rows: The most rows of a part. Besides, a part is halved until it holds no more than 64 MB, or
            a single row.

    Example:
        >>> [part.num_rows for part in parts_of(pa.table({"x": range(5)}), rows=2)]
        [2, 2, 1]
    """
    if rows is None or table.num_rows <= rows:
        yield from _halves(table)  # a slice of a table without columns has rows that it has not
        return
    for start in range(0, table.num_rows, rows):
        yield from _halves(table.slice(start, rows))


def rows_that_fit(rows: int, size: int, most: int) -> int:
    """Say how many of some rows, of so many bytes in all, make a part of at most 64 MB and `most` rows."""
    return max(1, min(most, PART_BYTES * rows // max(1, size)))


def _halves(table: pa.Table) -> Iterator[pa.Table]:
    if table.num_rows < 2 or table.nbytes <= PART_BYTES:
        yield table
        return
    half = table.num_rows // 2
    yield from _halves(table.slice(0, half))
    yield from _halves(table.slice(half))
