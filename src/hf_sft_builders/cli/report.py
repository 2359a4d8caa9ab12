"""`hf-sft report`: what a dataset holds, for a terminal, as JSON, a page or pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "report", help="say what a dataset holds: lengths, languages, labels, duplicates, sources"
    )
    parser.add_argument("dataset", help="file of rows, folder of a dataset, or user/name")
    parser.add_argument("--output", help="report.html, .json, .txt, .md, or a folder for SVG files")
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the report")
    parser.add_argument("--format", help="what the rows are; found by their columns")
    parser.add_argument("--tokenizer", help="counts tokens; without it they are estimated")
    parser.add_argument("--title", help="name on the report")
    parser.add_argument(
        "--near-rows",
        type=int,
        default=100_000,
        help="rows, from the first, that are compared for near repeats (100000); 0 for none",
    )
    parser.add_argument(
        "--prices",
        nargs=2,
        type=float,
        metavar=("IN", "OUT"),
        help="per million tokens: says what the tokens of the manifest have cost",
    )
    parser.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    from hf_sft_builders.publishing import report

    found = report(
        options.dataset,
        format=options.format,
        tokenizer=options.tokenizer,
        title=options.title,
        near_rows=options.near_rows,
        prices=options.prices,
    )
    if options.output:
        print(found.save(options.output, options.language))
    else:
        print(found.text(options.language))
    return 0
