"""The license of local documents: what the files beside them say.

The `license=` option beats all files. Else the nearest folder that says anything counts, from the
document's own up to the one that was named; in a folder, metadata comes before the README's front
matter, and that before LICENSE and COPYING. None means `unknown`, never "free".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from hf_sft_builders.licenses import UNKNOWN, Evidence, SourceLicenses, evidence
from hf_sft_builders.licenses.evidence import overriding
from hf_sft_builders.licenses.sidecars import read_sidecar, sidecar_rank
from hf_sft_builders.sources.files import read_bytes


class LicenseLookup:
    """Answers, for each document, what is known of its license.

    Args:
        declared: What the user said; beats all files, and is marked as an override where they say
            something else.
        license_files: LICENSE files and metadata that were found while listing.
        storage_options: For fsspec.
    """

    def __init__(
        self,
        declared: str | None,
        license_files: Iterable[str],
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._declared = evidence(declared, "license= option", "declared") if declared else None
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
        if self._declared is None:
            return found
        return replace(found, content=overriding(self._declared, found.content))

    def _nearest(self, uri: str, part: str) -> Evidence:
        for folder in PurePosixPath(uri).parents:
            for told in self._by_folder.get(str(folder), ()):
                found: Evidence = getattr(told, part)
                if found.raw:
                    return found
        return UNKNOWN


_PARTS = ("content", "annotations", "metadata")
