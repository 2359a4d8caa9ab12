"""The license of documents: what their dataset's page, or a file beside them says.

Looked for in this order: the `license=` option, the page of a `croissant+…` URL, then LICENSE or
COPYING files in the document's folder or above it (up to the folder that was named). None means
`unknown`, never "free".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from hf_sft_builders.licenses import UNKNOWN, Evidence, evidence
from hf_sft_builders.sources.croissant import DatasetPage
from hf_sft_builders.sources.files import read_bytes


class LicenseLookup:
    """Answers, for each document, what is known of its license.

    Args:
        declared: What the user said; beats all files.
        license_files: LICENSE and COPYING files that were found while listing.
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
        self._by_folder = {
            str(PurePosixPath(uri).parent): _read(uri, storage_options)
            for uri in sorted(license_files, reverse=True)
        }

    def __call__(self, uri: str) -> Evidence:
        """Give the evidence for one document."""
        if self._declared is not None:
            return self._declared
        if uri in self._by_page and self._by_page[uri].raw:
            return self._by_page[uri]
        for folder in PurePosixPath(uri).parents:
            if str(folder) in self._by_folder:
                return self._by_folder[str(folder)]
        return UNKNOWN


def _read(uri: str, storage_options: Mapping[str, Any] | None) -> Evidence:
    text = read_bytes(uri, storage_options)[:100_000].decode("utf-8", errors="replace")
    found = evidence(text, PurePosixPath(uri).name, "inferred")
    return Evidence(
        " ".join(text.split())[:200], found.id, found.spdx, found.found_in, found.confidence
    )
