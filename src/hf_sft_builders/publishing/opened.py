"""Rows to publish from where they lie: a folder, a file, or a repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger
from hf_sft_builders.publishing.parquet_files import DEFAULT
from hf_sft_builders.sources.hub_trouble import hub_trouble

_FILES = {".parquet": "parquet", ".jsonl": "json", ".json": "json", ".csv": "csv"}
_SAVED = ("dataset_dict.json", "state.json")


def open_rows(source: str) -> tuple[Any, dict[str, Any]]:
    """Give the dataset that a source holds, and its other configs by name.

    Args:
        source: A folder from `publish` or `save_to_disk`, a Parquet, JSON, JSONL or CSV file, or a
            repository on the Hub.

    Returns:
        The config `default` (None where there is none), and all others.

    Raises:
        SourceError: if nothing there can be read as rows.
    """
    from datasets import load_from_disk

    path = Path(source).expanduser()
    if not path.exists() and (source.count("/") != 1 or source.startswith((".", "~"))):
        raise SourceError(
            f"{source}: nothing is there. Expected a folder from publish or save_to_disk, a "
            f"{', '.join(_FILES)} file, or a repository such as 'user/name'."
        )
    if path.is_file():
        return _file(path), {}
    try:
        if any((path / name).is_file() for name in _SAVED):
            return load_from_disk(str(path)), {}
        found = _configs(str(path) if path.exists() else source)
    except (OSError, ValueError) as error:
        told = "" if path.exists() else hub_trouble(error)
        raise SourceError(f"{source}: cannot be read as rows: {told or error}") from None
    for part in found.values():
        _keep_manifest(path, part)
    return found.pop(DEFAULT, None), found


def _file(path: Path) -> Any:
    """Load one file; whatever is wrong with it is told in one error."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError

    if path.suffix not in _FILES:
        raise SourceError(
            f"{path}: is not a file of rows. Expected {', '.join(_FILES)}; `hf-sft convert` "
            "makes one of .tsv, .arrow and compressed files."
        )
    if not path.stat().st_size:
        raise SourceError(f"{path}: there are no rows in it.")
    try:
        return load_dataset(_FILES[path.suffix], data_files=str(path))
    except StopIteration as error:
        raise SourceError(f"{path}: there are no rows in it.") from error
    except (OSError, ValueError, DatasetGenerationError) as error:
        raise SourceError(
            f"{path}: cannot be read as rows. {error.__cause__ or error}. In another encoding, or with "
            f"columns of several types? hf-sft convert {path.name} --to alpaca --encoding gb18030"
        ) from error


def _configs(source: str) -> dict[str, Any]:
    """Load every config; without a name, `datasets` would take the first and lose the others."""
    from datasets import get_dataset_config_names, load_dataset

    return {name: load_dataset(source, name) for name in get_dataset_config_names(source)}


def _keep_manifest(folder: Path, found: Any) -> None:
    """Put the manifest of a published folder where a builder would have left it: beside the rows."""
    ledger = Ledger.load(folder) if folder.is_dir() else None
    if ledger is None:
        return
    caches = {Path(f["filename"]).parent for ds in found.values() for f in ds.cache_files}
    for cache in sorted(caches)[:1]:
        if not (cache / MANIFEST_NAME).exists():
            ledger.save(cache)
