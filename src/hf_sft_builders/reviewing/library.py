"""What the page can open: the datasets it was started with, and all that were built on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.reviewing.places import SUFFIX, overlay_of_source
from hf_sft_builders.reviewing.session import Session

Listing = Callable[[], Sequence[Any]]


@dataclass(frozen=True)
class Shelf:
    """One dataset of the list."""

    key: str
    name: str
    path: str
    builder: str = ""
    rows: int = 0
    share: float = 0.0
    """Reviewed, from 0 to 1."""
    license: str = ""
    published: str = ""

    @property
    def href(self) -> str:
        """Where it opens."""
        return f"/d/{self.key}/"


@dataclass
class Library:
    """The datasets of a page, by the key in their address.

    Only what it was started with and what was built here can be opened: no address makes the page
    read another place.

    Args:
        opened: Sessions to begin with.
        built: Gives the datasets built on this machine.
    """

    opened: Sequence[Session] = ()
    built: Listing = field(default=lambda: ())
    _sessions: dict[str, Session] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        for session in self.opened:
            self._sessions[key_of(session.path)] = session

    @property
    def only(self) -> str:
        """The address of the one dataset that was opened, "" where there are none or several."""
        return f"/d/{next(iter(self._sessions))}/" if len(self.opened) == 1 else ""

    def session(self, key: str) -> Session:
        """Give a dataset, opened now where it was not.

        Raises:
            UnknownName: for a key of nothing that is here.
            SFTError: if it cannot be opened.
        """
        with self._lock:
            if key not in self._sessions:
                places = {_key_of_built(found): str(found.path) for found in self.built()}
                if key not in places:
                    raise UnknownName("dataset", key, self._sessions, "Open the list of datasets.")
                self._sessions[key] = Session.open(places[key])
            return self._sessions[key]

    def shelves(self) -> list[Shelf]:
        """List what can be opened: what is open first."""
        found = {key: _open_shelf(key, session) for key, session in self._sessions.items()}
        for shelf in _built_shelves(self.built()):
            found[shelf.key] = shelf if shelf.key not in found else _joined(found[shelf.key], shelf)
        return list(found.values())


def key_of(place: str) -> str:
    """Name a review in an address, by where it is kept.

    Example:
        >>> key_of("/home/mei/my-dataset.review.sqlite")
        'my-dataset-3f2a90c1'
    """
    digest = hashlib.sha256(place.encode()).hexdigest()[:8]
    name = Path(place).name.removesuffix(SUFFIX)
    stem = "".join(c if c.isascii() and c.isalnum() else "-" for c in name).strip("-")
    return f"{stem[:40]}-{digest}" if stem else digest


def _key_of_built(built: Any) -> str:
    """Name a built dataset as the session is named that reviews it."""
    return key_of(str(overlay_of_source(str(built.path))))


def _open_shelf(key: str, session: Session) -> Shelf:
    progress = session.progress()
    reviewed = progress.confirmed + progress.rejected
    share = reviewed / progress.total if progress.total else 0.0
    return Shelf(key, session.name, session.path, rows=progress.total, share=share)


def _built_shelves(built: Iterable[Any]) -> Iterable[Shelf]:
    for one in built:
        path = str(one.path)
        yield Shelf(
            _key_of_built(one),
            one.name,
            path,
            one.builder or "",
            one.rows,
            one.reviewed or 0.0,
            one.license or "",
            one.published or "",
        )


def _joined(now: Shelf, built: Shelf) -> Shelf:
    return Shelf(
        now.key,
        now.name,
        built.path,
        built.builder,
        now.rows,
        now.share,
        built.license,
        built.published,
    )
