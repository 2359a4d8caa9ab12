"""What is to be reviewed, as splits of rows: a name, a dataset, several splits."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger
from hf_sft_builders.reviewing.places import overlay_of_dataset, overlay_of_source

_NO_STREAM = " Load the dataset without streaming=True."


def opened(what: Any) -> tuple[str, dict[str, Any], Path]:
    """Open what is to be reviewed.

    Args:
        what: A folder, file or repository by name; a `Dataset` or `DatasetDict`.

    Returns:
        Its name, its splits, and where its review lies.

    Raises:
        SourceError: if nothing there can be read as rows.
        ConfigurationError: for what holds no rows that can be jumped about in.
    """
    import datasets

    if isinstance(what, (str, Path)) and (built := _built(Path(what).expanduser())):
        ledger = Ledger.load(Path(what).expanduser())
        return ledger.builder if ledger else "rows", built, overlay_of_dataset(built)
    if isinstance(what, (str, Path)):
        found = splits_of(_read(str(what)))
        return Path(str(what)).name or str(what), found, overlay_of_source(str(what))
    splits = splits_of(what)
    first = next(iter(splits.values()))
    name = str(getattr(first.info, "dataset_name", None) or "").replace("___", "/") or "rows"
    if not isinstance(first, datasets.Dataset):
        raise ConfigurationError(
            f"Expected rows that can be jumped about in; got {type(first).__name__}.{_NO_STREAM}"
        )
    return name, splits, overlay_of_dataset(splits)


def _read(source: str) -> Any:
    """Read a source's rows: those of its config `default`, or of the only one."""
    from hf_sft_builders.publishing.opened import open_rows

    rows, others = open_rows(source)
    if rows is None and len(others) == 1:
        return next(iter(others.values()))
    if rows is None:
        raise ConfigurationError(
            f"{source}: has the configs {', '.join(others)}, and none is 'default'. Review one of "
            f"them: sft.review(datasets.load_dataset({source!r}, {next(iter(others), '…')!r}))."
        )
    if others:
        names = ", ".join(others)
        warnings.warn(f"{source}: only the config default is reviewed, not {names}.", stacklevel=2)
    return rows


def _built(folder: Path) -> dict[str, Any]:
    """Open a builder's folder in the cache of `datasets`; empty where it is none."""
    import datasets

    names = (MANIFEST_NAME, "dataset_info.json")
    if not all((folder / name).is_file() for name in names) or (folder / "state.json").is_file():
        return {}
    info = datasets.DatasetInfo.from_directory(str(folder))
    found = {}
    for split in info.splits or {}:
        files = sorted(folder.glob(f"{info.dataset_name}-{split}.arrow"))
        files = files or sorted(folder.glob(f"{info.dataset_name}-{split}-*-of-*.arrow"))
        parts = [datasets.Dataset.from_file(str(file), info=info, split=split) for file in files]
        if parts:
            found[str(split)] = datasets.concatenate_datasets(parts)
    return found


def named(what: Any) -> str:
    """Give the absolute path, or the repository, that something was opened by; empty for a dataset."""
    if not isinstance(what, (str, Path)):
        return ""
    path = Path(what).expanduser()
    return str(path.resolve()) if path.exists() else str(what)


def splits_of(ds: Any) -> dict[str, Any]:
    """Give the splits of a dataset or dataset dict by name.

    Raises:
        ConfigurationError: for anything else, or splits of different columns.
    """
    import datasets

    if isinstance(ds, datasets.Dataset):
        return {str(ds.split or "train"): ds}
    if not isinstance(ds, Mapping) or not ds:
        raise ConfigurationError(
            f"Expected a Dataset, a DatasetDict or the name of one; got {type(ds).__name__}."
            f"{_NO_STREAM if isinstance(ds, datasets.IterableDataset) else ''}"
        )
    splits = {str(name): part for name, part in ds.items()}
    first = next(iter(splits.values()))
    for name, part in splits.items():
        if part.column_names != first.column_names:
            raise ConfigurationError(
                f"Split {name!r} has the columns {', '.join(part.column_names)}, the first one "
                f"{', '.join(first.column_names)}. Review them apart: ds[{name!r}]."
            )
    return splits
