"""`hf-sft export`: rows as a trainer reads them, with its configuration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_READERS = {".json": "json", ".jsonl": "json", ".csv": "csv", ".parquet": "parquet"}


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
    from datasets import load_dataset

    from hf_sft_builders.errors import SourceError
    from hf_sft_builders.ledger import last_run
    from hf_sft_builders.publishing import export

    path = Path(options.data)
    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder.")
    reader = _READERS.get(path.suffix.lower())
    ds = load_dataset(reader, data_files=str(path)) if reader else load_dataset(str(path))
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
