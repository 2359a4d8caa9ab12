"""Datasets with a DOI of DataCite: the widest view over universities' repositories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_http import get_json
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    endpoint,
    named_formats,
    pages,
    papers_of,
    plain,
    search_words,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms
from hf_sft_builders.sources.catalogues.places import is_file, loadable_uri

_PAPER_RELATIONS = {
    "IsSupplementTo",
    "IsCitedBy",
    "IsDocumentedBy",
    "IsPublishedIn",
    "IsReferencedBy",
}


class DataCite:
    """DataCite. It knows where a dataset's page is, seldom where its files are."""

    name = "datacite"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask DataCite; see `Catalogue.search`."""
        url = endpoint("datacite", "https://api.datacite.org") + "/dois"

        def page(number: int, size: int) -> list[Any]:
            asked = {"query": search_words(query.text), "resource-type-id": "dataset"}
            asked |= {"page[size]": str(size), "page[number]": str(number)}
            answer = get_json(url, asked, timeout=query.timeout)
            if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
                raise SourceError("DataCite answered without a list of DOIs.")
            return list(answer["data"])

        return [_dataset(entry) for entry in pages(page, query.depth, 25)]


def _dataset(entry: dict[str, Any]) -> FoundDataset:
    about = entry.get("attributes") or {}
    doi = str(about.get("doi") or entry.get("id") or "").lower()
    page = str(about.get("url") or f"https://doi.org/{doi}")
    content = about.get("contentUrl") or ()
    links = [content] if isinstance(content, str) else [str(link) for link in content]
    files = tuple(link for link in links if is_file(link))
    uri, loadable = loadable_uri(files[0] if len(files) == 1 else page)
    return FoundDataset(
        source="datacite",
        id=doi,
        uri=uri,
        loadable=loadable,
        url=page,
        title=plain(_first(about.get("titles"), "title") or doi, 300),
        description=plain(_first(about.get("descriptions"), "description")),
        **terms(about.get("rightsList") or ()),
        size=next(filter(None, map(_bytes, about.get("sizes") or ())), None),
        formats=named_formats([*(about.get("formats") or ()), *files]),
        updated=day(about.get("updated") or about.get("publicationYear")),
        downloads=whole(about.get("downloadCount")) or None,
        papers=papers_of(
            related.get("relatedIdentifier")
            for related in about.get("relatedIdentifiers") or ()
            if related.get("relationType") in _PAPER_RELATIONS
            and related.get("relatedIdentifierType") in ("DOI", "arXiv", "URL")
        ),
        fields=tuple(str(each.get("subject")) for each in about.get("subjects") or ()),
        doi=doi,
        files=files,
    )


def _first(entries: Any, key: str) -> str:
    return next((str(entry[key]) for entry in entries or () if entry.get(key)), "")


_UNITS = {"b": 1, "byte": 1, "bytes": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}


def _bytes(told: Any) -> int | None:
    """Read `12.5 MB`; page counts and the like are no sizes."""
    number, _, unit = str(told).strip().partition(" ")
    scale = _UNITS.get(unit.strip().lower())
    try:
        return int(float(number.replace(",", "")) * scale) if scale else None
    except (ValueError, OverflowError):
        return None
