"""A stream of rows collected into a dataset, with the features that `map` on streams forgets."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format, list_formats
from hf_sft_builders.formats.lineage import lineage_features


def collected(ds: Any) -> Any:
    """Give a stream's rows as a Dataset on disk; anything else as it is.

    Where the stream does not know its features (`IterableDataset.map` forgets them), those of the
    format that its columns have are taken, and of `id` and `provenance`; other columns are found by
    `datasets` from the rows.

    Raises:
        ConfigurationError: for a stream without rows.
    """
    import datasets

    if isinstance(ds, datasets.IterableDatasetDict):
        return datasets.DatasetDict({name: collected(part) for name, part in ds.items()})
    if not isinstance(ds, datasets.IterableDataset):
        return ds
    features = ds.features or _restored(ds)
    # A place of its own: by a cache, rows of files that changed since would be the old ones.
    place = tempfile.mkdtemp(prefix="hf_sft_stream-", dir=_cache())
    rows = datasets.Dataset.from_generator(
        _rows,
        features=features,
        gen_kwargs={"stream": ds},
        split=ds.split or "train",
        cache_dir=place,
    )
    weakref.finalize(rows, shutil.rmtree, place, ignore_errors=True)
    return rows


def _cache() -> Path:
    import datasets

    place = Path(datasets.config.HF_DATASETS_CACHE)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _rows(stream: Any) -> Iterator[Mapping[str, Any]]:
    yield from stream


def _restored(stream: Any) -> Any:
    """Give the features by the format of the columns; None where some column is in none."""
    import datasets

    first = next(iter(stream), None)
    if first is None:
        raise ConfigurationError(
            "The stream has no rows; there is nothing to publish. "
            "Look at sft.last_run().summary() for what was dropped."
        )
    own: list[Any] = [get_format(name).features for name in list_formats()]
    fitting = [features for features in own if set(features) <= set(first)]
    widest: Any = max(fitting, key=len) if fitting else {}
    known = {**lineage_features(), **widest}
    if set(first) - set(known):
        guessed = datasets.Dataset.from_list([dict(first)]).features
        known = {**guessed, **known}
    return datasets.Features({name: known[name] for name in first})
