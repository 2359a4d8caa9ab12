"""The list "awesome public datasets", read where it is kept and looked through here.

Its text is under the GPL, so no part of it ships with this package: it is fetched at run time.
`HF_SFT_APD_URL` names another place: a URL, an archive, or a folder.
"""

from __future__ import annotations

import io
import logging
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_cache import kept_list
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    doi_of,
    named_formats,
    papers_of,
    plain,
)
from hf_sft_builders.sources.catalogues.license_terms import terms
from hf_sft_builders.sources.catalogues.matching import best_matches
from hf_sft_builders.sources.catalogues.places import is_file, loadable_uri

logger = logging.getLogger("hf_sft_builders")

_HOME = "https://codeload.github.com/awesomedata/apd-core/tar.gz/refs/heads/master"
_LARGEST_ENTRY = 200_000


class AwesomePublicDatasets:
    """Nine hundred datasets that people chose by hand, in 35 categories."""

    name = "awesome"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Look through the list; see `Catalogue.search`."""
        entries = _entries(query.timeout)
        return [_dataset(entry) for entry in best_matches(query.text, entries, _text)][
            : query.depth
        ]


def _entries(timeout: float) -> list[dict[str, Any]]:
    place = os.environ.get("HF_SFT_APD_URL") or _HOME
    if "://" in place:
        return kept_list("awesome", place, _read_archive, timeout)
    path = Path(place).expanduser()
    if path.is_dir():
        files = ((str(file.relative_to(path)), file.read_bytes()) for file in path.rglob("*.yml"))
        return _read_files(files)
    if not path.is_file():
        raise SourceError(f"HF_SFT_APD_URL: nothing at {place}. Expected a URL, .tar.gz or folder.")
    return _read_archive(path.read_bytes())


def _read_archive(data: bytes) -> list[Any]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            files = list(_members(archive))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SourceError("awesome-public-datasets: what came is no .tar.gz archive.") from error
    return _read_files(files)


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Read members in memory; nothing of an archive is ever written to a disk."""
    for member in archive:
        file = archive.extractfile(member) if member.isfile() else None
        if file and member.name.endswith((".yml", ".yaml")) and member.size <= _LARGEST_ENTRY:
            yield member.name, file.read()


def _read_files(files: Iterable[tuple[str, bytes]]) -> list[Any]:
    """Read the entries, each one YAML file below `core/<category>/`; all values become text."""
    import yaml  # type: ignore[import-untyped,unused-ignore]

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = []
    for name, data in sorted(files):
        parts = PurePosixPath(name).parts
        try:
            said = yaml.load(data, Loader=loader)
        except yaml.YAMLError:
            # One entry that people mistyped is no reason to lose the list.
            logger.warning("awesome-public-datasets: left out %s: no YAML", name)
            continue
        if isinstance(said, dict) and said.get("title") and said.get("homepage"):
            kept = {key: _flat(said.get(key)) for key in _KEPT}
            kept["category"] = kept["category"] or [parts[-2] if len(parts) > 1 else ""]
            kept["id"] = ["/".join(parts[-2:]).rpartition(".")[0]]
            entries.append(kept)
    if not entries:
        raise SourceError("awesome-public-datasets: no entry found; expected core/*/*.yml.")
    return entries


_KEPT = (
    *("title", "homepage", "category", "description", "keywords"),
    *("license", "issued_time", "sources", "references"),
)


def _flat(value: Any) -> list[str]:
    """Make a list of texts from text, numbers, dates, lists and mappings."""
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        wanted = (value.get(key) for key in ("name", "access_url", "url", "title"))
        return [str(part) for part in wanted if part]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _flat(part)]
    return [str(value)]


def _text(entry: dict[str, Any]) -> str:
    return " ".join(text for key in _SEARCHED for text in entry[key])


_SEARCHED = ("title", "category", "description", "keywords")


def _dataset(entry: dict[str, Any]) -> FoundDataset:
    home = entry["homepage"][0].strip()
    links = tuple(link for link in entry["sources"] if is_file(link))
    uri, loadable = loadable_uri(home)
    if not loadable and len(links) == 1:
        uri, loadable = links[0], True
    return FoundDataset(
        source="awesome",
        id=entry["id"][0],
        uri=uri,
        loadable=loadable,
        url=home,
        title=plain(entry["title"][0], 300),
        description=plain(" ".join(entry["description"])),
        **terms(entry["license"]),
        formats=named_formats(link for link in (home, *links) if is_file(link)),
        updated=day(next(iter(entry["issued_time"]), None)),
        # Most references are handbooks and home pages; these two are papers.
        papers=tuple(
            name for name in papers_of(entry["references"]) if name.startswith(("arXiv:", "doi:"))
        ),
        fields=(*entry["category"], *entry["keywords"]),
        doi=doi_of(home),
        files=links,
    )
