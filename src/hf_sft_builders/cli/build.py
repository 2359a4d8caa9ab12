"""`hf-sft build`: a builder from a shell, with its own options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.registry import PREFIX, builder_module, list_builders


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    build = commands.add_parser("build", help="make a dataset and write it to a folder")
    if given[:1] != ["build"]:
        return  # the options of a builder need `datasets`, which takes a second to import
    builder = _named_builder(given)
    build.add_argument("builder", help=f"one of {', '.join(list_builders())}")
    build.add_argument("--data-dir", help="folder of documents, or its URL")
    build.add_argument("--data-files", nargs="+", help="files, URLs or globs")
    build.add_argument("--output", help="folder to write the dataset, its card and license to")
    build.add_argument("--overwrite", action="store_true", help="replace another dataset there")
    build.add_argument(
        "--estimate", action="store_true", help="count calls and tokens, ask nothing"
    )
    build.add_argument("--num-proc", type=int, help="worker processes")
    build.add_argument(
        "--engine", choices=("ray",), help="work on a Ray cluster in place of this process"
    )
    build.add_argument(
        "--address", help="of the cluster; by default RAY_ADDRESS, or one of its own"
    )
    build.add_argument("--password", help="for protected files; or set HF_SFT_PASSWORD")
    for flag, kind, help in _LIMITS:
        build.add_argument(flag, type=kind, help=help)
    build.add_argument(
        "--prices", nargs=2, type=float, metavar=("IN", "OUT"), help="per million tokens"
    )
    build.add_argument("--mode", choices=("live", "batch"), help="batch: the server's Batch API")
    for field in _config_fields(builder):
        _add_option(build, field)
    build.set_defaults(run=_build)


def _named_builder(given: Sequence[str]) -> str:
    """Find which builder is meant, because it decides which options there are."""
    named = [word for word in given[1:2] if given[0] == "build" and not word.startswith("-")]
    return named[0] if named else "pdf_qa"


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


_LIMITS = (
    ("--max-concurrency", int, "requests in flight"),
    ("--requests-per-minute", float, "never send more"),
    ("--tokens-per-minute", float, "never send more"),
    ("--timeout", float, "seconds for one request"),
    ("--max-retries", int, "how often a request that broke is sent again"),
    ("--max-repairs", int, "how often a reply of the wrong shape is asked for again"),
    ("--max-tokens-total", int, "stop before the job costs more tokens"),
    ("--max-cost", float, "stop before the job costs more, by --prices"),
    ("--max-failures", float, "largest share of failed inputs"),
)
_TYPES = {"preview": int, "temperature": float, "max_tokens": int, "seed": int,
          "top_logprobs": int, "total": int, "questions": int}  # fmt: skip


def _add_option(build: argparse.ArgumentParser, field: Any) -> None:
    flag = "--" + field.name.replace("_", "-")
    if isinstance(field.default, bool):
        build.add_argument(flag, action=argparse.BooleanOptionalAction, default=None)
        return
    if isinstance(field.default, tuple) and field.default:
        kind, count = type(field.default[0]), len(field.default)
        build.add_argument(flag, type=kind, nargs=count, help=f"default: {field.default!r}")
        return
    if field.default == ():  # names, or the path of a file
        build.add_argument(flag, help="default: none")
        return
    kind = _TYPES.get(field.name) or (str if field.default is None else type(field.default))
    build.add_argument(flag, type=kind, help=f"default: {field.default!r}")


def _build(options: argparse.Namespace) -> None:
    from hf_sft_builders.publishing import publish
    from hf_sft_builders.publishing.publish import check_target

    if options.estimate:
        from hf_sft_builders.builders.forecast import estimate

        print(estimate(options.builder, **_builder_options(options)))
        return
    if options.output:
        check_target(Path(options.output), overwrite=options.overwrite)
    dataset = _built(options)
    if options.preview:
        _print_rows(dataset)
    if not options.output:
        print("Nothing was written; --output FOLDER writes data, card and license.")
    else:
        print(publish(dataset, Path(options.output), overwrite=options.overwrite))


def _built(options: argparse.Namespace) -> Any:
    from datasets import load_dataset

    given = {**_builder_options(options), "num_proc": options.num_proc}
    if options.engine == "ray":
        from hf_sft_builders.ray import build

        return build(options.builder, address=options.address, **given)
    if options.address:
        raise ConfigurationError("--address is that of a Ray cluster. Add --engine ray.")
    return load_dataset(PREFIX + options.builder, **given)


def _builder_options(options: argparse.Namespace) -> dict[str, Any]:
    import os

    own = {"builder", "output", "overwrite", "estimate", "num_proc", "engine", "address", "run"}
    given = {name: value for name, value in vars(options).items() if name not in own}
    given["password"] = given["password"] or os.environ.get("HF_SFT_PASSWORD")
    return {name: value for name, value in given.items() if value is not None}


def _print_rows(dataset: Any) -> None:
    import json

    for split, rows in dataset.items():
        for row in rows.remove_columns([c for c in rows.column_names if c == "provenance"]):
            print(f"{split}: {json.dumps(row, ensure_ascii=False, indent=2)}")
