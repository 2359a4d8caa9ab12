"""Whether a release may take the place of what stands in a repository.

Without a word: an earlier version of the same dataset, and an empty repository. Only with
`overwrite=True`: another dataset, rows of somebody else, splits and configs that would go, and words
of the license that publish did not write. Files that have nothing to do with it stay in any case.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.card_metadata import front_matter
from hf_sft_builders.publishing.changes import is_same
from hf_sft_builders.publishing.existing import CARD, Existing, files_below, named
from hf_sft_builders.publishing.modelscope_card import modelscope_license
from hf_sft_builders.publishing.parquet_files import DEFAULT, SplitFiles, data_folder
from hf_sft_builders.publishing.release import Release
from hf_sft_builders.publishing.repository import Found, Repository

_SHARD = re.compile(r"(?P<folder>[^/]+)/(?P<split>[\w.]+?)(?:-\d{5}-of-\d{5}|/metadata)\.parquet")
_DATA = (".parquet", ".csv", ".tsv", ".json", ".jsonl", ".arrow", ".zip")


def require_replaceable(
    hub: Repository,
    found: Found,
    release: Release,
    written: Sequence[SplitFiles],
    folder: Path,
) -> None:
    """Stop where something would be lost that nobody said may be.

    Raises:
        PublishError: naming it.
    """
    Existing(Path(hub.name), found.published.get("identity") or None).require_same(
        release.identity, overwrite=False
    )
    problems = [
        *_vanishing(found, written),
        *_foreign_rows(found, release, written, folder),
        *_foreign_words(hub, found, folder),
        *_foreign_license(found, release),
    ]
    if problems:
        raise PublishError(
            f"{hub.name}: {'; '.join(problems)}. Nothing was changed. Name another repository, or "
            "pass overwrite=True: the version before stays in the repository's history."
        )


def obsolete(found: Found, written: Sequence[SplitFiles]) -> frozenset[str]:
    """Give the files that go unless they are written again: ours, and shards in our folders."""
    folders = {data_folder(split.config) for split in written}
    return found.ours | {path for path in found.files if _folder_of(path) in folders}


def _folder_of(path: str) -> str:
    shard = _SHARD.fullmatch(path)
    return shard["folder"] if shard else ""


def _parts(paths: Iterable[str]) -> set[tuple[str, str]]:
    return {
        (shard["folder"], shard["split"]) for path in paths if (shard := _SHARD.fullmatch(path))
    }


def _vanishing(found: Found, written: Sequence[SplitFiles]) -> Iterable[str]:
    now = {(data_folder(split.config), split.split) for split in written}
    folders = {folder for folder, _ in now}
    before = _parts(found.ours) | {part for part in _parts(found.files) if part[0] in folders}
    gone = [
        f"{split} of config {DEFAULT if folder == data_folder(DEFAULT) else folder}"
        for folder, split in sorted(before - now)
    ]
    if gone:
        yield f"it also holds the split {named(gone)}, which would go"


def _foreign_rows(
    found: Found, release: Release, written: Sequence[SplitFiles], folder: Path
) -> Iterable[str]:
    kept = _kept_patterns(found, release, written)
    rows = [
        path
        for path in found.files
        if path.endswith(_DATA)
        and path not in found.ours
        and not any(fnmatch.fnmatch(path, pattern) for pattern in kept)
        and not ((folder / path).is_file() and is_same(folder / path, found.files[path]))
    ]
    now = {(data_folder(split.config), split.split) for split in written}
    rows = [path for path in rows if not (_parts([path]) and not _parts([path]) & now)]
    if rows:
        yield f"it holds rows that publish did not write ({named(rows)}), not the ones given"


def _kept_patterns(found: Found, release: Release, written: Sequence[SplitFiles]) -> list[str]:
    if found.card is None:
        return []
    new = front_matter(release.facts, release.verdict, release.title, written)
    patterns: list[Any] = []
    for config in found.card.kept_configs(new):
        files = config.get("data_files") or f"{config.get('data_dir', '')}/*"
        for entry in files if isinstance(files, list) else [files]:
            paths = entry.get("path", "") if isinstance(entry, dict) else entry
            patterns += paths if isinstance(paths, list) else [paths]
    return [str(pattern) for pattern in patterns]


def _foreign_words(hub: Repository, found: Found, folder: Path) -> Iterable[str]:
    written = found.published.get("files", {})
    for name in files_below(folder):
        stored = found.files.get(name)
        if stored is None or name == CARD or name.endswith(_DATA):
            continue
        if is_same(folder / name, stored):
            continue
        told = hub.download(name, found.head).read_bytes()
        if hashlib.sha256(told).hexdigest() != written.get(name, {}).get("sha256"):
            yield f"{name} there was not written by publish, or changed since"


def _foreign_license(found: Found, release: Release) -> Iterable[str]:
    if found.card is None or found.card.is_ours("license"):
        return
    theirs = found.card.metadata.get("license")
    ours = front_matter(release.facts, release.verdict, release.title, [])["license"]
    if theirs and theirs not in (ours, [ours], modelscope_license(str(ours))):
        yield (
            f"its card says license {theirs}, these rows {ours} (to declare the card's, pass "
            f"license={theirs!r})"
        )
