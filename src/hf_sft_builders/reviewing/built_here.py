"""The datasets that were built on this machine, as their manifests tell: what the page opens on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import SFTError
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger
from hf_sft_builders.publishing.published_log import published_places
from hf_sft_builders.registry import PREFIX
from hf_sft_builders.reviewing.places import built_name, in_home

_EXTRACTIVE = "extractive"


@dataclass(frozen=True)
class BuiltDataset:
    """One dataset in the cache of `datasets`."""

    name: str
    """Builder and sources, for people."""
    path: str
    """Folder in the cache; `Session.open` opens it."""
    builder: str
    rows: int
    reviewed: float
    """Share of the rows that people decided about, 0 to 1."""
    license: str
    """The verdict on its sources and models: allow, allow-with-obligations, private-only, block."""
    published: str
    """Where it was published to, the last place; empty where it was not from this machine."""
    made: float
    """Seconds since 1970."""


def datasets_built_here(root: str | Path | None = None) -> list[BuiltDataset]:
    """List the datasets that builders of this package made here, latest first.

    Args:
        root: A cache of `datasets`; the usual one by default.

    Example:
        >>> [(found.name, found.rows) for found in datasets_built_here()]
        [('pdf_qa: guide.md', 120)]
    """
    import datasets

    folder = Path(root or datasets.config.HF_DATASETS_CACHE).expanduser()
    pattern = f"{PREFIX.replace('/', '___')}*/**/{MANIFEST_NAME}"
    published = published_places()
    found = [
        _described(manifest.parent, ledger, published)
        for manifest in folder.glob(pattern)
        if not manifest.parent.name.endswith(".incomplete")
        and (ledger := Ledger.load(manifest.parent)) is not None
    ]
    return sorted(found, key=lambda one: -one.made)


def _described(folder: Path, ledger: Ledger, published: dict[str, str]) -> BuiltDataset:
    rows = sum(ledger.splits.values()) or ledger.counts["rows"]
    return BuiltDataset(
        name=_name(ledger),
        path=str(folder),
        builder=ledger.builder,
        rows=rows,
        reviewed=_share(in_home(built_name(ledger)), rows),
        license=_verdict(ledger),
        published=published.get(str(folder), ""),
        made=(folder / MANIFEST_NAME).stat().st_mtime,
    )


def _name(ledger: Ledger) -> str:
    files = [Path(source.uri.rpartition("::")[0] or source.uri).name for source in ledger.sources]
    some = ", ".join(files[:3]) + (f" (+{len(files) - 3})" if len(files) > 3 else "")
    return f"{ledger.builder}: {some}" if some else ledger.builder


def _share(overlay: Path, rows: int) -> float:
    if not overlay.is_file() or not rows:
        return 0.0
    connection = sqlite3.connect(f"{overlay.as_uri()}?mode=ro", uri=True, timeout=5)
    try:
        query = "SELECT count(DISTINCT row) FROM state WHERE field = 'status'"
        [(decided,)] = connection.execute(query)
    finally:
        connection.close()
    return min(1.0, int(decided) / rows)


def _verdict(ledger: Ledger) -> str:
    from hf_sft_builders.licenses import compose_licenses

    licenses = {source.uri: source.license for source in ledger.sources}
    if not licenses:
        return "unknown"
    try:
        return str(compose_licenses(licenses, generator=list(_models(ledger.made))).verdict)
    except SFTError:
        return "unknown"


def _models(made: dict[str, Any]) -> Iterable[str]:
    """Name the models that took part."""
    told = made.get("model")
    for model in told if isinstance(told, list) else [told]:
        if isinstance(model, str) and model and model != _EXTRACTIVE:
            yield model
