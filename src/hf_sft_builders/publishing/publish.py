"""`publish`: a dataset, its card, its license and its manifest, in one step to a folder or the Hub.

    my-dataset/
      README.md               card: what the rows are, how they were made, under which license
      LICENSE                 the license, and what it asks of whoever uses the rows
      NOTICE, LICENSES/       credits and license texts, where the sources ask for them
      report/                 plots of lengths and labels, shown on the card
      data/train-00000-of-00001.parquet
      hf_sft_manifest.json    counts of the run, and which files of the folder are ours

`load_dataset("./my-dataset")` reads the folder, `load_dataset("user/name")` the repository.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.publishing.changes import Changes, StoredFile, changes_to
from hf_sft_builders.publishing.existing import Existing, files_below
from hf_sft_builders.publishing.file_hashes import content_hash
from hf_sft_builders.publishing.folder import carry_over, recover, replacing
from hf_sft_builders.publishing.given_datasets import Configs, datasets_given
from hf_sft_builders.publishing.hub_publishing import Wishes, preview_for_hub, publish_to_hub
from hf_sft_builders.publishing.hub_repository import HubRepository
from hf_sft_builders.publishing.modelscope_repository import ModelScopeRepository
from hf_sft_builders.publishing.published import Published
from hf_sft_builders.publishing.published_log import remembered
from hf_sft_builders.publishing.release import Release
from hf_sft_builders.publishing.repository import Repository
from hf_sft_builders.publishing.target import (
    require_writable,
    target_folder,
    target_modelscope,
    target_repository,
)

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

    from hf_sft_builders.quality.applying import Gated
    from hf_sft_builders.quality.cleaned import Cleaned

    Given: TypeAlias = Dataset | DatasetDict | IterableDataset | IterableDatasetDict


@remembered
def publish(
    ds: Given | None,
    target: str | os.PathLike[str],
    *,
    license: str | None = None,
    title: str | None = None,
    overwrite: bool = False,
    private: bool | None = None,
    configs: Mapping[str, Given] | None = None,
    tag: str | None = None,
    policy: str | None = None,
    force: str | None = None,
    files: Mapping[str, str | bytes] | None = None,
    dry_run: bool = False,
    token: str | None = None,
    card_language: str = "auto",
    media: str = "embedded",
    left_out: Sequence[Gated | Cleaned] = (),
) -> Path | Published:
    """Publish a dataset with its card and license to a folder, or in one commit to a hub.

    A reader sees the version before or the whole new one. An earlier version of the same dataset is
    replaced; a person's edits of its card stay. Local paths in the provenance become relative.

    Args:
        ds: The rows. A `Dataset` becomes the split it came from, `train` where it has none.
        target: A folder (`./my-dataset`, a `Path`), a repository on the Hub (`user/name`) or on
            ModelScope (`modelscope://user/name`), made if missing.
        license: Name of the license that you declare, `other` for terms of your own. By default
            what those of all sources give together, `unknown` where one lacks a license.
        title: Name on the card; the target's name by default.
        overwrite: Replace another dataset there. What has nothing to do with it stays in any case.
        private: What the repository has to be; by default as it is, and a new one is public.
        configs: More datasets by config name, with columns of their own; `ds` is `default`.
        tag: Marks the version there when all of it was read back.
        policy: What is planned, as for `sft.gate_license`: `commercial`, `permissive`, …
        force: Why rows are published that the licenses forbid; stands on the card.
        files: More to put beside the rows, path to content: pictures of a report, a paper.
        dry_run: Write to the folder `<name>-dry-run`, and compare with what stands in the target.
        token: Of the hub; by default the one that you logged in with.
        card_language: `en`, `zh`, `both`; `auto`: English, with a Chinese summary of Chinese rows.
        media: Pictures, sounds, videos: `embedded` into the rows, or `files` beside them.
        left_out: What `apply_gates`, `deduplicate`, `decontaminate` gave before, for the card.

    Returns:
        The folder, or what was `Published`: `revision`, `url`, `changes`.

    Raises:
        ConfigurationError: for rows, names or a target that cannot be published.
        PublishError: if the target cannot be written, or a license forbids such rows.

    Example:
        >>> done = sft.publish(ds, "mei/travel-guide", private=True, tag="v1")
    """
    words = _Words(license, policy, force, files, card_language, media, left_out)
    wishes, given = Wishes(private, overwrite, tag), datasets_given(ds, configs)
    return _to_target(target, words, given, wishes, title, token, dry_run)


def _to_target(
    target: str | os.PathLike[str],
    words: _Words,
    given: Configs,
    wishes: Wishes,
    title: str | None,
    token: str | None,
    dry_run: bool,
) -> Path | Published:
    if repository := target_repository(target):
        release = words.prepare(given).at(title, repository=repository)
        return _to_hub(release, HubRepository(repository, token), wishes, dry_run)
    if repository := target_modelscope(target):
        modelscope = ModelScopeRepository(repository, token)
        release = words.prepare(given).at(title, repository=repository, site="modelscope")
        return _to_hub(release, modelscope, wishes, dry_run)
    folder = _checked_folder(target, wishes)
    release = words.prepare(given).at(title, folder_name=folder.name)
    return _to_folder(release, folder, wishes, dry_run)


class _Words(NamedTuple):
    """What is told of the rows, wherever they go."""

    license: str | None
    policy: str | None
    force: str | None
    files: Mapping[str, str | bytes] | None
    card_language: str
    media: str
    left_out: Sequence[Gated | Cleaned]

    def prepare(self, given: Configs) -> Release:
        return Release.prepare(given, **self._asdict())


def check_target(target: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Find out, before any work, whether `publish` could write to a target.

    Returns:
        The folder that the target means; for a repository, the place of a dry run.

    Raises:
        ConfigurationError: if the target is no folder's or repository's name.
        PublishError: if it cannot be written, or holds files that are not ours.
    """
    if repository := target_modelscope(target):
        return target_folder(Path(repository))
    folder = target_folder(target)
    if target_repository(target):
        return folder
    require_writable(folder)
    recover(folder)
    Existing.survey(folder).require_replaceable(overwrite)
    return folder


def _to_hub(release: Release, hub: Repository, wishes: Wishes, dry_run: bool) -> Published:
    return (_dry_run_for_hub if dry_run else publish_to_hub)(release, hub, wishes)


def _checked_folder(target: str | os.PathLike[str], wishes: Wishes) -> Path:
    if wishes.private is not None or wishes.tag is not None:
        raise ConfigurationError(
            f"private= and tag= are for repositories, and target={os.fspath(target)!r} is "
            "a folder. Leave them out, or name a repository: 'user/name'."
        )
    return check_target(target, overwrite=wishes.overwrite)


def _to_folder(release: Release, folder: Path, wishes: Wishes, dry_run: bool) -> Path | Published:
    release.require_license(public=False)
    Existing.survey(folder).require_same(release.identity, wishes.overwrite)
    if dry_run:
        return _dry_run(release, folder)
    with replacing(folder) as new:
        written = release.write_data(new)
        release.write_words(new, written, Existing.survey(folder).card)
        _keep_foreign_files(folder, new, wishes.overwrite)
    return folder


def _keep_foreign_files(folder: Path, new: Path, overwrite: bool) -> None:
    """Bring along what is not ours, also what came while we worked."""
    existing = Existing.survey(folder)
    existing.require_replaceable(overwrite)
    in_the_way = [name for name in existing.foreign if os.path.lexists(new / name)]
    if in_the_way:
        existing.refuse_to_replace(in_the_way)
    carry_over(existing.foreign, folder, new)


def _dry_run(release: Release, folder: Path) -> Published:
    place = _dry_run_place(folder)
    with replacing(place) as new:
        existing = Existing.survey(folder)
        release.write_words(new, release.write_data(new), existing.card)
        stored = {name: _stored(folder / name) for name in files_below(folder)}
        changes = changes_to(stored, new, set(stored) - set(existing.foreign))
    return Published(str(folder), "", "", changes, folder=place)


def _dry_run_for_hub(release: Release, hub: Repository, wishes: Wishes) -> Published:
    place = _dry_run_place(Path(hub.name.partition("/")[2]).resolve())
    with replacing(place) as new:
        changes: Changes = preview_for_hub(release, hub, wishes, new)
    return Published(hub.name, "", "", changes, wishes.tag, place)


def _dry_run_place(folder: Path) -> Path:
    """Give the folder of a dry run; an earlier dry run there is replaced, nothing else."""
    place = folder.with_name(f"{folder.name}-dry-run")
    require_writable(place)
    Existing.survey(place).require_replaceable(overwrite=False)
    return place


def _stored(path: Path) -> StoredFile:
    return StoredFile(path.stat().st_size, "", content_hash(path))
