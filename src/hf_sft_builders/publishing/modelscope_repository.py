"""A dataset repository on ModelScope (魔搭): what stands there, one commit, a tag.

Written by ModelScope's own client (`modelscope-hub`), read by our `modelscope://`. All files of a
version go into one commit, the unchanged ones as pointers to what is stored, so that a version is
whole even where somebody else committed in between: a commit names no parent there.

The traps: a new repository gets a card of its own and the license Apache-2.0, unless told; a version
has no name, so the hash of its listing stands for it (`master~3f2a90c1b7de4455`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import MissingExtra, MissingSource, PublishError, SourceError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card_edits import EarlierCard
from hf_sft_builders.publishing.changes import Changes, StoredFile, is_same
from hf_sft_builders.publishing.existing import CARD, files_below, published_before
from hf_sft_builders.publishing.file_hashes import content_hash
from hf_sft_builders.publishing.modelscope_card import is_template
from hf_sft_builders.publishing.modelscope_commit import addition, deletion, is_large
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.repository import Found, Site, text_of
from hf_sft_builders.sources.http import TryAgain
from hf_sft_builders.sources.modelscope import ModelScope, ModelScopeFileSystem
from hf_sft_builders.sources.platforms import Entry, Folders

MODELSCOPE = Site("ModelScope", "`modelscope login`, set MODELSCOPE_API_TOKEN, or pass token=")
BRANCH = "master"
_KIND = "dataset"


class ModelScopeRepository:
    """One repository on ModelScope; see `repository.Repository`.

    Args:
        name: `owner/name`.
        token: By default that of `MODELSCOPE_API_TOKEN`, else of `modelscope login`.

    Raises:
        MissingExtra: if ModelScope's client is not installed.
    """

    site = MODELSCOPE

    def __init__(self, name: str, token: str | None = None) -> None:
        try:
            from modelscope_hub import HubApi, HubConfig
        except ImportError:
            raise MissingExtra("Publishing to ModelScope", "modelscope-hub", "modelscope") from None
        self.name = name
        told = token or os.environ.get("MODELSCOPE_API_TOKEN", "").strip() or None
        # A configuration of our own: the client's was made when it was imported, and knows old tokens.
        self._api: Any = HubApi(HubConfig(endpoint=ModelScope().endpoint(), token=told))
        self.token = str(self._api.legacy.token or "")
        self._reader = ModelScope(self.token)

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self._reader.endpoint()}/datasets/{self.name}"

    def require_writer(self) -> None:
        """Stop before any work where there is no token.

        Raises:
            PublishError: with the way to log in.
        """
        if not self.token:
            raise PublishError(
                f"{self.name}: you are not logged in to ModelScope. Nothing was done. Log in with "
                f"{MODELSCOPE.login}; tokens are made at https://modelscope.cn/my/myaccesstoken."
            )

    def look(self) -> Found | None:
        """Give what stands there now; None where there is no such repository."""
        try:
            with _as_publish_error():
                head, folders = self._reader.newest(self.name, BRANCH)
        except MissingSource:
            return None
        files = self._stored(folders, head)
        published = published_before(text_of(self, MANIFEST_NAME, head, files))
        text = text_of(self, CARD, head, files)
        card = None
        if text and (published or not is_template(text)):
            card = EarlierCard(text, published.get("card", {}), f"README.md of {self.name}")
        return Found(head, self._is_private(), files, published, card)

    def create(self, private: bool, license_id: str) -> None:
        """Make the repository; one that was made meanwhile is as good."""
        from modelscope_hub.constants import License
        from modelscope_hub.errors import AlreadyExistsError

        known = {str(each.value).lower(): str(each.value) for each in License}
        try:
            self._api.create_repo(
                self.name,
                _KIND,
                visibility="private" if private else "public",
                license=known.get(license_id, str(License.OTHER.value)),
            )
        except AlreadyExistsError:
            if self.look() is None:
                raise

    def files_at(self, revision: str) -> dict[str, StoredFile]:
        """Give the files of a version, or of what the branch holds now."""
        with _as_publish_error():
            return self._stored(self._reader.folders(self.name, revision, ""), revision)

    def download(self, path: str, revision: str, folder: Path | None = None) -> Path:
        """Fetch one file; into a folder, or a cache."""
        place = (folder or _cache() / self.name / revision) / path
        if folder or not place.is_file():
            with _as_publish_error():
                self._files().get_file(self._address(path, revision), str(place))
        return place

    def commit(self, folder: Path, changes: Changes, parent: str, message: str) -> str:
        """Make all changes visible in one commit; give what stands for the version."""
        del parent
        paths = self._in_one_commit(folder, changes)
        self._send_ahead(folder, [path for path in paths if is_large(folder / path)])
        actions = [addition(path, folder / path) for path in paths]
        actions += [deletion(path) for path in changes.deleted]
        self._api.legacy.create_commit(self.name, _KIND, actions, message, BRANCH)
        return self._version_of(folder)

    def finish(self, folder: Path, changes: Changes) -> None:
        """Nothing was left behind."""

    def marked(self, tag: str) -> str | None:
        """Give what stands for the version that a tag marks."""
        _, tags = self._api.legacy.list_revisions_detail(self.name, _KIND)
        if tag not in [each.get("Revision") for each in tags]:
            return None
        with _as_publish_error():
            version, _ = self._reader.newest(self.name, tag)
        return f"{BRANCH}~{version.rpartition('~')[2]}"

    def set_tag(self, tag: str, revision: str) -> None:
        """Mark what the branch holds, if that is still this version.

        Raises:
            PublishError: if somebody else published meanwhile, or ModelScope set no tag.
        """
        self.files_at(revision)
        self._api.create_repo_tag(self.name, _KIND, tag, revision=BRANCH)
        if self.marked(tag) != revision:
            raise PublishError(
                f"{self.name}: published, but ModelScope did not set the tag {tag!r}. Pass another "
                "tag=, or set it on its page."
            )

    def read_back(self, split: SplitFiles, revision: str) -> tuple[int, set[str]]:
        """Read the rows' numbers and a row, as `modelscope://` gives them."""
        import pyarrow.parquet as pq

        rows, columns = 0, set[str]()
        with _as_publish_error():
            files = self._files()
            for path in split.files:
                with files.open(self._address(path, revision)) as stream:
                    parquet = pq.ParquetFile(stream)
                    rows += parquet.metadata.num_rows
                    columns |= set(next(parquet.iter_batches(1)).schema.names)
        return rows, split.as_read(columns)

    # Behind it

    def _is_private(self) -> bool:
        visibility = self._api.get_repo(self.name, _KIND).visibility
        if visibility is None:
            visibility = self._api.legacy.get_repo_info(self.name, _KIND).get("Visibility")
        # What only an organisation sees is not public, either.
        return visibility is not None and int(visibility) != _PUBLIC

    def _in_one_commit(self, folder: Path, changes: Changes) -> list[str]:
        """Give the files that the commit names: all, so that it is whole by itself, or what changed.

        Raises:
            PublishError: if they are more than ModelScope takes in one step.
        """
        from modelscope_hub.constants import COMMIT_MAX_ACTIONS_PER_REQUEST as MOST

        paths = files_below(folder)
        if len(paths) + len(changes.deleted) > MOST:
            paths = list(changes.sent)
        if (number := len(paths) + len(changes.deleted)) > MOST:
            raise PublishError(
                f"{self.name}: {number:,} files would change, and ModelScope takes {MOST:,} in one "
                "step. Nothing was changed. Put media into the rows (media='embedded'), or publish "
                "to the Hub."
            )
        return paths

    def _send_ahead(self, folder: Path, paths: Sequence[str]) -> None:
        """Send the content of large files that ModelScope does not hold yet."""
        from modelscope_hub.constants import UPLOAD_BLOB_VALIDATION_BATCH_MAX_OBJECTS as AT_ONCE

        files = {content_hash(folder / path): folder / path for path in paths}
        hashes = list(files)
        for start in range(0, len(hashes), AT_ONCE):
            some = hashes[start : start + AT_ONCE]
            asked = [{"oid": each, "size": files[each].stat().st_size} for each in some]
            wanted = self._api.legacy.validate_blobs(self.name, _KIND, asked)
            for each in some:
                if address := wanted.get(each):
                    with files[each].open("rb") as stream:
                        size = files[each].stat().st_size
                        self._api.legacy.upload_blob(address, stream, size)

    def _version_of(self, folder: Path) -> str:
        """Name the version that now holds the folder.

        Raises:
            TryAgain: if somebody else's commit came right after ours.
        """
        with _as_publish_error():
            version, folders = self._reader.newest(self.name, BRANCH)
        stored = self._stored(folders, version)
        unlike = [
            path
            for path in files_below(folder)
            if path not in stored or not is_same(folder / path, stored[path])
        ]
        if unlike:
            raise TryAgain(
                f"{self.name}: {unlike[0]} is not what was sent; somebody else published"
            )
        return version

    def _stored(self, folders: Folders, version: str) -> dict[str, StoredFile]:
        entries = [entry for held in folders.values() for entry in held.values() if entry]
        return {entry.path: self._one_stored(entry, version) for entry in entries}

    def _one_stored(self, entry: Entry, version: str) -> StoredFile:
        digest = entry.checksum.partition(":")[2]
        if not digest:
            digest = content_hash(self.download(entry.path, version))
        return StoredFile(entry.size, "", digest)

    def _files(self) -> Any:
        files = ModelScopeFileSystem(skip_instance_cache=True)
        files.platform = self._reader  # type: ignore[misc]  # of this token, whatever the environment says
        return files

    def _address(self, path: str, version: str) -> str:
        return f"{self.name}@{version}/{path}"


_PUBLIC = 5


@contextmanager
def _as_publish_error() -> Iterator[None]:
    """Say in a publisher's words what our `modelscope://` could not read; absence stays absence."""
    try:
        yield
    except MissingSource:
        raise
    except SourceError as error:
        raise PublishError(f"{error} Readers see what they saw before.") from error


def _cache() -> Path:
    from hf_sft_builders.sources.known_listings import storage_folder

    return storage_folder("publishing")
