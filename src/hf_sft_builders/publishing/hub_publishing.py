"""A release onto the Hub: look, write, compare, one commit, read back, tag; again where it broke.

Each try looks at the repository afresh: if the commit of the last one did happen and only its answer
was lost, nothing is left to do; if somebody else was first, the release is compared with theirs.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.changes import Changes, changes_to
from hf_sft_builders.publishing.folder import scratch
from hf_sft_builders.publishing.hub_adopting import with_adopted
from hf_sft_builders.publishing.hub_existing import obsolete, require_replaceable
from hf_sft_builders.publishing.hub_patience import patiently
from hf_sft_builders.publishing.hub_repository import (
    FILES_PER_COMMIT,
    Found,
    HubRepository,
    tag_taken,
)
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.published import Published
from hf_sft_builders.publishing.release import Release

logger = logging.getLogger("hf_sft_builders")


@dataclass(frozen=True)
class Wishes:
    """How a release goes to the Hub."""

    private: bool | None = None
    overwrite: bool = False
    tag: str | None = None


def publish_to_hub(release: Release, hub: HubRepository, wishes: Wishes) -> Published:
    """Publish, and read back what was published.

    Raises:
        PublishError: for what does not heal; readers see the version before, or the whole new one.
    """
    patiently(hub.require_writer, hub.name)
    found = patiently(hub.look, hub.name)
    _require_visibility(hub.name, found, wishes.private)
    public = not (found.private if found else wishes.private)
    release.require_license(public=public)
    with scratch(_scratch_place(hub)) as folder:
        written = release.write_data(folder)
        revision, changes = patiently(
            lambda: _one_try(release, hub, wishes, folder, written), hub.name
        )
        _read_back(release, hub, revision, folder, changes)
        if len(changes.sent) + len(changes.unchanged) > FILES_PER_COMMIT:
            patiently(lambda: hub.clear_upload(folder), hub.name)
        if wishes.tag:
            patiently(lambda: hub.tag(str(wishes.tag), revision), hub.name)
    endpoint = str(hub.api.endpoint).rstrip("/")
    return Published(hub.name, revision, f"{endpoint}/datasets/{hub.name}", changes, tag=wishes.tag)


def preview_for_hub(release: Release, hub: HubRepository, wishes: Wishes, folder: Path) -> Changes:
    """Write to a folder what would be published, and say what it would change; commits nothing."""
    found = patiently(hub.look, hub.name)
    _require_visibility(hub.name, found, wishes.private)
    release.require_license(public=not (found.private if found else wishes.private))
    written = release.write_data(folder)
    return patiently(lambda: _prepared(release, hub, found, wishes, folder, written), hub.name)


def _one_try(
    release: Release,
    hub: HubRepository,
    wishes: Wishes,
    folder: Path,
    written: list[SplitFiles],
) -> tuple[str, Changes]:
    found = hub.look()
    if found is None:
        hub.create(bool(wishes.private))
        found = hub.look()
    if found is None:
        raise PublishError(f"{hub.name} was made, but cannot be seen. Look at it, then try again.")
    _require_visibility(hub.name, found, wishes.private)
    changes = _prepared(release, hub, found, wishes, folder, written)
    if not changes:
        return found.head, changes
    if wishes.tag and (marked := hub.tags().get(wishes.tag)):
        raise tag_taken(hub.name, wishes.tag, marked)
    return hub.commit(folder, changes, found.head, _message(release)), changes


def _prepared(
    release: Release,
    hub: HubRepository,
    found: Found | None,
    wishes: Wishes,
    folder: Path,
    written: list[SplitFiles],
) -> Changes:
    """Write the words that fit what stands there, and compare."""
    if found is None:
        release.write_words(folder, written)
        return changes_to({}, folder)
    written[:] = with_adopted(hub, found, folder, written)
    release.write_words(
        folder, written, None if wishes.overwrite and _unreadable(found) else found.card
    )
    if not wishes.overwrite:
        require_replaceable(hub, found, release, written, folder)
    return changes_to(found.files, folder, obsolete(found, written))


def _unreadable(found: Found) -> bool:
    try:
        return found.card is not None and not isinstance(found.card.metadata, dict)
    except PublishError:
        return True


def _require_visibility(name: str, found: Found | None, private: bool | None) -> None:
    if found is None or private is None or found.private == private:
        return
    is_now, wanted = ("private", "public") if found.private else ("public", "private")
    raise PublishError(
        f"{name} is {is_now} on the Hub, and private={private} asks for a {wanted} one. Nothing was "
        "sent. Change its visibility in its settings on the Hub, name another repository, or leave "
        "private= out to publish to it as it is."
    )


def _read_back(
    release: Release, hub: HubRepository, revision: str, folder: Path, changes: Changes
) -> None:
    """Make sure that the version holds every byte of the folder, and loads.

    Raises:
        PublishError: naming what differs.
    """
    stored = patiently(lambda: hub.files_at(revision), hub.name)
    left = changes_to(stored, folder, changes.deleted)
    wrong = [*left.sent, *left.deleted]
    try:
        wrong += patiently(lambda: _unlike(release, hub, revision), hub.name)
    except Exception as error:  # whatever stops a reader
        told = error.__cause__ or error
        raise PublishError(
            f"{hub.name} at {revision[:12]} holds all files, but a row could not be read back: "
            f"{type(told).__name__}: {told}. It is published. Try load_dataset yourself."
        ) from error
    if wrong:
        raise PublishError(
            f"{hub.name} at {revision[:12]} does not hold what was published: {', '.join(wrong[:5])}"
            ". Run the same call again; if that does not help, look at the repository's history."
        )


def _unlike(release: Release, hub: HubRepository, revision: str) -> list[str]:
    """Load a row of every split by revision, as a reader would; name those that differ."""
    from datasets import load_dataset

    wrong = []
    for config, splits in release.configs.items():
        for split, ds in splits.items():
            stream = load_dataset(
                hub.name, config, split=split, revision=revision, streaming=True, token=hub.token
            )
            told = stream.info.splits[split].num_examples
            row: dict[str, Any] = next(iter(stream), {})
            if told != len(ds) or set(row) != set(ds.column_names):
                wrong.append(f"{config}/{split}")
    return wrong


def _message(release: Release) -> str:
    rows = release.facts.total
    return f"Publish {rows:,} row{'' if rows == 1 else 's'}"


def _scratch_place(hub: HubRepository) -> Path:
    """Give the place of the files on their way, on the disk of the Hub's own cache."""
    from huggingface_hub import constants

    told = hashlib.sha256(f"{hub.api.endpoint} {hub.name}".encode()).hexdigest()[:16]
    return Path(constants.HF_HOME) / "hf_sft_builders" / "publishing" / told
