"""What is known of the platforms' datasets: asked once for a whole process, kept on disk for offline.

`fsspec` makes a filesystem for each thread, and `datasets` resolves and downloads in pools of threads;
without this module sixteen of them would each list the same dataset.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hf_sft_builders.errors import MissingSource, SFTError, SourceError
from hf_sft_builders.sources.http import is_offline, require_network
from hf_sft_builders.sources.platforms import Entry, Folders, Platform, StatedLicense

logger = logging.getLogger("hf_sft_builders")

BURST = 0.2
"""Seconds in which the newest version is not asked for again: a list of file names is one question."""


class KnownListings:
    """What a process knows of datasets. Threads share it; a fork inherits it."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, ...], tuple[float, str]] = {}
        self._folders: dict[tuple[str, ...], Folders] = {}
        self._licenses: dict[tuple[str, ...], StatedLicense] = {}
        self.restart()

    def restart(self) -> None:
        """Make new locks: a fork may have copied one that another thread held."""
        self._guard = threading.Lock()
        self._locks: dict[tuple[str, ...], threading.Lock] = {}

    def forget(self) -> None:
        """Ask everything again from now on."""
        for known in (self._newest, self._folders, self._licenses):
            known.clear()

    def newest(self, platform: Platform, dataset: str, branch: str = "") -> str:
        """Give the fixed version that `dataset[@branch]` means now; offline, the last one known."""
        if branch and platform.is_fixed(branch):
            return branch
        key = (platform.name, platform.endpoint(), dataset, branch)
        with self._lock("newest", *key):
            asked, version = self._newest.get(key, (0.0, ""))
            if version and time.monotonic() - asked < BURST:
                return version
            place = _place(platform, dataset, f"newest {branch}")
            if is_offline():
                return str(_read(place, f"{platform.name}://{dataset}"))
            with _known_shape(platform, dataset):
                version, folders = platform.newest(dataset, branch)
            _write(place, version)
            if folders:
                self._keep(platform, dataset, version, "", folders)
            self._newest[key] = (time.monotonic(), version)
        return version

    def folder(
        self, platform: Platform, dataset: str, version: str, folder: str
    ) -> dict[str, Entry | None]:
        """List one folder of a fixed version.

        Raises:
            FileNotFoundError: There is no such folder.
        """
        key = (platform.name, platform.endpoint(), dataset, version)
        asked = "" if platform.lists_trees else folder
        with self._lock("folder", *key):
            if asked not in self._folders.get(key, {}):
                place = _place(platform, dataset, f"{version} {asked}")
                where = f"{platform.name}://{dataset}@{version}/{folder}"
                if is_offline():
                    self._folders.setdefault(key, {}).update(_parse(_read(place, where)))
                else:
                    with _known_shape(platform, dataset):
                        listed = platform.folders(dataset, version, asked)
                    self._keep(platform, dataset, version, asked, listed)
        known = self._folders[key]
        if folder not in known:
            raise MissingSource(f"{platform.name}://{dataset}@{version}: no folder {folder!r}")
        return known[folder]

    def license(self, platform: Platform, dataset: str) -> StatedLicense:
        """Give what the platform says of the license, asked once; offline, what was known."""
        key = (platform.name, platform.endpoint(), dataset)
        with self._lock("license", *key):
            if key not in self._licenses:
                place = _place(platform, dataset, "license")
                if is_offline():
                    stated = StatedLicense(**_read(place, f"The license of {dataset}"))
                else:
                    with _known_shape(platform, dataset):
                        stated = platform.license(dataset)
                    _write(place, asdict(stated))
                self._licenses[key] = stated
        return self._licenses[key]

    def _keep(
        self, platform: Platform, dataset: str, version: str, asked: str, folders: Folders
    ) -> None:
        key = (platform.name, platform.endpoint(), dataset, version)
        self._folders.setdefault(key, {}).update(folders)
        told = {
            name: {path: entry and asdict(entry) for path, entry in entries.items()}
            for name, entries in folders.items()
        }
        _write(_place(platform, dataset, f"{version} {asked}"), told)

    def _lock(self, *key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


KNOWN = KnownListings()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=KNOWN.restart)


@contextmanager
def _known_shape(platform: Platform, dataset: str) -> Iterator[None]:
    """Turn an answer of another shape than the platform had into one clear error."""
    try:
        yield
    except SFTError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SourceError(
            f"{platform.name}://{dataset}: the platform's answer has another shape than it had "
            f"({type(error).__name__}: {error}). See {platform.page(dataset)}, and report it here."
        ) from error


def storage_folder(name: str) -> Path:
    """Give this package's folder of that name in `HF_HOME`, as `huggingface_hub` finds it."""
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    return Path(home).expanduser() / "hf_sft" / name


def _place(platform: Platform, dataset: str, what: str) -> Path:
    digest = hashlib.sha256(f"{platform.endpoint()} {what}".encode()).hexdigest()[:24]
    return storage_folder("listings") / platform.name / quote(dataset, safe="") / f"{digest}.json"


def _read(place: Path, what: str) -> Any:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        require_network(what)
        raise SourceError(f"{what}: not known on this machine.") from None


def _parse(folders: dict[str, dict[str, Any]]) -> Folders:
    return {
        name: {path: entry and Entry(**entry) for path, entry in entries.items()}
        for name, entries in folders.items()
    }


def _write(place: Path, value: Any) -> None:
    """Keep for offline use; a folder that cannot be written costs only that."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
        part.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        part.replace(place)
    except OSError as error:
        logger.warning("Not kept for offline use: %s", error)
