"""Datasets of figshare: found by one call, described by one more each."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms

_DATASET = 3
_AT_ONCE = 4
_DESCRIBED = 20


class Figshare:
    """figshare. Its search tells no license, so the first results are asked for one by one."""

    name = "figshare"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask figshare; see `Catalogue.search`."""
        base = endpoint("figshare", "https://api.figshare.com")

        def page(number: int, size: int) -> list[Any]:
            asked = {"search_for": query.text, "item_type": _DATASET}
            asked |= {"page": number, "page_size": size}
            answer = get_json(f"{base}/v2/articles/search", body=asked, timeout=query.timeout)
            if not isinstance(answer, list):
                raise SourceError("figshare answered with something that is no list of articles.")
            return answer

        def described(article: dict[str, Any]) -> dict[str, Any]:
            more = get_json(f"{base}/v2/articles/{article['id']}", timeout=query.timeout)
            return {**article, **more}

        articles = [article for article in pages(page, query.depth, 50) if article.get("id")]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            first = list(pool.map(described, articles[:_DESCRIBED]))
        return [_dataset(article) for article in [*first, *articles[_DESCRIBED:]]]


def _dataset(article: dict[str, Any]) -> FoundDataset:
    files = [file for file in article.get("files") or () if file.get("download_url")]
    links = tuple(str(file["download_url"]) for file in files)
    page = str(article.get("url_public_html") or "")
    sizes = [whole(file.get("size")) for file in files]
    subjects = [each.get("title") for each in article.get("categories") or ()]
    related = [article.get("resource_doi"), *(article.get("references") or ())]
    return FoundDataset(
        source="figshare",
        id=str(article["id"]),
        uri=links[0] if len(links) == 1 else page,
        # A download's URL ends in a number; only one whose name we know can be opened by kind.
        loadable=len(links) == 1,
        url=page,
        title=plain(article.get("title"), 300),
        description=plain(article.get("description")),
        **terms(article.get("license")),
        size=whole(article.get("size")) or (sum(size or 0 for size in sizes) if sizes else None),
        formats=named_formats(file.get("name") for file in files),
        updated=day(article.get("modified_date") or article.get("published_date")),
        downloads=None,
        papers=papers_of(related),
        fields=tuple(map(str, [*subjects, *(article.get("tags") or ())])),
        doi=doi_of(article.get("doi")),
        files=links,
    )
