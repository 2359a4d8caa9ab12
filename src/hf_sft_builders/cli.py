"""`hf-sft`: the builders from a shell. Parses, calls and prints; it has no logic of its own.

hf-sft build pdf_qa --data-dir docs --format sharegpt --output my-dataset
hf-sft builders
hf-sft formats
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any

from hf_sft_builders.errors import SFTError
from hf_sft_builders.registry import PREFIX, builder_module, list_builders
from hf_sft_builders.version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give the exit code (2 for what the user can mend)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(given).parse_args(given)
        return int(options.run(options) or 0)
    except SFTError as error:
        print(f"hf-sft: {error}", file=sys.stderr)
        return 2


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hf-sft", description="Fine-tuning data from documents.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    build = commands.add_parser("build", help="make a dataset and write it to a folder")
    _add_build(build, _named_builder(given))
    for name, plural in (("builders", _print_builders), ("formats", _print_formats)):
        commands.add_parser(name, help=f"list the {name}").set_defaults(run=plural)
    return parser


def _named_builder(given: Sequence[str]) -> str:
    """Find which builder is meant, because it decides which options there are."""
    named = [word for word in given[1:2] if given[0] == "build" and not word.startswith("-")]
    return named[0] if named else "pdf_qa"


def _add_build(build: argparse.ArgumentParser, builder: str) -> None:
    build.add_argument("builder", help=f"one of {', '.join(list_builders())}")
    build.add_argument("--data-dir", help="folder of documents, or its URL")
    build.add_argument("--data-files", nargs="+", help="files, URLs or globs")
    build.add_argument("--output", help="folder to write the dataset, its card and license to")
    build.add_argument("--overwrite", action="store_true", help="replace another dataset there")
    build.add_argument("--num-proc", type=int, help="worker processes")
    build.add_argument("--password", help="for protected files; or set HF_SFT_PASSWORD")
    build.add_argument("--max-concurrency", type=int, help="requests in flight")
    build.add_argument("--timeout", type=float, help="seconds for one request")
    build.add_argument("--max-failures", type=float, help="largest share of failed inputs")
    for field in _config_fields(builder):
        _add_option(build, field)
    build.set_defaults(run=_build)


def _config_fields(builder: str) -> list[Any]:
    from hf_sft_builders.builders.options import INTERNAL_FIELDS, ReadingConfig

    config = _builder_class(builder).BUILDER_CONFIG_CLASS
    assert issubclass(config, ReadingConfig)
    return [field for field in fields(config) if field.name not in INTERNAL_FIELDS]


def _builder_class(builder: str) -> Any:
    import datasets

    module = import_module(builder_module(builder))
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, datasets.DatasetBuilder)
        and value.__module__ == module.__name__
    )


_TYPES = {"temperature": float, "max_tokens": int, "seed": int}


def _add_option(build: argparse.ArgumentParser, field: Any) -> None:
    flag = "--" + field.name.replace("_", "-")
    if isinstance(field.default, bool):
        build.add_argument(flag, action=argparse.BooleanOptionalAction, default=None)
        return
    kind = _TYPES.get(field.name) or (str if field.default is None else type(field.default))
    build.add_argument(flag, type=kind, help=f"default: {field.default!r}")


def _build(options: argparse.Namespace) -> None:
    from datasets import load_dataset

    from hf_sft_builders.ledger import last_run
    from hf_sft_builders.publishing import publish
    from hf_sft_builders.publishing.publish import check_target

    if options.output:
        check_target(options.output, overwrite=options.overwrite)
    dataset = load_dataset(
        PREFIX + options.builder, num_proc=options.num_proc, **_builder_options(options)
    )
    print(last_run().summary())
    if options.output:
        print(publish(dataset, options.output, overwrite=options.overwrite))


def _builder_options(options: argparse.Namespace) -> dict[str, Any]:
    import os

    own = {"builder", "output", "overwrite", "num_proc", "run"}
    given = {name: value for name, value in vars(options).items() if name not in own}
    given["password"] = given["password"] or os.environ.get("HF_SFT_PASSWORD")
    return {name: value for name, value in given.items() if value is not None}


def _print_builders(options: argparse.Namespace) -> None:
    print("\n".join(list_builders()))


def _print_formats(options: argparse.Namespace) -> None:
    from hf_sft_builders.formats import list_formats

    print("\n".join(list_formats()))
