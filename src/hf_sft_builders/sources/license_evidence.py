"""The license of documents: what their platform, their dataset's page and the files beside them say.

The `license=` option beats all. Then comes what the platform of a dataset declares, then the page of a
`croissant+…` URL. Else the nearest folder that says anything counts, from the document's own up to the
one that was named; in a folder, metadata comes before the README's front matter, and that before LICENSE
and COPYING. What a platform writes where nobody chose (ModelScope's Apache-2.0) is weak, and counts only
where nothing else says more. None means `unknown`, never "free".
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.licenses import UNKNOWN, Evidence, SourceLicenses, evidence
from hf_sft_builders.licenses.evidence import overriding
from hf_sft_builders.licenses.sidecars import read_sidecar, sidecar_rank
from hf_sft_builders.registry import PROTOCOLS
from hf_sft_builders.sources.croissant import DatasetPage
from hf_sft_builders.sources.files import read_bytes
from hf_sft_builders.sources.hub_license import hub_license
from hf_sft_builders.sources.resolve import platform_of

logger = logging.getLogger("hf_sft_builders")


class LicenseLookup:
    """Answers, for each document, what is known of its license.

    Args:
        declared: What the user said; beats all files, and is marked as an override where they say
            something else.
        license_files: LICENSE files and metadata that were found while listing.
        storage_options: For fsspec.
        pages: By file: the dataset's page that named it, which beats LICENSE files.
    """

    def __init__(
        self,
        declared: str | None,
        license_files: Iterable[str],
        storage_options: Mapping[str, Any] | None = None,
        pages: Mapping[str, DatasetPage] | None = None,
    ) -> None:
        self._by_page = {uri: page.license for uri, page in (pages or {}).items()}
        self._declared = evidence(declared, "license= option", "declared") if declared else None
        self._options = dict(storage_options or {})
        said: dict[str, list[tuple[int, str, SourceLicenses]]] = defaultdict(list)
        for uri in license_files:
            name = PurePosixPath(uri).name
            rank = sidecar_rank(name)
            told = read_sidecar(name, read_bytes(uri, storage_options))
            said[str(PurePosixPath(uri).parent)].append((3 if rank is None else rank, uri, told))
        self._by_folder = {
            folder: [told for _, _, told in sorted(files, key=lambda file: file[:2])]
            for folder, files in said.items()
        }

    def __call__(self, uri: str) -> Evidence:
        """Give the evidence for one document's content."""
        return self.licenses_of(uri).content

    def licenses_of(self, uri: str) -> SourceLicenses:
        """Give the evidence for one document's content, annotations and metadata."""
        found = SourceLicenses(*(self._nearest(uri, part) for part in _PARTS))
        stated = dataset_license(uri, self._options)
        if stated and (_is_certain(stated) or not found.content.raw):
            found = replace(found, content=stated)
        if self._declared is None:
            return found
        return replace(found, content=overriding(self._declared, found.content))

    def _nearest(self, uri: str, part: str) -> Evidence:
        if part == "content" and uri in self._by_page and self._by_page[uri].raw:
            return self._by_page[uri]
        for folder in PurePosixPath(uri).parents:
            for told in self._by_folder.get(str(folder), ()):
                found: Evidence = getattr(told, part)
                if found.raw:
                    return found
        return UNKNOWN


def _is_certain(stated: Evidence) -> bool:
    return stated.id != UNKNOWN.id and stated.confidence == "declared"


_PARTS = ("content", "annotations", "metadata")


def dataset_license(uri: str, storage_options: Mapping[str, Any] | None = None) -> Evidence | None:
    """Give what the platform of a dataset says of its license.

    Args:
        uri: Address of the dataset or of a file in it; of a chain, the last hop counts.
        storage_options: For fsspec; a Hugging Face token may be in it.

    Returns:
        Its evidence: `declared`, or `inferred` where the platform writes this if nobody chose, or
        `unknown` with what was found, also where the platform refuses. None for a place that has no
        such metadata.

    Example:
        >>> dataset_license("kaggle://owner/dataset").id
        'cc0-1.0'
    """
    hop = uri.rpartition("::")[2]
    scheme = hop.partition("://")[0]
    if scheme not in PROTOCOLS and scheme != "hf":
        return None
    try:
        found = _stated(hop, scheme, storage_options or {})
    except SourceError as error:
        logger.warning("The license stays unknown: %s", error)
        return replace(UNKNOWN, found_in=f"{scheme}: could not be asked")
    return found if found.raw else replace(UNKNOWN, found_in=f"{found.found_in or hop}: empty")


def _stated(hop: str, scheme: str, options: Mapping[str, Any]) -> Evidence:
    if scheme == "hf":
        return hub_license(hop, options).content
    stated = platform_of(hop).license(hop)
    return evidence(stated.raw, stated.found_in, "inferred" if stated.weak else "declared")


def dataset_of(uri: str) -> str:
    """Give the address of the dataset that holds a file, without version; empty for other places."""
    scheme, _, path = uri.rpartition("::")[2].partition("://")
    if scheme not in PROTOCOLS and scheme != "hf":
        return ""
    parts = 3 if path.startswith(("datasets/", "spaces/")) else 2
    return f"{scheme}://" + "/".join(part.partition("@")[0] for part in path.split("/")[:parts])


def license_stamps(
    uris: Iterable[str],
    license_files: Mapping[str, str],
    storage_options: Mapping[str, Any] | None = None,
) -> tuple[tuple[str, str], ...]:
    """Give what the license of these files depends on, for the cache key.

    Args:
        uris: The files.
        license_files: LICENSE files beside them, with their stamps.
        storage_options: For fsspec.
    """
    datasets = sorted(filter(None, {dataset_of(uri) for uri in uris}))
    stated = ((uri, (dataset_license(uri, storage_options) or UNKNOWN).raw) for uri in datasets)
    return (*sorted(license_files.items()), *stated)
