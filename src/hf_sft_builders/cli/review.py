"""`hf-sft review`: a page on this machine to look at, correct and confirm rows."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any


def add(commands: Any, given: Sequence[str]) -> None:
    """Add the command to the parser."""
    review = commands.add_parser(
        "review", help="look at rows, correct and confirm them, on a page of this machine"
    )
    review.add_argument(
        "what",
        nargs="*",
        help="folder, file or repository, several; without any: all that was built here",
    )
    review.add_argument("--reviewer", default="", help="your name; kept with all that you do")
    review.add_argument("--host", default="127.0.0.1", help="another address; needs --password")
    review.add_argument("--port", type=int, default=8770, help="0 for any that is free")
    review.add_argument(
        "--password",
        default=os.environ.get("HF_SFT_REVIEW_PASSWORD", ""),
        help="of whoever comes without the link; HF_SFT_REVIEW_PASSWORD keeps it out of process lists",
    )
    review.add_argument("--lang", default="", choices=("en", "zh"), help="of the page")
    review.add_argument("--no-browser", action="store_true", help="only print the address")
    review.add_argument("--model", help="who is asked for answers, rewrites and scores")
    review.add_argument("--base-url", help="the model's address, ending in /v1")
    review.add_argument("--sources", nargs="+", default=(), help="folders of the documents")
    review.add_argument("--domain-tree", help="file of a domain tree: the domains that can be set")
    review.set_defaults(run=_review)


def _review(options: argparse.Namespace) -> int:
    from hf_sft_builders.reviewing.review import review

    wishes = {"host": options.host, "port": options.port, "password": options.password}
    wishes |= {"language": options.lang, "open_browser": not options.no_browser}
    wishes |= {"model": options.model or None, "base_url": options.base_url}
    running = review(
        *options.what,
        reviewer=options.reviewer,
        domain_tree=options.domain_tree,
        sources=options.sources,
        **wishes,
    )
    print(running.url, flush=True)
    if options.host not in ("127.0.0.1", "localhost", "::1"):
        print("Others in this network can reach the page; what it shows travels unencrypted.",
              file=sys.stderr)  # fmt: skip
    running.wait()
    return 0
