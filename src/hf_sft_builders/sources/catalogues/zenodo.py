"""Datasets of Zenodo, by its records API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_http import get_json
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    doi_of,
    endpoint,
    named_formats,
    pages,
    papers_of,
    plain,
    search_words,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms

_PAPER_RELATIONS = {
    "isSupplementTo",
    "isCitedBy",
    "isDocumentedBy",
    "isPublishedIn",
    "isReferencedBy",
}


class Zenodo:
    """Zenodo. Files are public URLs; a record of several has a page that names them."""

    name = "zenodo"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask Zenodo; see `Catalogue.search`."""
        url = endpoint("zenodo", "https://zenodo.org") + "/api/records"

        def page(number: int, size: int) -> list[Any]:
            asked = {"q": search_words(query.text), "type": "dataset", "size": size, "page": number}
            answer = get_json(url, asked, timeout=query.timeout)
            try:
                return list(answer["hits"]["hits"])
            except (KeyError, TypeError) as error:
                raise SourceError("Zenodo answered without `hits.hits`.") from error

        return [_dataset(record) for record in pages(page, query.depth, 25)]


def _dataset(record: dict[str, Any]) -> FoundDataset:
    about, number = record.get("metadata") or {}, str(record.get("id") or "")
    files = record.get("files") or []
    page = str((record.get("links") or {}).get("self_html") or "")
    page = page or f"https://zenodo.org/records/{number}"
    links = tuple(f"{page}/files/{quote(str(file.get('key', '')))}" for file in files)
    is_open = bool(links) and about.get("access_right", "open") == "open"
    sizes = [whole(file.get("size")) for file in files]
    return FoundDataset(
        source="zenodo",
        id=number,
        uri=(links[0] if len(links) == 1 else f"croissant+{page}") if is_open else page,
        loadable=is_open,
        url=page,
        title=plain(about.get("title") or record.get("title"), 300),
        description=plain(about.get("description")),
        **terms(about.get("license")),
        size=sum(size for size in sizes if size) if sizes else None,
        formats=named_formats(file.get("key") for file in files),
        updated=day(about.get("publication_date") or record.get("modified")),
        downloads=whole((record.get("stats") or {}).get("downloads")),
        papers=papers_of(
            related.get("identifier")
            for related in about.get("related_identifiers") or ()
            if related.get("relation") in _PAPER_RELATIONS
        ),
        fields=tuple(map(str, about.get("keywords") or ())),
        doi=doi_of(record.get("doi") or about.get("doi")),
        files=links if is_open else (),
    )
