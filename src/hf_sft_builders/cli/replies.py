"""`hf-sft replies`: looks after the store of paid replies."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    replies = commands.add_parser("replies", help="the stored replies of language models")
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
