"""The test sets that training rows are held against: by name, file, or as they are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.formats.batches import Rows, tables_of
from hf_sft_builders.formats.files import KINDS
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.formats.picking import is_stream
from hf_sft_builders.sources.hub_trouble import hub_trouble, words_of


def test_sets(against: Any) -> dict[str, Rows]:
    """Give test sets by name, each a dataset or table.

    Args:
        against: Any of, or a list or a dict (name → …) of: `Dataset`, `DatasetDict` (all splits),
            table; path or URL of a file; name of a dataset on the Hub or a local folder,
            with configuration and split behind colons where they are needed: "openai/gsm8k:main:test".

    Raises:
        ConfigurationError: for anything else, or nothing.
        SourceError: if a name cannot be loaded.
    """
    found: dict[str, Rows] = {}
    for name, given in _named(against):
        for split, rows in _loaded(given, name).items():
            whole = f"{name}:{split}" if split else name
            if whole in found:
                raise ConfigurationError(
                    f"Two test sets are called {whole!r}: against={{'name': …}}."
                )
            found[whole] = rows
    if not found:
        raise ConfigurationError("against= names no test set.")
    return found


def _named(against: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(against, Mapping) and not _is_dataset_dict(against):
        return against.items()
    whole = against if isinstance(against, (list, tuple)) else [against]
    return [
        (str(given) if isinstance(given, (str, os.PathLike)) else f"test set {number}", given)
        for number, given in enumerate(whole, 1)
    ]


def _is_dataset_dict(given: Any) -> bool:
    import datasets

    return isinstance(given, (datasets.DatasetDict, datasets.IterableDatasetDict))


def _loaded(given: Any, name: str) -> dict[str, Rows]:
    import datasets

    if isinstance(given, (str, os.PathLike)):
        if suffixes(given)[0] in KINDS:
            return {"": pa.concat_tables(tables_of(given))}
        given = _from_hub(str(given))
    if isinstance(given, Mapping):
        return {split: _held(rows, f"{name}:{split}") for split, rows in given.items()}
    if isinstance(given, (datasets.Dataset, pa.Table)) or is_stream(given):
        return {"": _held(given, name)}
    raise ConfigurationError(
        f"against: {name} is a {type(given).__name__}; expected a dataset, a table, a path or a name."
    )


def _held(rows: Any, name: str) -> Rows:
    """Read a stream whole: test sets are small, and every row is held against them."""
    if not is_stream(rows):
        return rows
    tables = list(tables_of(rows))
    if not tables:
        raise ConfigurationError(f"The stream {name} has no rows.")
    return pa.concat_tables(tables)


def _from_hub(name: str) -> Any:
    import datasets

    path, _, rest = name.partition(":")
    config, _, split = rest.partition(":")
    try:
        return datasets.load_dataset(path, config or None, split=split or None)
    except (OSError, ValueError) as error:  # also what `datasets` says of unknown names
        told = hub_trouble(error) or (
            f"{words_of(error)} Names are 'org/name', 'org/name:config' or "
            f"'org/name:config:split'; files end in {', '.join(KINDS[:4])}, …; or pass the dataset itself."
        )
        raise SourceError(f"The test set {name!r} could not be loaded: {told}") from None
