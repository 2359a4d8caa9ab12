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
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return 0


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hf-sft", description="Fine-tuning data from documents.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    build = commands.add_parser("build", help="make a dataset and write it to a folder")
    _add_build(build, _named_builder(given))
    _add_replies(commands.add_parser("replies", help="the stored replies of language models"))
    for name, plural in (("builders", _print_builders), ("formats", _print_formats)):
        commands.add_parser(name, help=f"list the {name}").set_defaults(run=plural)
    return parser


def _add_replies(replies: argparse.ArgumentParser) -> None:
    actions = replies.add_subparsers(required=True, metavar="action")
    for name, help in (
        ("list", "models, replies, tokens, sizes"),
        ("export", "write all replies as JSON lines to standard output"),
        ("import", "read JSON lines from standard input"),
        ("prune", "delete old replies, or a model's"),
    ):
        action = actions.add_parser(name, help=help)
        action.add_argument("--path", help="the store; default: HF_SFT_REPLIES, or in HF_HOME")
        action.set_defaults(run=_replies, action=name)
        if name in ("export", "prune"):
            action.add_argument("--model")
        if name == "prune":
            action.add_argument("--older-than-days", type=float)
            action.add_argument("--dry-run", action="store_true")


def _replies(options: argparse.Namespace) -> None:
    from hf_sft_builders.llm.replies import ReplyStore

    store = ReplyStore(options.path)
    if options.action == "list":
        summary = store.summary()
        print(f"{summary.path}: {summary.replies:,} replies, {summary.bytes / 2**20:,.1f} MB")
        for model in summary.models:
            tokens = f"{model.tokens_in:,} tokens in, {model.tokens_out:,} out"
            print(f"  {model.model}: {model.replies:,} replies, {tokens}")
    elif options.action == "export":
        store.export(sys.stdout, model=options.model)
    elif options.action == "import":
        print(f"{store.import_lines(sys.stdin):,} replies are new")
    else:
        gone = store.prune(options.older_than_days, options.model, options.dry_run)
        print(f"{gone:,} replies {'would be' if options.dry_run else 'are'} deleted")


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
    build.add_argument(
        "--estimate", action="store_true", help="count calls and tokens, ask nothing"
    )
    build.add_argument("--num-proc", type=int, help="worker processes")
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
_TYPES = {"preview": int, "temperature": float, "max_tokens": int, "seed": int}


def _add_option(build: argparse.ArgumentParser, field: Any) -> None:
    flag = "--" + field.name.replace("_", "-")
    if isinstance(field.default, bool):
        build.add_argument(flag, action=argparse.BooleanOptionalAction, default=None)
        return
    kind = _TYPES.get(field.name) or (str if field.default is None else type(field.default))
    build.add_argument(flag, type=kind, help=f"default: {field.default!r}")


def _build(options: argparse.Namespace) -> None:
    from datasets import load_dataset

    from hf_sft_builders.publishing import publish
    from hf_sft_builders.publishing.publish import check_target

    if options.estimate:
        from hf_sft_builders.builders.forecast import estimate

        print(estimate(options.builder, **_builder_options(options)))
        return
    if options.output:
        check_target(options.output, overwrite=options.overwrite)
    dataset = load_dataset(
        PREFIX + options.builder, num_proc=options.num_proc, **_builder_options(options)
    )
    if options.preview:
        _print_rows(dataset)
    if not options.output:
        print("Nothing was written; --output FOLDER writes data, card and license.")
    else:
        print(publish(dataset, options.output, overwrite=options.overwrite))


def _builder_options(options: argparse.Namespace) -> dict[str, Any]:
    import os

    own = {"builder", "output", "overwrite", "estimate", "num_proc", "run"}
    given = {name: value for name, value in vars(options).items() if name not in own}
    given["password"] = given["password"] or os.environ.get("HF_SFT_PASSWORD")
    return {name: value for name, value in given.items() if value is not None}


def _print_rows(dataset: Any) -> None:
    import json

    for split, rows in dataset.items():
        for row in rows.remove_columns([c for c in rows.column_names if c == "provenance"]):
            print(f"{split}: {json.dumps(row, ensure_ascii=False, indent=2)}")


def _print_builders(options: argparse.Namespace) -> None:
    print("\n".join(list_builders()))


def _print_formats(options: argparse.Namespace) -> None:
    from hf_sft_builders.formats import list_formats

    print("\n".join(list_formats()))
