"""A place on a hub of datasets where releases go: what stands there, one commit, a tag.

The way of a release (`hub_publishing.py`) is the same for every hub; `hub_repository.py` and
`modelscope_repository.py` know how each of them is spoken to. No retries, no rules here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hf_sft_builders.errors import PublishError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card_edits import EarlierCard
from hf_sft_builders.publishing.changes import Changes, StoredFile
from hf_sft_builders.publishing.parquet_files import SplitFiles


@dataclass(frozen=True)
class Site:
    """A hub, in the words of messages."""

    name: str
    """`the Hub`, `ModelScope`."""
    login: str
    """How a person shows who they are."""


@dataclass(frozen=True)
class Found:
    """What stands in a repository."""

    head: str
    """The version: a commit, or what stands for one."""
    private: bool
    files: dict[str, StoredFile]
    published: dict[str, Any]
    """Of our manifest there; empty where publish did not write it."""
    card: EarlierCard | None

    @property
    def ours(self) -> frozenset[str]:
        """Files that publish wrote."""
        own = {*self.published.get("files", ()), *([MANIFEST_NAME] if self.published else ())}
        return frozenset(own & set(self.files))


class Repository(Protocol):
    """One repository; every call asks its hub afresh, and may raise what the hub's client raises."""

    name: str
    """`user/name`."""
    site: Site

    @property
    def url(self) -> str:
        """Its page."""
        ...

    def require_writer(self) -> None:
        """Stop before any work where nobody is logged in, or may only read."""
        ...

    def look(self) -> Found | None:
        """Give what stands there now; None where there is no such repository."""
        ...

    def create(self, private: bool, license_id: str) -> None:
        """Make the repository; one that was made meanwhile is as good."""
        ...

    def files_at(self, revision: str) -> dict[str, StoredFile]:
        """Give the files of a version."""
        ...

    def download(self, path: str, revision: str, folder: Path | None = None) -> Path:
        """Fetch one file; into a folder, or a cache."""
        ...

    def commit(self, folder: Path, changes: Changes, parent: str, message: str) -> str:
        """Make all changes visible in one step; give the version."""
        ...

    def finish(self, folder: Path, changes: Changes) -> None:
        """Clear what the way there left behind."""
        ...

    def marked(self, tag: str) -> str | None:
        """Give the version that a tag marks; None where there is no such tag."""
        ...

    def set_tag(self, tag: str, revision: str) -> None:
        """Mark a version with a tag that is not there yet."""
        ...

    def read_back(self, split: SplitFiles, revision: str) -> tuple[int, set[str]]:
        """Read a split as its readers do: its rows, and the columns of the first one."""
        ...


def text_of(
    repository: Repository, path: str, revision: str, files: Mapping[str, StoredFile]
) -> str:
    """Read a text that stands in a version; "" where its files have none of that name."""
    if path not in files:
        return ""
    return repository.download(path, revision).read_text(encoding="utf-8", errors="replace")


def mark(repository: Repository, tag: str, revision: str) -> None:
    """Mark a version; once is enough.

    Raises:
        PublishError: if the tag marks another one.
    """
    known = repository.marked(tag)
    if known is None:
        repository.set_tag(tag, revision)
    elif known != revision:
        raise tag_taken(repository.name, tag, known)


def tag_taken(repository: str, tag: str, marked: str) -> PublishError:
    """Say that a tag marks another version."""
    return PublishError(
        f"{repository}: the tag {tag!r} marks another version ({short(marked)}). Tags stay where "
        "they are, because people load by them. Pass another tag=."
    )


def short(revision: str) -> str:
    """Give a version as people write it: the beginning of a commit, the whole of a name."""
    return revision[:12] if len(revision) == 40 and revision.isalnum() else revision
