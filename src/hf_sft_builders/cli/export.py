"""`hf-sft export`: rows as a trainer reads them, with its configuration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_READERS = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "json"),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), "arrow"),
    ".parquet": "parquet",
}
_SEPARATED = (".csv", ".tsv")


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    export = commands.add_parser("export", help="write rows as a trainer reads them")
    export.add_argument("data", help="a dataset's folder, or a file: JSON, JSONL, CSV or Parquet")
    export.add_argument("--trainer", required=True, help="llamafactory, trl, unsloth, axolotl, …")
    export.add_argument("--output", required=True, help="folder to write to")
    export.add_argument("--from-format", help="the rows' format, where columns do not say it")
    export.add_argument(
        "--allow-drops",
        action="store_true",
        help="write rows that the trainer would not learn from to dropped.jsonl",
    )
    export.add_argument("--overwrite", action="store_true", help="replace edited files of ours")
    export.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> None:
    from hf_sft_builders.ledger import last_run
    from hf_sft_builders.publishing import export

    ds = _read(Path(options.data))
    folder = export(
        ds,
        options.output,
        trainer=options.trainer,
        from_format=options.from_format,
        allow_drops=options.allow_drops,
        overwrite=options.overwrite,
    )
    print(folder)
    print(last_run().summary())


def _read(path: Path) -> Any:
    """Read a dataset's folder, or a file of rows; one that is broken stops with line and byte."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError

    from hf_sft_builders.errors import SourceError
    from hf_sft_builders.formats.files import read_tables
    from hf_sft_builders.formats.opening import suffixes

    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder.")
    kind = suffixes(path)[0]
    if path.is_file() and kind in _SEPARATED:
        return _separated(path)
    if path.is_dir() or kind not in _READERS:
        return load_dataset(str(path))
    try:
        return load_dataset(_READERS[kind], data_files=str(path))
    except (DatasetGenerationError, StopIteration, ValueError) as error:
        if not any(table.num_rows for table in read_tables(path)):
            raise SourceError(f"{path}: no rows. There is nothing to export.") from error
        raise


def _separated(path: Path) -> Any:
    """Read text as it stands: pandas would make 7 of 007, and nothing of the word NA."""
    import pyarrow as pa
    from datasets import Dataset

    from hf_sft_builders.formats.files import read_tables

    return Dataset(pa.concat_tables(read_tables(path)))
