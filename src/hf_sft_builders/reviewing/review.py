"""`sft.review(ds)`: the page on this machine, served from a thread of this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.reviewing.asking import Asking
from hf_sft_builders.reviewing.built_here import datasets_built_here
from hf_sft_builders.reviewing.session import Session

if TYPE_CHECKING:
    from hf_sft_builders.reviewing.server import Running


def review(
    *what: Any,
    reviewer: str = "",
    overlay: str | Path | None = None,
    name: str | None = None,
    model: Any = None,
    base_url: str | None = None,
    domain_tree: Any = None,
    host: str = "127.0.0.1",
    port: int = 0,
    password: str = "",
    language: str = "",
    open_browser: bool = False,
) -> Running:
    """Open a page on which people look at rows, correct and confirm them; give its address.

    What they do is on the disk before the page says so, in a file beside the dataset, which itself is
    not touched. `sft.reviewed(ds)` gives the rows as they left them.

    Args:
        *what: Datasets, or folders, files and repositories by name; without any, the page opens on
            the list of all datasets that were built on this machine.
        reviewer: Your name, kept with all that you do; that of the system's user by default.
        overlay: The review's file, for one dataset; by default beside it, or in `HF_HOME`.
        name: Of one dataset that has none (rows in memory): its review is found again by it.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`, that can be
            asked for answers, rewrites and scores.
        base_url: Its address.
        domain_tree: `sft.DomainTree` or its file: the domains that can be set.
        host: Address to listen on; another than this machine's own needs a password.
        port: 0 for any that is free.
        password: Asked of everybody who comes.
        language: `en` or `zh`; that of the browser by default.
        open_browser: Whether to open it.

    Returns:
        What is running: `.url`, `.wait()`, `.stop()`; a notebook shows the link.

    Raises:
        SourceError: if there is nothing to read.
        ConfigurationError: for options that do not go together.
        MissingExtra: without the packages of the page (`pip install 'hf_sft_builders[review]'`).

    Example:
        >>> running = sft.review(ds, reviewer="mei")
        >>> running
        http://127.0.0.1:8770/…
    """
    from hf_sft_builders.errors import ConfigurationError
    from hf_sft_builders.reviewing.library import Library
    from hf_sft_builders.reviewing.server import start

    if len(what) > 1 and (overlay or name):
        raise ConfigurationError("overlay= and name= are for one dataset; open several by name.")
    asking = Asking(model, base_url) if model is not None else None
    sessions = []
    for one in what:
        session = Session.open(one, reviewer=reviewer, overlay=overlay, name=name)
        session.asking, session.tree = asking, _tree(domain_tree)
        session.tree_path = Path(domain_tree) if isinstance(domain_tree, (str, Path)) else None
        sessions.append(session)
    return start(
        Library(sessions, datasets_built_here),
        host=host,
        port=port,
        password=password,
        reviewer=reviewer,
        language=language,
        open_browser=open_browser,
    )


def _tree(given: Any) -> Any:
    from hf_sft_builders.synthesis import DomainTree

    return given if given is None or isinstance(given, DomainTree) else DomainTree.load(given)
