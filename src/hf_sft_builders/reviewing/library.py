"""What the page can open: the datasets it was started with, and all that were built on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hf_sft_builders.errors import UnknownName
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
            self._sessions[session.key] = session

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
                places = {key_of(str(found.path)): str(found.path) for found in self.built()}
                if key not in places:
                    raise UnknownName("dataset", key, self._sessions, "Open the list of datasets.")
                self._sessions[key] = Session.open(places[key])
            return self._sessions[key]

    def shelves(self) -> list[Shelf]:
        """List what can be opened: what it was started with first."""
        found = {shelf.key: shelf for shelf in _built_shelves(self.built())}
        begun = [_open_shelf(session) for session in self.opened]
        for key in found.keys() & self._sessions.keys():
            found[key] = replace(found[key], share=_share(self._sessions[key]))
        return [*begun, *found.values()]


def key_of(place: str) -> str:
    """Name a dataset that was built here in an address, by its folder."""
    return f"built-{hashlib.sha256(place.encode()).hexdigest()[:10]}"


def _open_shelf(session: Session) -> Shelf:
    place = session.path or session.kept_in
    return Shelf(session.key, session.name, place, rows=session.total, share=_share(session))


def _share(session: Session) -> float:
    progress = session.progress()
    return (progress.confirmed + progress.rejected) / progress.total if progress.total else 0.0


def _built_shelves(built: Iterable[Any]) -> Iterable[Shelf]:
    for one in built:
        path = str(one.path)
        yield Shelf(
            key_of(path),
            one.name,
            path,
            one.builder or "",
            one.rows,
            one.reviewed or 0.0,
            one.license or "",
            one.published or "",
        )
