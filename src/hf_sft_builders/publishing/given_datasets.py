"""What was given to publish, as datasets by config and split; or why it cannot be published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.publishing.oldest_form import oldest_schema
from hf_sft_builders.publishing.parquet_files import DEFAULT
from hf_sft_builders.publishing.streams import collected

Splits = dict[str, Any]
Configs = dict[str, Splits]

_SPLIT = re.compile(r"\w+(\.\w+)*")
_CONFIG = re.compile(r"\w[\w.-]*")


def datasets_given(ds: Any, configs: Mapping[str, Any] | None = None) -> Configs:
    """Give the datasets by config and split name; a stream is collected first.

    Args:
        ds: Rows of the config `default`; None where all are in `configs`.
        configs: More configs by name, each with features of its own.

    Raises:
        ConfigurationError: saying what was found and expected.
    """
    given: Configs = {} if ds is None and configs else {DEFAULT: splits_of(ds)}
    for name, part in (configs or {}).items():
        if not isinstance(name, str) or not _CONFIG.fullmatch(name) or name in ("data", *given):
            raise ConfigurationError(
                f"configs= has the name {name!r}; expected letters, digits, _ . and -, neither "
                "'data' nor 'default', which is the name of the rows in ds."
            )
        given[name] = splits_of(part)
    return given


def splits_of(ds: Any) -> Splits:
    """Give the datasets of one config by split name.

    Raises:
        ConfigurationError: for what is no dataset, or cannot be loaded again.
    """
    import datasets

    ds = collected(ds)
    if isinstance(ds, datasets.Dataset):
        ds = {_split_name(ds): ds}
    if not isinstance(ds, Mapping) or not ds or not _all_datasets(ds):
        raise ConfigurationError(
            f"ds is {type(ds).__name__}; expected a Dataset or DatasetDict with splits."
        )
    splits = {str(name): part for name, part in ds.items()}
    for name, part in splits.items():
        _require_rows(name, part)
    _require_same_features(splits)
    return splits


def _all_datasets(ds: Mapping[Any, Any]) -> bool:
    import datasets

    return all(isinstance(part, datasets.Dataset) for part in ds.values())


def _split_name(ds: Any) -> str:
    name = str(ds.split or "train")
    return name if _SPLIT.fullmatch(name) else "train"


def _require_rows(name: str, ds: Any) -> None:
    if not _SPLIT.fullmatch(name):
        raise ConfigurationError(
            f"Split name {name!r}; expected letters, digits, _ and dots, such as 'train'."
        )
    if not ds.column_names:
        raise ConfigurationError(f"Split {name!r} has no columns; there is nothing to publish.")
    if not len(ds):
        raise ConfigurationError(
            f"Split {name!r} has no rows; there is nothing to publish. "
            "Look at sft.last_run().summary() for what was dropped, or leave the split out."
        )
    oldest_schema(ds.features)


def _require_same_features(splits: Mapping[str, Any]) -> None:
    first, *others = splits
    for name in others:
        if splits[name].features != splits[first].features:
            raise ConfigurationError(
                f"Splits {first!r} and {name!r} have different features, so they could not be "
                "loaded as one dataset. Make them equal with ds.cast, publish them apart, or as "
                "configs=."
            )
