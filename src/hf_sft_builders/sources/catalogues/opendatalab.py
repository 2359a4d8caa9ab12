"""Datasets of OpenDataLab (浦数), by the call that its own pages make."""

from __future__ import annotations

from collections.abc import Iterable
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


class OpenDataLab:
    """OpenDataLab. Its listing has no promise to stay as it is; what it lacks stays empty."""

    name = "opendatalab"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask OpenDataLab; see `Catalogue.search`."""
        url = endpoint("opendatalab", "https://openxlab.org.cn") + "/datasets/api/v3/datasets/list"

        def page(number: int, size: int) -> list[Any]:
            asked = {"keywords": query.text, "pageNo": number, "pageSize": size}
            answer = get_json(url, body=asked, timeout=query.timeout)
            if not isinstance(answer, dict) or answer.get("code", 0) not in (0, 200):
                said = answer.get("msg", "") if isinstance(answer, dict) else ""
                raise SourceError(f"OpenDataLab refused: {plain(said, 160) or 'no reason given'}.")
            if "list" not in (answer.get("data") or {}):
                raise SourceError("OpenDataLab answered without `data.list`.")
            return list(answer["data"]["list"] or [])

        return [_dataset(entry) for entry in pages(page, query.depth, 50)]


def _dataset(entry: dict[str, Any]) -> FoundDataset:
    name, attributes = str(entry.get("name") or ""), entry.get("attrs") or {}
    introduction = entry.get("introduction") or {}
    return FoundDataset(
        source="opendatalab",
        id=name,
        uri=f"opendatalab://{name}",
        loadable=True,
        url=f"https://opendatalab.com/{name}",
        title=plain(entry.get("displayName") or name, 300),
        description=plain(_words(introduction) or entry.get("description")),
        **terms([_words(each.get("name")) for each in attributes.get("license") or ()]),
        size=whole(entry.get("fileSize") or attributes.get("fileBytes")),
        formats=named_formats(attributes.get("formats") or ()),
        updated=day(entry.get("updateTime") or attributes.get("publishDate")),
        downloads=whole(entry.get("downloadCount")),
        papers=papers_of([attributes.get("paperUrl"), attributes.get("citation")]),
        fields=tuple(
            filter(None, (_words(each.get("name")) for each in attributes.get("mediaTypes") or ()))
        ),
        doi=doi_of(attributes.get("doi")),
    )


def _words(told: Any) -> str:
    """Give a text that may come in English and Chinese."""
    if isinstance(told, dict):
        return str(told.get("en") or told.get("zh") or "")
    return str(told or "")
