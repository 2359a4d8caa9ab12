"""Parquet files read a few rows at a time, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from hf_sft_builders.formats.parts import PART_BYTES, rows_that_fit


def parquet_tables(file: Any, rows: int) -> Iterator[pa.Table]:
    """Give the rows of a Parquet file as tables; none for a file without rows.

    Args:
        file: A `pyarrow.parquet.ParquetFile`.
        rows: Of a table, at most; fewer where they are pictures or long texts.
    """
    known = file.metadata
    fitting = rows_that_fit(int(known.num_rows), sum(_sizes(known)), rows)
    for groups in _groups_at_once(known):
        for batch in file.iter_batches(batch_size=fitting, row_groups=groups):
            yield pa.Table.from_batches([batch], file.schema_arrow)


def _groups_at_once(known: Any) -> Iterator[list[int]]:
    """Give row groups that are read together; in one go, Arrow holds all of the file in the end."""
    together, size = list[int](), 0
    for number, more in enumerate(_sizes(known)):
        if together and size + more > PART_BYTES:
            yield together
            together, size = [], 0
        together.append(number)
        size += more
    if together:
        yield together


def _sizes(known: Any) -> Iterator[int]:
    """Give the bytes of each row group, not compressed."""
    for number in range(known.num_row_groups):
        yield int(known.row_group(number).total_byte_size)
