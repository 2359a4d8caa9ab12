"""A release onto a hub: look, write, compare, one commit, read back, tag; again where it broke.

The hub is Hugging Face's or ModelScope (`repository.Repository`).

Each try looks at the repository afresh: if the commit of the last one did happen and only its answer
was lost, nothing is left to do; if somebody else was first, the release is compared with theirs.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.changes import Changes, changes_to
from hf_sft_builders.publishing.folder import scratch
from hf_sft_builders.publishing.hub_adopting import with_adopted
from hf_sft_builders.publishing.hub_existing import obsolete, require_replaceable
from hf_sft_builders.publishing.hub_patience import patiently
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.publishing.published import Published
from hf_sft_builders.publishing.release import Release
from hf_sft_builders.publishing.repository import Found, Repository, mark, short, tag_taken
from hf_sft_builders.terminal import count_told

logger = logging.getLogger("hf_sft_builders")


@dataclass(frozen=True)
class Wishes:
    """How a release goes to the Hub."""

    private: bool | None = None
    overwrite: bool = False
    tag: str | None = None


def publish_to_hub(release: Release, hub: Repository, wishes: Wishes) -> Published:
    """Publish, and read back what was published.

    Raises:
        PublishError: for what does not heal; readers see the version before, or the whole new one.
    """
    patiently(hub.require_writer, hub)
    found = patiently(hub.look, hub)
    _require_visibility(hub, found, wishes.private)
    public = not (found.private if found else wishes.private)
    release.require_license(public=public)
    with scratch(_scratch_place(hub)) as folder:
        written = release.write_data(folder)
        revision, changes = patiently(lambda: _one_try(release, hub, wishes, folder, written), hub)
        _read_back(written, hub, revision, folder, changes)
        patiently(lambda: hub.finish(folder, changes), hub)
        if wishes.tag:
            patiently(lambda: mark(hub, str(wishes.tag), revision), hub)
    return Published(hub.name, revision, hub.url, changes, tag=wishes.tag)


def preview_for_hub(release: Release, hub: Repository, wishes: Wishes, folder: Path) -> Changes:
    """Write to a folder what would be published, and say what it would change; commits nothing."""
    found = patiently(hub.look, hub)
    _require_visibility(hub, found, wishes.private)
    release.require_license(public=not (found.private if found else wishes.private))
    written = release.write_data(folder)
    return patiently(lambda: _prepared(release, hub, found, wishes, folder, written), hub)


def _one_try(
    release: Release,
    hub: Repository,
    wishes: Wishes,
    folder: Path,
    written: list[SplitFiles],
) -> tuple[str, Changes]:
    found = hub.look()
    if found is None:
        hub.create(bool(wishes.private), release.verdict.hub_ids[0])
        found = hub.look()
        found = found and replace(found, card=None)  # what stands on it now is nobody's word
    if found is None:
        raise PublishError(f"{hub.name} was made, but cannot be seen. Look at it, then try again.")
    _require_visibility(hub, found, wishes.private)
    changes = _prepared(release, hub, found, wishes, folder, written)
    if not changes:
        return found.head, changes
    if wishes.tag and (marked := hub.marked(wishes.tag)):
        raise tag_taken(hub.name, wishes.tag, marked)
    return hub.commit(folder, changes, found.head, _message(release)), changes


def _prepared(
    release: Release,
    hub: Repository,
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


def _require_visibility(hub: Repository, found: Found | None, private: bool | None) -> None:
    if found is None or private is None or found.private == private:
        return
    is_now, wanted = ("private", "public") if found.private else ("public", "private")
    raise PublishError(
        f"{hub.name} is {is_now} on {hub.site.name}, and private={private} asks for a {wanted} one. "
        f"Nothing was sent. Change its visibility in its settings on {hub.site.name}, name another "
        "repository, or leave private= out to publish to it as it is."
    )


def _read_back(
    written: Sequence[SplitFiles],
    hub: Repository,
    revision: str,
    folder: Path,
    changes: Changes,
) -> None:
    """Make sure that the version holds every byte of the folder, and loads.

    Raises:
        PublishError: naming what differs.
    """
    stored = patiently(lambda: hub.files_at(revision), hub)
    left = changes_to(stored, folder, changes.deleted)
    wrong = [*left.sent, *left.deleted]
    try:
        wrong += patiently(lambda: _unlike(written, hub, revision), hub)
    except Exception as error:  # whatever stops a reader
        told = error.__cause__ or error.__context__ or error
        raise PublishError(
            f"{hub.name} at {short(revision)} holds all files, but a row could not be read back: "
            f"{type(told).__name__}: {told}. It is published. Try load_dataset yourself."
        ) from error
    if wrong:
        raise PublishError(
            f"{hub.name} at {short(revision)} does not hold what was published: {', '.join(wrong[:5])}"
            ". Run the same call again; if that does not help, look at the repository's history."
        )


def _unlike(written: Sequence[SplitFiles], hub: Repository, revision: str) -> list[str]:
    """Load a row of every split, as a reader would; name those that differ."""
    return [
        f"{split.config}/{split.split}"
        for split in written
        if hub.read_back(split, revision) != (split.rows, set(split.features))
    ]


def _message(release: Release) -> str:
    rows = release.facts.total
    return f"Publish {count_told(rows, 'row')}"


def _scratch_place(hub: Repository) -> Path:
    """Give the place of the files on their way, on the disk of the Hub's own cache."""
    from huggingface_hub import constants

    told = hashlib.sha256(hub.url.encode()).hexdigest()[:16]
    return Path(constants.HF_HOME) / "hf_sft_builders" / "publishing" / told
