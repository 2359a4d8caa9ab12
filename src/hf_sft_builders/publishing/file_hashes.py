"""Hashes of files: a file is read once, for as long as it stays as it is."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path


def content_hash(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return _digest(path, "sha256", *_state(path))


def git_hash(path: Path) -> str:
    """Give the SHA-1 that git gives a file."""
    return _digest(path, "git", *_state(path))


def _state(path: Path) -> tuple[int, int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns


@functools.lru_cache(4096)
def _digest(path: Path, kind: str, size: int, *state: int) -> str:
    with path.open("rb") as stream:
        if kind == "sha256":
            return hashlib.file_digest(stream, "sha256").hexdigest()
        git = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while block := stream.read(2**20):
            git.update(block)
    return git.hexdigest()
