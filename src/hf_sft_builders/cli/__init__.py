"""`hf-sft`: the package from a shell. Parses, calls and prints; it has no logic of its own.

One file per command, each with `add(commands, given)`; `COMMANDS` says their order in the help.

    hf-sft build pdf_qa --data-dir docs --format sharegpt --output my-dataset
    hf-sft builders
    hf-sft formats
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from hf_sft_builders.errors import SFTError
from hf_sft_builders.version import __version__

COMMANDS = (
    "build",
    "check",
    "export",
    "convert",
    "show",
    "replies",
    "report",
    "review",
    "search",
    "listing",
    "license",
    "publish",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give the exit code (2 for what the user can mend)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(given).parse_args(given)
        return int(options.run(options) or 0)
    except SFTError as error:
        print(f"hf-sft: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hf-sft", description="Fine-tuning data from documents.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name in COMMANDS:
        import_module(f"{__name__}.{name}").add(commands, given)
    return parser
