"""What a publish changes: files that come, change, go, and stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hf_sft_builders.publishing.existing import files_below
from hf_sft_builders.publishing.file_hashes import content_hash, git_hash

_LISTED = 20


@dataclass(frozen=True)
class StoredFile:
    """A file of a repository: by SHA-256 where it is large, else by the hash that git gives it."""

    size: int
    git_sha1: str
    sha256: str = ""


@dataclass(frozen=True)
class Changes:
    """Paths, sorted; `str()` shows them as a diff."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.deleted)

    @property
    def sent(self) -> tuple[str, ...]:
        """What has to be there afterwards and is not yet."""
        return tuple(sorted((*self.added, *self.changed)))

    def __str__(self) -> str:
        lines = [
            *(f"+ {path}" for path in self.added),
            *(f"~ {path}" for path in self.changed),
            *(f"- {path}" for path in self.deleted),
        ]
        if len(lines) > _LISTED:
            lines = [*lines[:_LISTED], f"… and {len(lines) - _LISTED:,} more"]
        return "\n".join([*lines, f"{len(self.unchanged):,} files unchanged"])


def changes_to(
    stored: Mapping[str, StoredFile], folder: Path, ours_before: Iterable[str] = ()
) -> Changes:
    """Compare a folder with what is stored.

    Args:
        stored: Path → file.
        folder: What is to be there.
        ours_before: Stored files that go where the folder has no such file; all others stay.
    """
    local = files_below(folder)
    same = {name for name in local if name in stored and is_same(folder / name, stored[name])}
    return Changes(
        tuple(name for name in local if name not in stored),
        tuple(name for name in local if name in stored and name not in same),
        tuple(sorted(set(ours_before) & set(stored) - set(local))),
        tuple(sorted(same)),
    )


def is_same(path: Path, stored: StoredFile) -> bool:
    """Compare one file by size and hash."""
    if path.stat().st_size != stored.size:
        return False
    if stored.sha256:
        return content_hash(path) == stored.sha256
    return git_hash(path) == stored.git_sha1
