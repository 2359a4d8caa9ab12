"""Names for source files that say nothing about the machine they lay on.

A document's `uri` is the absolute path it was read from, with the user's name in it. What is
published holds the path below the folder that all local sources share; where that folder is as
high up as `/home`, only the file's name. Remote addresses stay, without credentials, and of their
query only what names a document.

    /home/mei/docs/guide.pdf, /home/mei/docs/a/map.pdf      →  guide.pdf, a/map.pdf
    https://user:secret@example.org/a.pdf?page=2&token=x    →  https://example.org/a.pdf?page=2
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_ABSOLUTE = re.compile(r"~?/[^/\s]|[A-Za-z]:[\\/]|\\\\")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_REMOTE_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^\s'\"<>)\]]+")
_HARMLESS = {"article", "doc", "format", "id", "lang", "p", "page", "title", "v", "version"}


class PublicNames:
    """Gives each source its public name.

    Args:
        uris: Every address that will be named; together they decide the common folder.
    """

    def __init__(self, uris: Iterable[str]) -> None:
        paths = sorted({path for uri in uris for path in map(_local_path, uri.split("::")) if path})
        self._root = _common_folder(paths)
        # So high up, the folders' own names would tell who the user is.
        self._bare = self._root.count("/") < 2
        self._names = _numbered(paths) if self._bare else {}

    def __call__(self, uri: str) -> str:
        """Give the public name of one address; what is neither a path nor a URL stays as it is."""
        return "::".join(self._part(part) for part in uri.split("::"))

    @property
    def private_prefix(self) -> str:
        """What local paths begin with and no published text may hold; empty where there is none."""
        return "" if self._bare or not self._root else self._root + "/"

    def in_text(self, text: str) -> str:
        """Take local folders, and secrets in addresses, out of a text in someone else's words."""
        cleaned = _REMOTE_IN_TEXT.sub(lambda found: self(found[0]), text)
        for path in self._names:
            cleaned = cleaned.replace(path, self._names[path])
        if self.private_prefix:
            cleaned = cleaned.replace(self.private_prefix, "")
        home = f"{Path.home().as_posix()}/"
        return cleaned.replace(home, "~/") if len(home) > 2 else cleaned

    def _part(self, part: str) -> str:
        path = _local_path(part)
        if path:
            return self._local(path)
        return _without_secrets(part) if _REMOTE.match(part) else part

    def _local(self, path: str) -> str:
        below = self.private_prefix
        if below and path.startswith(below):
            return path[len(below) :]
        return self._names.get(path) or path.rstrip("/").rpartition("/")[2]


def _local_path(part: str) -> str:
    """Give the absolute local path that an address means, with slashes; empty for other ones."""
    path = part.partition("://")[2] if part.startswith(("file://", "local://")) else part
    return path.replace("\\", "/") if _ABSOLUTE.match(path) else ""


def _common_folder(paths: list[str]) -> str:
    if not paths:
        return ""
    folders = [path.split("/")[:-1] for path in paths]
    first, last = min(folders), max(folders)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "/".join(first[:shared])


def _numbered(paths: list[str]) -> dict[str, str]:
    """Name files by their last part; those of equal names get a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path in paths:
        name = path.rpartition("/")[2]
        stem, dot, suffix = name.rpartition(".")
        number = 1
        while name in taken:
            number += 1
            name = f"{stem or suffix} ({number}){dot if stem else ''}{suffix if stem else ''}"
        taken.add(name)
        names[path] = name
    return names


def _without_secrets(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://…"
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name.lower() in _HARMLESS]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(kept), ""))
