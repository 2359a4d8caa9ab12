"""Whatever holds rows, as Arrow tables: datasets, streams, tables and files.

Rows are never decoded: an image stays bytes and path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.files import BATCH_ROWS, read_tables
from hf_sft_builders.formats.parts import parts_of


@dataclass(frozen=True)
class TextFile:
    """A file of JSON or CSV in an encoding of its own."""

    path: str | os.PathLike[str]
    encoding: str = "utf-8"


Rows = Any
"""`Dataset`, `DatasetDict`, `IterableDataset`, `IterableDatasetDict`, `pa.Table`, a path or a `TextFile`."""


def splits_of(ds: Rows) -> dict[str, Rows]:
    """Give the splits of a dataset dict by name; anything else is one split without a name."""
    return dict(ds) if isinstance(ds, Mapping) else {"": ds}


def column_names(ds: Rows) -> list[str]:
    """Name the columns of one split, reading the first rows where nothing else knows."""
    if isinstance(ds, (str, os.PathLike)) or getattr(ds, "column_names", None) is None:
        first = next(tables_of(ds), None)
        return [] if first is None else list(first.column_names)
    return list(ds.column_names)


def tables_of(ds: Rows, batch_rows: int = BATCH_ROWS) -> Iterator[pa.Table]:
    """Give the rows of one split as tables.

    Args:
        ds: `Dataset`, `IterableDataset`, `pa.Table`, or the path or URL of a file.
        batch_rows: Rows per table, at most; fewer where they are pictures or long texts.

    Raises:
        ConfigurationError: if it is none of these.
    """
    for table in _tables(ds, batch_rows):
        yield from parts_of(table)


def _tables(ds: Rows, batch_rows: int) -> Iterator[pa.Table]:
    if isinstance(ds, (str, os.PathLike)):
        yield from read_tables(ds, batch_rows)
    elif isinstance(ds, TextFile):
        yield from read_tables(ds.path, batch_rows, encoding=ds.encoding)
    elif isinstance(ds, pa.Table):
        for start in range(0, ds.num_rows, batch_rows):
            yield ds.slice(start, batch_rows)
    elif hasattr(ds, "with_format") and hasattr(ds, "iter"):
        yield from _of_dataset(ds, batch_rows)
    else:
        raise ConfigurationError(
            f"Expected a Dataset, DatasetDict, IterableDataset, pa.Table or a path; got {type(ds)}."
        )


def _of_dataset(ds: Any, batch_rows: int) -> Iterator[pa.Table]:
    for table in ds.with_format("arrow").iter(batch_size=batch_rows):
        yield table if isinstance(table, pa.Table) else pa.table(table)
