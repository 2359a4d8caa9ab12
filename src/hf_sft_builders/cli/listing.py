"""`hf-sft builders`, `hf-sft formats`: what there is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from hf_sft_builders.registry import list_builders


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the commands to the parser."""
    for name, show in (("builders", _print_builders), ("formats", _print_formats)):
        commands.add_parser(name, help=f"list the {name}").set_defaults(run=show)


def _print_builders(options: argparse.Namespace) -> None:
    print("\n".join(list_builders()))


def _print_formats(options: argparse.Namespace) -> None:
    from hf_sft_builders.formats import list_formats

    print("\n".join(list_formats()))
