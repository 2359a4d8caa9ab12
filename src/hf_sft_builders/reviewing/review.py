"""`sft.review(ds)`: the page on this machine, served from a thread of this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.asking import Asking
from hf_sft_builders.reviewing.built_here import datasets_built_here
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.source_places import folders_of

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
    sources: Any = (),
    host: str = "127.0.0.1",
    port: int = 0,
    password: str = "",
    language: str = "",
    open_browser: bool = False,
) -> Running:
    """Open a page on which people look at rows, correct and confirm them; give its address.

    What they do is on the disk before the page says so, beside the dataset, which is not touched.

    Args:
        *what: Datasets, or folders, files and repositories by name; all that was built here if none.
        reviewer: Your name, kept with all that you do; that of the system's user by default.
        overlay: The review's file, for one dataset; by default beside it, or in `HF_HOME`.
        name: Of one dataset that has none (rows in memory): its review is found again by it.
        model: Who can be asked for answers, rewrites and scores: a name, or a `ChatModel`.
        base_url: Its address.
        domain_tree: `sft.DomainTree` or its file: the domains that can be set.
        sources: Folder of the documents, or several: published rows name their files only.
        host: Address to listen on; another than this machine's own needs a `password`.
        port: 0 for any that is free.
        password: Asked of whoever comes without the link; 8 characters or more.
        language: `en` or `zh`; that of the browser by default.
        open_browser: Whether to open it.

    Returns:
        What is running: `.url`, `.wait()`, `.stop()`; a notebook shows the link.

    Raises:
        SFTError: nothing to read, options that do not go together, or the extra `review` missing.

    Example:
        >>> sft.review(ds, reviewer="mei").url
    """
    from hf_sft_builders.reviewing.library import Library
    from hf_sft_builders.reviewing.server import require_servable, start

    _check(len(what), overlay or name, model, base_url)
    require_servable(host, port, password, language)
    sessions = [Session.open(one, reviewer=reviewer, overlay=overlay, name=name) for one in what]
    for session in sessions:
        session.asking = Asking(model, base_url) if model is not None else None
        session.tree, session.tree_path = _tree(domain_tree)
        session.sources = folders_of(sources)
    where: dict[str, Any] = {"host": host, "port": port, "password": password}
    who: dict[str, Any] = {"reviewer": reviewer, "language": language}
    return start(Library(sessions, datasets_built_here), open_browser=open_browser, **where, **who)


def _check(datasets: int, place: Any, model: Any, base_url: str | None) -> None:
    if datasets > 1 and place:
        raise ConfigurationError("overlay= and name= are for one dataset; open several by name.")
    if base_url and model is None:
        raise ConfigurationError("base_url= is the address of a model; name it: model=….")


def _tree(given: Any) -> tuple[Any, Path | None]:
    """Give a domain tree and its file, where it has one."""
    from hf_sft_builders.synthesis.domain_tree import DomainTree

    if given is None or isinstance(given, DomainTree):
        return given, None
    return DomainTree.load(given), Path(given)
