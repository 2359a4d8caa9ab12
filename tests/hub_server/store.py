"""Repositories: commits, refs and files. A commit becomes visible in one step, under one lock."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USERS = {
    "hf_mei": ("mei", "write"),
    "hf_mei_reads": ("mei", "read"),
    "hf_li": ("li", "write"),
}
_ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n*.arrow filter=lfs diff=lfs -text\n"
_numbers = itertools.count()


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message or code


@dataclass(frozen=True)
class File:
    """One file of a commit: content in memory, or a large file by its hash."""

    size: int
    oid: str
    data: bytes | None = None
    sha256: str = ""
    xet_hash: str = ""

    @classmethod
    def regular(cls, data: bytes) -> File:
        """A small one."""
        git = hashlib.sha1(b"blob %d\0" % len(data) + data)
        return cls(len(data), git.hexdigest(), data)

    @classmethod
    def large(cls, sha256: str, size: int, xet_hash: str = "") -> File:
        """One by LFS; git knows only a pointer."""
        return cls(size, hashlib.sha1(sha256.encode()).hexdigest(), None, sha256, xet_hash)

    @property
    def content_hash(self) -> str:
        """For comparing."""
        return self.sha256 or hashlib.sha256(self.data or b"").hexdigest()


@dataclass
class Commit:
    """A state of all files."""

    oid: str
    parent: str
    title: str
    files: dict[str, File]


@dataclass
class Repo:
    """One dataset repository."""

    name: str
    private: bool
    folder: Path
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        first = {".gitattributes": File.regular(_ATTRIBUTES)}
        self.branches["main"] = self._add("", "initial commit", first)

    def at(self, revision: str) -> Commit:
        """The commit that a branch, tag, pull request or id means."""
        oid = self.branches.get(revision) or self.tags.get(revision) or revision
        if oid not in self.commits:
            raise Refused(404, "RevisionNotFound", f"no revision {revision}")
        return self.commits[oid]

    def commit(self, branch: str, title: str, parent: str, changes: dict[str, File | None]) -> str:
        """Add a commit to a branch; the same content makes none."""
        head = self.at(branch)
        if branch not in self.branches:
            raise Refused(404, "RevisionNotFound", f"no branch {branch}")
        if parent and parent != head.oid:
            raise Refused(412, "", f"A commit has happened since. Please refresh: {head.oid}")
        files = dict(head.files)
        for path, file in changes.items():
            if file is None:
                if path not in files:
                    raise Refused(404, "EntryNotFound", f"no file {path}")
                del files[path]
            else:
                files[path] = file
        if files != head.files:
            self.branches[branch] = self._add(head.oid, title, files)
        return self.branches[branch]

    def has(self, sha256: str) -> bool:
        """Whether a large file is there."""
        return (self.folder / sha256).exists()

    def _add(self, parent: str, title: str, files: dict[str, File]) -> str:
        oid = hashlib.sha1(f"{self.name} {title} {next(_numbers)}".encode()).hexdigest()
        self.commits[oid] = Commit(oid, parent, title, files)
        return oid

    def told(self) -> dict[str, Any]:
        """Everything, for tests."""
        commits = {
            oid: {
                "title": commit.title,
                "parent": commit.parent,
                "files": {path: file.content_hash for path, file in commit.files.items()},
            }
            for oid, commit in self.commits.items()
        }
        return {
            "private": self.private,
            "branches": self.branches,
            "tags": self.tags,
            "pulls": self.pulls,
            "large": sorted(path.name for path in self.folder.iterdir()),
            "commits": commits,
        }


class Store:
    """All repositories, and who may do what."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repos: dict[str, Repo] = {}

    def who(self, token: str) -> tuple[str, str]:
        """User and role of a token; empty ones for nobody."""
        if token and token not in USERS:
            raise Refused(401, "", "Invalid user token.")
        return USERS.get(token, ("", ""))

    def readable(self, name: str, token: str) -> Repo:
        """A repository, if this user may read it."""
        user, _ = self.who(token)
        repo = self.repos.get(name)
        if repo is None or (repo.private and user != name.partition("/")[0]):
            raise Refused(404 if user else 401, "RepoNotFound", f"Repository not found: {name}")
        return repo

    def writable(self, name: str, token: str) -> Repo:
        """A repository, if this user may write to it."""
        repo = self.readable(name, token)
        self.require_owner(name, token)
        return repo

    def require_owner(self, name: str, token: str) -> None:
        """Refuse who may not write."""
        user, role = self.who(token)
        if user != name.partition("/")[0] or role != "write":
            raise Refused(403, "", f"You don't have the rights to write to {name} with this token.")

    def create(self, name: str, private: bool, token: str) -> None:
        """Make a repository."""
        self.require_owner(name, token)
        if name in self.repos:
            raise Refused(409, "", "You already created this dataset repo")
        self.repos[name] = Repo(name, private, self.folder / name.replace("/", "___"))
