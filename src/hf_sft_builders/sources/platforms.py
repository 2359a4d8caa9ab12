"""What a platform of datasets is to a filesystem: versions, listings, and how to ask for a file.

A platform is one object with the members of `Platform`; `pinned.py` makes a filesystem of it. All
versions here are *fixed*: their files never change. Where a platform has no such versions, the hash
of its listing stands for one (`main~3f2a90c1b7de4455`), and is checked each time it is used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.http import Call, TryAgain


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a dataset."""

    path: str
    """Below the dataset, with `/`."""
    size: int
    """Bytes."""
    checksum: str = ""
    """`sha256:<hex>`, or empty where the platform gives none."""
    changed: str = ""
    """When, in the platform's words."""


Folders = dict[str, dict[str, Entry | None]]
"""Folder (`""` is the top) → what it holds, by path: a file, or None for a folder."""


@dataclass(frozen=True, slots=True)
class StatedLicense:
    """What a platform says of a dataset's license."""

    raw: str
    found_in: str
    weak: bool = False
    """Whether the platform writes this where nobody chose."""


class Platform(Protocol):
    """One platform."""

    name: str
    """The protocol's name."""

    lists_trees: bool
    """Whether `folders` gives all of them at once."""

    def endpoint(self) -> str:
        """Give the address of the platform's API."""
        ...

    def page(self, dataset: str) -> str:
        """Give the page where a person sees the dataset."""
        ...

    def newest(self, dataset: str, branch: str) -> tuple[str, Folders]:
        """Give the version that an address without one means now, with what was listed on the way.

        Args:
            dataset: `owner/name`.
            branch: What stands after `@`, if it is no fixed version; often empty.
        """
        ...

    credentials: str
    """Where the platform's own client keeps them, in words."""

    def has_credentials(self) -> str:
        """Say whether there are any ("none are there")."""
        ...

    def check_address(self, owner: str, name: str, version: str) -> None:
        """Refuse an address that cannot be a dataset."""
        ...

    def is_fixed(self, version: str) -> bool:
        """Tell whether the files of this version never change."""
        ...

    def folders(self, dataset: str, version: str, folder: str) -> Folders:
        """List a folder of a fixed version, and whatever else comes with it."""
        ...

    def call_for(self, dataset: str, version: str, entry: Entry) -> Call:
        """Give the request that leads to a file's bytes."""
        ...

    def license(self, dataset: str) -> StatedLicense:
        """Give what the platform says of the license; `raw` is empty where it says nothing."""
        ...


def tree(entries: Iterable[Entry], where: str) -> Folders:
    """Sort files into their folders.

    Args:
        entries: All files of a dataset, in any order.
        where: The dataset, for the error.

    Raises:
        SourceError: for a path that would lead out of the dataset, or that is listed twice.
    """
    folders: Folders = {"": {}}
    for entry in entries:
        check_path(entry.path, where)
        folder = _folder(folders, entry.path.rpartition("/")[0])
        if entry.path in folder:
            raise SourceError(f"{where}: the platform lists {entry.path!r} twice.")
        folder[entry.path] = entry
    return folders


def _folder(folders: Folders, path: str) -> dict[str, Entry | None]:
    if path not in folders:
        folders[path] = {}
        _folder(folders, path.rpartition("/")[0])[path] = None
    return folders[path]


def check_path(path: str, where: str) -> None:
    """Refuse a path that a platform should never list: absolute, empty parts, `..`."""
    if not path or any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        raise SourceError(
            f"{where}: the platform lists the unsafe path {path!r}; nothing was read. "
            "Report it to the platform."
        )


def listing_hash(folders: Folders, *more: str) -> str:
    """Name a listing by its content, where a platform has no versions."""
    lines = sorted(
        f"{entry.path}\0{entry.size}\0{entry.checksum or entry.changed}"
        for entries in folders.values()
        for entry in entries.values()
        if entry is not None
    )
    return hashlib.sha256("\n".join([*lines, *more]).encode()).hexdigest()[:16]


def require_same(pinned: str, found: str, where: str) -> None:
    """Refuse a dataset that is no longer what was pinned.

    Raises:
        SourceError: with what to do.
    """
    if pinned != found:
        raise SourceError(
            f"{where}: the dataset was changed, its listing is now {found}, and the platform keeps "
            "no older ones. Load it again without what stands after @."
        )


def parse_json(data: bytes, call: Call) -> Any:
    """Parse an answer that should be JSON.

    Raises:
        TryAgain: It is something else, such as the page of a proxy.
    """
    try:
        return json.loads(data)
    except ValueError:
        start = " ".join(data[:80].decode("utf-8", "replace").split())
        raise TryAgain(f"{call}: expected JSON, found {start!r}") from None
