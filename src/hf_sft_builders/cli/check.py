"""`hf-sft check`: which rows a trainer would drop, crash on or learn wrongly; for people and CI."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from hf_sft_builders.formats.checking import Report

_BAD = 1


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "check",
        help="say which rows a trainer would drop, crash on or learn wrongly",
        description="Exit code: 0 all good, 1 rows break a rule, 2 a file cannot be checked.",
    )
    parser.add_argument("paths", nargs="+", metavar="path", help="file or URL; also compressed")
    parser.add_argument("--format", help="what the rows should be; found by their columns")
    parser.add_argument("--trainer", help="also hold them against what one trainer wants")
    parser.add_argument("--fix", action="store_true", help="mend what has one safe answer")
    parser.add_argument("--output", help="where --fix writes; in place of the file by default")
    parser.add_argument("--encoding", default="utf-8", help="of JSON and CSV: gb18030, big5, …")
    parser.add_argument("--json", action="store_true", help="print one JSON object per file")
    parser.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from hf_sft_builders.formats.batches import TextFile
    from hf_sft_builders.formats.checking import check

    if options.output and (not options.fix or len(options.paths) > 1):
        raise ConfigurationError("--output takes one path and --fix, whose result it is.")
    good = True
    for path in options.paths:
        if options.fix:
            report, changed = _mend(path, options)
        else:
            rows = TextFile(path, options.encoding)
            report = check(rows, options.format, trainer=options.trainer)
            changed = None
        _print(path, report, changed, options.json)
        good = good and report.ok
    return 0 if good else _BAD


def _mend(path: str, options: argparse.Namespace) -> tuple[Report, Any]:
    from hf_sft_builders.formats.mending import mend_file

    mended = mend_file(
        path,
        options.output,
        options.format,
        trainer=options.trainer,
        encoding=options.encoding,
    )
    return mended.left, mended


def _print(path: str, report: Report, mended: Any, as_json: bool) -> None:
    import json

    if as_json:
        fixes = {} if mended is None else {"mended": dict(mended.changed)}
        print(json.dumps({"path": path, **fixes, **report.to_dict()}, ensure_ascii=False))
        return
    if mended is not None:
        print(f"{path}: {mended}")
    print(f"{path}: {report}")
