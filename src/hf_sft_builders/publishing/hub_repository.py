"""A dataset repository on the Hub: what stands there, one commit, a tag. No retries, no rules.

All files of a version become visible by one commit onto a known parent, so that a reader sees the
version before or the whole new one. Where many files have to be sent, they travel on a branch, 50 a
commit, and the one commit on `main` only points to them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import PublishError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card_edits import EarlierCard
from hf_sft_builders.publishing.changes import Changes, StoredFile, is_same
from hf_sft_builders.publishing.existing import CARD, files_below, published_before
from hf_sft_builders.publishing.file_hashes import content_hash
from hf_sft_builders.publishing.media_cells import is_media_file
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.repository import Found, Site, text_of

FILES_PER_COMMIT = 50
"""The Hub's advice for files that are sent; a commit that only points to them takes thousands."""
MAIN = "main"


HUB = Site("the Hub", "`hf auth login`, or pass token=")


class HubRepository:
    """One repository on the Hub; see `repository.Repository`."""

    site = HUB

    def __init__(self, name: str, token: str | None = None) -> None:
        from huggingface_hub import HfApi

        self.name, self.token = name, token
        self.api: Any = HfApi(token=token, library_name="hf_sft_builders")
        self._where: dict[str, Any] = {"repo_id": name, "repo_type": "dataset"}

    def require_writer(self) -> None:
        """Stop before any work where nobody is logged in, or the token may only read.

        Raises:
            PublishError: with the way to log in.
        """
        from huggingface_hub import get_token

        if not (self.token or get_token()):
            raise PublishError(
                f"{self.name}: you are not logged in to the Hub. Nothing was done. Log in with "
                "`hf auth login`, set HF_TOKEN, or pass token=. For a folder write "
                f"'./{self.name}'."
            )
        told = self.api.whoami()
        role = told.get("auth", {}).get("accessToken", {}).get("role")
        if role == "read":
            raise PublishError(
                f"{self.name}: the token of {told.get('name')} may only read. Nothing was done. "
                "Make one that may write (https://huggingface.co/settings/tokens), then "
                "`hf auth login`."
            )

    def look(self) -> Found | None:
        """Give what stands there now; None where there is no such repository."""
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            info = self.api.repo_info(**self._where)
        except RepositoryNotFoundError:
            return None
        files = self.files_at(info.sha)
        published = published_before(text_of(self, MANIFEST_NAME, info.sha, files))
        card = None
        if CARD in files:
            text = text_of(self, CARD, info.sha, files)
            record = published.get("card", {}) if published else {}
            card = EarlierCard(text, record, f"README.md of {self.name}")
        return Found(info.sha, bool(info.private), files, published, card)

    @property
    def url(self) -> str:
        """Its page."""
        return f"{str(self.api.endpoint).rstrip('/')}/datasets/{self.name}"

    def create(self, private: bool, license_id: str) -> None:
        """Make the repository; its license is what its card will say."""
        del license_id
        self.api.create_repo(**self._where, private=private, exist_ok=True)

    def files_at(self, revision: str) -> dict[str, StoredFile]:
        """Give the files of a commit or branch."""
        tree = self.api.list_repo_tree(**self._where, revision=revision, recursive=True)
        return {
            entry.path: StoredFile(entry.size, entry.blob_id, entry.lfs.sha256 if entry.lfs else "")
            for entry in tree
            if hasattr(entry, "blob_id")
        }

    def download(self, path: str, revision: str, folder: Path | None = None) -> Path:
        """Fetch one file; into a folder, or the Hub's own cache."""
        place = {"local_dir": folder} if folder else {}
        return Path(
            self.api.hf_hub_download(**self._where, filename=path, revision=revision, **place)
        )

    def commit(self, folder: Path, changes: Changes, parent: str, message: str) -> str:
        """Make all changes visible in one commit onto a parent; give its id."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        large = [path for path in changes.sent if path.endswith(".parquet") or is_media_file(path)]
        operations: list[Any] = [CommitOperationDelete(path) for path in changes.deleted]
        branch = ""
        if len(changes.sent) > FILES_PER_COMMIT:
            branch = self._send_ahead(folder, large, parent)
        operations += [
            _pointer(path, branch)
            if branch and path in large
            # Fresh ones each time: they remember what the Hub said about an earlier parent.
            else CommitOperationAdd(path, str(folder / path))
            for path in changes.sent
        ]
        return self._commit(operations, MAIN, parent, message)

    def finish(self, folder: Path, changes: Changes) -> None:
        """Delete the branch that many files travelled on, also that of an earlier try."""
        if len(changes.sent) + len(changes.unchanged) <= FILES_PER_COMMIT:
            return
        branch = _upload_branch(folder)
        refs = self.api.list_repo_refs(**self._where)
        if branch in [ref.name for ref in refs.branches]:
            self.api.delete_branch(**self._where, branch=branch)

    def marked(self, tag: str) -> str | None:
        """Give the commit that a tag marks."""
        refs = self.api.list_repo_refs(**self._where)
        return {each.name: str(each.target_commit) for each in refs.tags}.get(tag)

    def set_tag(self, tag: str, revision: str) -> None:
        """Mark a commit."""
        self.api.create_tag(**self._where, tag=tag, revision=revision)

    def read_back(self, split: SplitFiles, revision: str) -> tuple[int, set[str]]:
        """Load a row by revision, as a reader would."""
        from datasets import load_dataset

        stream = load_dataset(
            self.name,
            split.config,
            split=split.split,
            revision=revision,
            streaming=True,
            token=self.token,
        )
        try:
            # Not decoded: that takes packages which a publisher need not have.
            row: dict[str, Any] = next(iter(stream.decode(False)), {})
        except ImportError:  # folders of sounds cannot even be listed without a codec
            return self._rows_of_files(split, revision)
        return stream.info.splits[split.split].num_examples, set(row)

    def _rows_of_files(self, split: SplitFiles, revision: str) -> tuple[int, set[str]]:
        """Count the rows of a split's Parquet files, and name their columns."""
        import pyarrow.parquet as pq

        files = [pq.ParquetFile(self.download(path, revision)) for path in split.files]
        columns = {name for file in files for name in file.schema_arrow.names}
        return sum(file.metadata.num_rows for file in files), split.as_read(columns)

    def _send_ahead(self, folder: Path, paths: Sequence[str], parent: str) -> str:
        """Commit files to a branch named after their content, so that a second try goes on there."""
        branch = _upload_branch(folder)
        self.api.create_branch(**self._where, branch=branch, revision=parent, exist_ok=True)
        there = self.files_at(branch)
        waiting = [p for p in paths if p not in there or not is_same(folder / p, there[p])]
        from huggingface_hub import CommitOperationAdd

        for start in range(0, len(waiting), FILES_PER_COMMIT):
            some = waiting[start : start + FILES_PER_COMMIT]
            adds = [CommitOperationAdd(path, str(folder / path)) for path in some]
            self._commit(adds, branch, None, f"Upload {len(some)} files")
        return branch

    def _commit(self, operations: list[Any], branch: str, parent: str | None, message: str) -> str:
        done = self.api.create_commit(
            **self._where,
            operations=operations,
            commit_message=message,
            revision=branch,
            parent_commit=parent,
        )
        return str(done.oid)


def _pointer(path: str, branch: str) -> Any:
    from huggingface_hub import CommitOperationCopy

    return CommitOperationCopy(path, path, src_revision=branch)


def _upload_branch(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in files_below(folder):
        if name.endswith(".parquet") or is_media_file(name):
            digest.update(f"{name} {content_hash(folder / name)}\n".encode())
    return f"hf-sft-upload-{digest.hexdigest()[:16]}"
