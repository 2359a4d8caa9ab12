"""`hf-sft replies`: looks after the store of paid replies."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TextIO, cast

from hf_sft_builders.errors import ConfigurationError


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    replies = commands.add_parser("replies", help="the stored replies of language models")
    actions = replies.add_subparsers(required=True, metavar="action")
    for name, help in (
        ("list", "models, replies, tokens, sizes"),
        ("export", "write all replies as JSON lines to a file, or to standard output"),
        ("import", "read JSON lines from a file, or from standard input"),
        ("merge", "take over the replies of another store, or what is whole in a damaged one"),
        ("prune", "delete old replies, or a model's"),
    ):
        action = actions.add_parser(name, help=help)
        action.add_argument("--path", help="the store; default: HF_SFT_REPLIES, or in HF_HOME")
        action.set_defaults(run=_replies, action=name)
        if name in ("export", "import"):
            action.add_argument("file", nargs="?", help="default: standard input or output")
        if name == "merge":
            action.add_argument("file", help="the other store; it is only read")
        if name in ("export", "prune"):
            action.add_argument("--model", help="only this model's")
        if name == "prune":
            action.add_argument("--older-than-days", type=float, help="0 for all")
            action.add_argument("--dry-run", action="store_true", help="only count them")


def _replies(options: argparse.Namespace) -> None:
    from hf_sft_builders.llm.replies import ReplyStore

    store = ReplyStore(options.path)
    if options.action not in ("import", "merge") and not store.path.exists():
        raise ConfigurationError(
            f"There is no reply store at {store.path}. Pass --path, or set HF_SFT_REPLIES."
        )
    if options.action == "list":
        summary = store.summary()
        print(f"{summary.path}: {_count(summary.replies)}, {summary.bytes / 2**20:,.1f} MB")
        for model in summary.models:
            tokens = f"{model.tokens_in:,} tokens in, {model.tokens_out:,} out"
            print(f"  {model.model}: {_count(model.replies)}, {tokens}")
    elif options.action == "export":
        with _opened(options.file, "w", sys.stdout) as lines:
            store.export(lines, model=options.model)
    elif options.action == "import":
        with _opened(options.file, "r", sys.stdin) as lines:
            print(f"New: {_count(store.import_lines(lines))}")
    elif options.action == "merge":
        print(f"New: {_count(store.merge(options.file))}")
    else:
        if options.model is None and options.older_than_days is None:
            raise ConfigurationError(
                "prune would delete every reply. Say which: --model NAME, or --older-than-days N "
                "(0 for all)."
            )
        gone = store.prune(options.older_than_days, options.model, options.dry_run)
        print(f"{'Would be deleted' if options.dry_run else 'Deleted'}: {_count(gone)}")


def _count(replies: int) -> str:
    return f"{replies:,} {'reply' if replies == 1 else 'replies'}"


def _opened(file: str | None, mode: str, standard: TextIO) -> AbstractContextManager[TextIO]:
    """Give the file that was named, or the standard one, which stays open."""
    if file is None:
        return nullcontext(standard)
    try:
        return cast(TextIO, Path(file).open(mode, encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be opened: {error.strerror}.") from error
