"""Datasets of OpenML: its list of names is kept and looked through here, then each is described.

OpenML finds a name only where it is spelled in full, so asking it for words finds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_cache import kept_list
from hf_sft_builders.sources.catalogue_http import get_json
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    doi_of,
    endpoint,
    named_formats,
    papers_of,
    plain,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms
from hf_sft_builders.sources.catalogues.matching import best_matches

_DESCRIBED = 8
_AT_ONCE = 4


class OpenML:
    """OpenML: tables, most of them for classification and regression."""

    name = "openml"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Look through OpenML's names; see `Catalogue.search`."""
        base = endpoint("openml", "https://www.openml.org") + "/api/v1/json/data"
        url = f"{base}/list/limit/10000/status/active"
        entries = kept_list("openml", url, _read_list, query.timeout)
        best = best_matches(query.text, entries, lambda entry: str(entry["name"]))

        def described(entry: dict[str, Any]) -> FoundDataset:
            answer = get_json(f"{base}/{entry['did']}", timeout=query.timeout)
            return _dataset(entry, answer.get("data_set_description") or {})

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(described, best[: min(_DESCRIBED, query.depth)]))


def _read_list(data: bytes) -> list[Any]:
    try:
        told = json.loads(data)
    except ValueError as error:
        raise SourceError("OpenML answered with something that is not JSON.") from error
    try:
        entries = told["data"]["dataset"]
        return [{"did": entry["did"], "name": entry["name"]} for entry in entries]
    except (KeyError, TypeError) as error:
        raise SourceError("OpenML answered without `data.dataset`.") from error


def _dataset(entry: dict[str, Any], about: dict[str, Any]) -> FoundDataset:
    file = str(about.get("parquet_url") or about.get("url") or "")
    page = f"https://www.openml.org/d/{entry['did']}"
    names = [about.get("format"), "parquet" if about.get("parquet_url") else ""]
    return FoundDataset(
        source="openml",
        id=str(entry["did"]),
        uri=file if about.get("parquet_url") else page,
        loadable=bool(about.get("parquet_url")),
        url=page,
        title=plain(about.get("name") or entry["name"], 300),
        description=plain(about.get("description")),
        **terms(about.get("licence") or about.get("license")),
        formats=named_formats(names),
        updated=day(about.get("upload_date")),
        downloads=whole(about.get("total_downloads")),
        papers=papers_of([about.get("paper_url"), about.get("citation")]),
        fields=tuple(map(str, _list(about.get("tag")))),
        doi=doi_of(about.get("original_data_url")),
        files=(file,) if file else (),
    )


def _list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told] if told else []
