"""`hf-sft convert`: a file of rows into another format; asks where the rows could be two things."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError, SourceError

_KINDS = {"json": "json", "jsonl": "json", "csv": "csv", "parquet": "parquet", "arrow": "arrow"}


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    convert = commands.add_parser("convert", help="turn a file of rows into another format")
    convert.add_argument("file", help="JSON, JSONL, CSV, Parquet or Arrow, or its URL")
    convert.add_argument("--to", required=True, help="a format; `hf-sft formats` lists them")
    convert.add_argument("--from", dest="from_format", help="found by itself where not given")
    convert.add_argument(
        "--columns", nargs="+", default=[], metavar="YOURS=FIELD", help="question=instruction …"
    )
    convert.add_argument(
        "--output", help=".jsonl, .json, .csv or .parquet; default: beside the file"
    )
    convert.add_argument(
        "--allow-loss", action="store_true", help="drop what has no place; count it"
    )
    convert.add_argument("--yes", action="store_true", help="take the likeliest format unasked")
    convert.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> None:
    from hf_sft_builders.formats.converting import convert
    from hf_sft_builders.ledger import last_run

    columns = dict(_pair(text) for text in options.columns)
    output = _output(options)
    ds = _read(options.file)
    source = options.from_format or _found(ds, columns, options.yes)
    made = convert(
        ds, options.to, from_format=source, columns=columns, allow_loss=options.allow_loss
    )
    _write(made, output)
    print(last_run().summary())
    print(output)


def _pair(text: str) -> tuple[str, str]:
    yours, equals, field = text.partition("=")
    if not (yours and equals and field):
        raise ConfigurationError(
            f"--columns takes YOURS=FIELD, such as question=instruction; got {text!r}."
        )
    return yours, field


def _found(ds: Any, columns: dict[str, str], yes: bool) -> str:
    """Propose a format, and have it confirmed where it is not certain."""
    from hf_sft_builders.formats.detection import detect

    found = detect(ds.rename_columns(columns) if columns else ds)
    print(found)
    if not (found.certain or yes or _confirmed(f"Read the rows as {found.format}?")):
        raise ConfigurationError("Say which format the rows have: --from FORMAT, or --yes.")
    return found.layout or found.format


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes", "是")


def _read(path: str) -> Any:
    """Read a file of rows; the one place that knows how."""
    from datasets import load_dataset

    names = path.lower().split("?")[0].split(".")
    kind = next((_KINDS[name] for name in reversed(names) if name in _KINDS), None)
    if kind is None:
        raise ConfigurationError(f"{path}: expected one of .{', .'.join(_KINDS)}, or compressed.")
    if "://" not in path and not Path(path).is_file():
        raise SourceError(f"No file {path}.")
    return load_dataset(kind, data_files=path, split="train")


def _output(options: argparse.Namespace) -> Path:
    from hf_sft_builders.formats import get_format
    from hf_sft_builders.formats.media import MEDIA

    media = bool(get_format(options.to).holds & set(MEDIA))
    if options.output:
        output = Path(options.output)
    else:
        stem = Path(options.file).name.split(".")[0]
        output = Path(f"{stem}.{options.to}{'.parquet' if media else '.jsonl'}")
    if media and output.suffix != ".parquet":
        raise ConfigurationError(
            f"{output}: rows with media are written as .parquet; bytes have no place elsewhere."
        )
    if output.suffix not in _WRITERS:
        raise ConfigurationError(f"{output}: expected one of {', '.join(_WRITERS)}.")
    return output


_WRITERS = {
    ".jsonl": lambda ds, path: ds.to_json(path, force_ascii=False),
    ".json": lambda ds, path: ds.to_json(path, force_ascii=False, lines=False, indent=2),
    ".csv": lambda ds, path: ds.to_csv(path, index=False),
    ".parquet": lambda ds, path: ds.to_parquet(path),
}


def _write(ds: Any, output: Path) -> None:
    """Write beside the target and move: a broken run leaves no half a file."""
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.name}.part")
    try:
        _WRITERS[output.suffix](ds, str(part))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
