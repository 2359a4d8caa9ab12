"""`hf-sft convert`: a file of rows into another format; asks where the rows could be two things."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from hf_sft_builders.formats.converting_files import RowFile


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    convert = commands.add_parser("convert", help="turn a file of rows into another format")
    convert.add_argument(
        "file", help="JSON, JSONL, CSV, TSV, Parquet or Arrow, also compressed, or its URL"
    )
    convert.add_argument("--to", required=True, help="a format; `hf-sft formats` lists them")
    convert.add_argument("--from", dest="from_format", help="found by itself where not given")
    convert.add_argument(
        "--columns", nargs="+", default=[], metavar="YOURS=FIELD", help="question=instruction …"
    )
    convert.add_argument(
        "--output", help=".jsonl, .json, .csv, .parquet, …; default: .jsonl in this folder"
    )
    convert.add_argument(
        "--allow-loss", action="store_true", help="drop what has no place; count it"
    )
    convert.add_argument("--encoding", default="utf-8", help="of JSON and CSV: gb18030, big5, …")
    convert.add_argument("--yes", action="store_true", help="take the likeliest format unasked")
    convert.set_defaults(run=_convert)


def _convert(options: argparse.Namespace) -> None:
    from hf_sft_builders.formats.converting_files import RowFile

    columns = dict(_pair(text) for text in options.columns)
    output = _output(options)
    rows = RowFile(options.file, columns, options.encoding)
    source = options.from_format or _found(rows, options.yes)
    made = rows.convert(options.to, output, source, allow_loss=options.allow_loss)
    print(made.summary())
    print(output)


def _pair(text: str) -> tuple[str, str]:
    yours, equals, field = text.partition("=")
    if not (yours and equals and field):
        raise ConfigurationError(
            f"--columns takes YOURS=FIELD, such as question=instruction; got {text!r}."
        )
    return yours, field


def _found(rows: RowFile, yes: bool) -> str:
    """Propose a format, and have it confirmed where it is not certain."""
    found = rows.detect()
    print(found)
    if not (found.certain or yes or _confirmed(f"Read the rows as {found.format}?")):
        raise ConfigurationError("Say which format the rows have: --from FORMAT, or --yes.")
    return found.layout or found.format


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes", "是")


def _output(options: argparse.Namespace) -> Path:
    from hf_sft_builders.formats import get_format
    from hf_sft_builders.formats.files import known_kind
    from hf_sft_builders.formats.media import MEDIA

    media = bool(get_format(options.to).holds & set(MEDIA))
    if options.output:
        output = Path(options.output)
    else:
        stem = Path(options.file).name.split(".")[0]
        output = Path(f"{stem}.{options.to}{'.parquet' if media else '.jsonl'}")
    if known_kind(output) != ".parquet" and media:
        raise ConfigurationError(
            f"{output}: rows with media are written as .parquet; bytes have no place elsewhere."
        )
    return output
