"""What stands in the target already, and whether it may be replaced.

Files that the manifest of an earlier output lists are ours; all others are foreign. Ours are
replaced where they are the same dataset (`identity.py`) and nobody edited them since, else only
with `overwrite=True`. Foreign files are never deleted: with `overwrite=True` they stay.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import PublishError
from hf_sft_builders.ledger import MANIFEST_NAME
from hf_sft_builders.publishing.card_edits import EarlierCard
from hf_sft_builders.publishing.file_hashes import content_hash
from hf_sft_builders.publishing.identity import Identity, differences

CARD, LICENSE_FILE = "README.md", "LICENSE"
_HASHED = (CARD, LICENSE_FILE, "NOTICE")


@dataclass(frozen=True)
class Existing:
    """What was found."""

    target: Path
    identity: Identity | None = None
    """None where no earlier output of ours stands there."""
    foreign: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    """Ours, but changed by somebody since; not the card, whose edits are kept."""
    card: EarlierCard | None = None
    """Where publish wrote it; a person may have edited it, now or before an earlier publish."""

    @classmethod
    def survey(cls, target: Path) -> Existing:
        """Look at a folder, which need not exist."""
        found = files_below(target)
        published = published_before(_text(target / MANIFEST_NAME))
        ours = published.get("files", {})
        known = {*ours, MANIFEST_NAME} if published else set()
        edited = [name for name in found if name in ours and _differs(target / name, ours[name])]
        foreign = [name for name in found if name not in known]
        card = None
        if CARD in ours and CARD in found and published["card"]:
            edited = [name for name in edited if name != CARD]
            card = EarlierCard(_text(target / CARD), published["card"], str(target / CARD))
        return cls(target, published.get("identity"), foreign, edited, card)

    def require_replaceable(self, overwrite: bool) -> None:
        """Stop where replacing would touch what is not ours.

        Raises:
            PublishError: naming the files.
        """
        taken = [name for name in (CARD, LICENSE_FILE, MANIFEST_NAME) if name in self.foreign]
        if overwrite and taken:
            self.refuse_to_replace(taken)
        if overwrite:
            return
        if self.foreign:
            raise PublishError(
                f"{self.target} holds files that publish did not write: {named(self.foreign)}. "
                "Expected an empty folder, a new one, or an earlier output. Nothing was changed. "
                "Name another folder, or pass overwrite=True: they then stay beside the dataset."
            )
        if self.edited:
            raise PublishError(
                f"{self.target}: {named(self.edited)} changed since publish wrote it. "
                "Nothing was changed. Move your version away, name another folder, or pass "
                "overwrite=True to replace it."
            )

    def require_same(self, identity: Identity, overwrite: bool) -> None:
        """Stop where another dataset of ours stands.

        Raises:
            PublishError: saying in what it differs.
        """
        if overwrite or self.identity is None:
            return
        told = differences(self.identity, identity)
        if told:
            raise PublishError(
                f"{self.target} holds another dataset: {'; '.join(told[:4])}. Nothing was changed. "
                "Name another folder, or pass overwrite=True to replace it."
            )

    def refuse_to_replace(self, names: Iterable[str]) -> None:
        """Say that foreign files stand where ours would go."""
        raise PublishError(
            f"{self.target}: {named(list(names))} would be replaced, but publish did not write "
            "it. Even overwrite=True replaces only its own files. Nothing was changed. "
            "Move it away, or name another folder."
        )


def published_part(folder: Path, identity: Identity) -> dict[str, Any]:
    """Give what the manifest says of the folder it lies in: who it is, and which files are ours."""
    files = {}
    for name in files_below(folder):
        path = folder / name
        files[name] = {"bytes": path.stat().st_size, "sha256": content_hash(path)}
    return {"identity": identity, "files": files}


def published_before(manifest: str) -> dict[str, Any]:
    """Read what an earlier manifest says of the place it lies in.

    Returns:
        `identity`, `files`, the `card`'s record and the `adopted` files; nothing where it does not
        say that the files are ours.
    """
    try:
        published = json.loads(manifest)["published"]
        return {
            "identity": dict(published["identity"]),
            "files": dict(published["files"]),
            "card": dict(published.get("card") or {}),
            "adopted": list(published.get("adopted") or []),
        }
    except (ValueError, KeyError, TypeError):
        return {}  # all files there are foreign


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""  # not there, or nothing that publish would have written


def files_below(folder: Path) -> list[str]:
    """List files and links below a folder, not following links."""
    found = []
    for place, folders, names in os.walk(folder):
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in names + linked]
    return sorted(found)


def _differs(path: Path, written: Any) -> bool:
    """Compare with what was written; data only by size, for it may be large."""
    if not isinstance(written, dict) or path.stat().st_size != written.get("bytes"):
        return True
    return path.name in _HASHED and content_hash(path) != written.get("sha256")


def named(names: list[str]) -> str:
    """List names, the first five of many."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
