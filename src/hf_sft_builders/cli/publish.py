"""`hf-sft publish`: rows with card and license, to a folder or in one commit to a hub."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    publish = commands.add_parser("publish", help="send rows, card and license to a hub")
    publish.add_argument("rows", help="folder, Parquet/JSONL/CSV file, or repository")
    publish.add_argument("target", help="user/name on the Hub, modelscope://user/name, or ./folder")
    visibility = publish.add_mutually_exclusive_group()
    visibility.add_argument("--private", action="store_const", const=True, dest="private")
    visibility.add_argument("--public", action="store_const", const=False, dest="private")
    publish.add_argument("--license", help="the license that you declare; other for your own terms")
    publish.add_argument("--policy", help="what is planned: publish, commercial, permissive, …")
    publish.add_argument("--force", metavar="REASON", help="why, where the licenses forbid it")
    publish.add_argument("--title", help="name on the card")
    publish.add_argument("--tag", help="mark this version")
    publish.add_argument("--card-language", choices=("auto", "en", "zh", "both"), default="auto")
    publish.add_argument("--media", choices=("embedded", "files"), default="embedded")
    publish.add_argument("--overwrite", action="store_true", help="replace another dataset there")
    publish.add_argument("--dry-run", action="store_true", help="write a folder, show the changes")
    publish.set_defaults(run=_publish)


def _publish(options: argparse.Namespace) -> None:
    from hf_sft_builders.publishing import publish
    from hf_sft_builders.publishing.opened import open_rows

    own = {"rows", "target", "run"}
    wishes = {name: value for name, value in vars(options).items() if name not in own}
    rows, configs = open_rows(options.rows)
    print(publish(rows, options.target, configs=configs, **wishes))
