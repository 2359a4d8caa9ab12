"""`hf-sft search`: datasets of all catalogues, from a shell."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    search = commands.add_parser("search", help="look for datasets in all catalogues at once")
    search.add_argument("query", nargs="+", help="words and filters: chest CT license:cc-by")
    search.add_argument("--format", help="file suffixes, such as csv,parquet")
    search.add_argument("--license", help="ids or families, such as cc-by-4.0 or cc-by")
    search.add_argument(
        "--commercial", action=argparse.BooleanOptionalAction, help="allows commercial use"
    )
    search.add_argument(
        "--share-adaptations",
        action=argparse.BooleanOptionalAction,
        help="allows sharing what is made from it",
    )
    search.add_argument("--updated-since", metavar="DATE", help="2023, 2023-05 or 2023-05-17")
    search.add_argument("--source", help="which catalogues, such as zenodo,kaggle; default: all")
    search.add_argument("--field", help="subject, such as medicine or 法律")
    search.add_argument("--limit", type=int, default=20, help="how many are shown; default: 20")
    search.add_argument("--timeout", type=float, default=10.0, help="seconds; default: 10")
    search.add_argument("--json", action="store_true", help="print JSON, not a table")
    search.set_defaults(run=_search)


def _search(options: argparse.Namespace) -> None:
    from hf_sft_builders.sources.searching import search

    own = {"query", "json", "run"}
    given = {name: value for name, value in vars(options).items() if name not in own}
    results = search(" ".join(options.query), **given)
    print(results.to_json() if options.json else results)
