"""`hf-sft show <uri>`: files, license and first rows of any source."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.terminal import count_told, size_told

_FILES = 20


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    show = commands.add_parser("show", help="files, license and first rows of a source")
    show.add_argument("uri", help="such as kaggle://owner/dataset, a file, a folder, a page")
    show.add_argument("-n", "--rows", type=int, default=5, help="how many rows (5)")
    show.add_argument("--all-files", action="store_true", help=f"name more than {_FILES} files")
    show.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> None:
    from hf_sft_builders.builders.look import look

    found = look(options.uri, options.rows)
    license = found.license
    print(found.uri)
    print(
        f"license: {license.raw or 'none found'} → {license.id} "
        f"({license.found_in or 'nothing beside the files'}, {license.confidence})"
    )
    sizes = [file.size for file in found.files]
    print(f"{count_told(len(sizes), 'file')}, {size_told(sum(size for size in sizes if size > 0))}")
    wanted = found.files if options.all_files else found.files[:_FILES]
    for file in wanted:
        print(
            f"{size_told(file.size) if file.size >= 0 else '?':>10}  {_below(found.uri, file.uri)}"
        )
    if len(found.files) > len(wanted):
        print(f"            … and {len(found.files) - len(wanted):,} more (--all-files)")
    if found.why_no_rows:
        print(found.why_no_rows)
        return
    print(f"First {count_told(len(found.rows), 'row')} of {found.shown}:")
    for row in found.rows:
        print(json.dumps(row, ensure_ascii=False, default=str))


def _below(place: str, uri: str) -> str:
    """Name a file by its path below the place that was asked for; whole where it is not below it."""
    top = place if "://" in place else str(Path(place).expanduser().absolute())
    return uri.removeprefix(f"{top}/") if uri != top else uri
