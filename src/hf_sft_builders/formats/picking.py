"""Rows kept by a decision about each: for datasets, dataset dicts, streams and tables alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, tables_of

_STREAM_ROWS = 1000
Decide = Callable[[pa.Table], np.ndarray]
"""Takes a table; gives bool per row."""


def is_stream(ds: Rows) -> bool:
    """Say whether rows can only be read one after the other."""
    import datasets

    return isinstance(ds, (datasets.IterableDataset, datasets.IterableDatasetDict))


def refuse_paths(ds: Rows, name: str) -> None:
    """Stop at what is no dataset.

    Raises:
        ConfigurationError: saying what to do.
    """
    import datasets

    if not isinstance(ds, (datasets.Dataset, pa.Table)) and not is_stream(ds):
        raise ConfigurationError(
            f"sft.{name} takes a Dataset, IterableDataset or pa.Table; got {type(ds).__name__}. "
            "Name one split of a DatasetDict: ds['train']; load files with load_dataset."
        )


def decided(ds: Rows, decide: Decide) -> np.ndarray:
    """Decide about every row of a dataset or table.

    Returns:
        bool array, one per row.
    """
    return np.concatenate([np.zeros(0, bool), *(decide(table) for table in tables_of(ds))])


def kept(ds: Rows, decide: Decide) -> Rows:
    """Keep the rows that are decided for; a stream stays a stream."""
    if is_stream(ds):
        return _kept_of_stream(ds, decide)
    return at(ds, np.flatnonzero(decided(ds, decide)))


def at(ds: Rows, places: np.ndarray) -> Rows:
    """Give the rows at some places, in that order."""
    return ds.take(pa.array(places)) if isinstance(ds, pa.Table) else ds.select(places)


def _kept_of_stream(ds: Any, decide: Decide) -> Any:
    def good(batch: dict[str, list[Any]]) -> list[bool]:
        return [bool(keep) for keep in decide(table_of_batch(batch, ds.features))]

    return ds.filter(good, batched=True, batch_size=_STREAM_ROWS)


def table_of_batch(batch: dict[str, list[Any]], features: Any) -> pa.Table:
    """Give a batch of a stream as a table; typed as the stream says, so that hashes are those of rows."""
    if features is None:
        return pa.table({name: pa.array(values) for name, values in batch.items()})
    from datasets import Dataset

    return Dataset.from_dict(batch, features=features).data.table
