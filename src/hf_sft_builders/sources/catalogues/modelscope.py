"""Datasets of ModelScope (魔搭), by its open API."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.sources.catalogue_http import get_json
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    endpoint,
    pages,
    plain,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms


class ModelScope:
    """ModelScope. Public datasets are listed to anyone."""

    name = "modelscope"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask ModelScope; see `Catalogue.search`."""
        default = os.environ.get("MODELSCOPE_ENDPOINT") or "https://modelscope.cn"
        base = endpoint("modelscope", default)

        def page(number: int, size: int) -> list[Any]:
            asked = {"search": query.text, "page_number": number, "page_size": size}
            answer = get_json(f"{base}/openapi/v1/datasets", asked, timeout=query.timeout)
            # It says that something failed under HTTP 200.
            if not isinstance(answer, dict) or not _succeeded(answer):
                raise SourceError(f"ModelScope refused: {_reason(answer)}.")
            if "datasets" not in (answer.get("data") or {}):
                raise SourceError("ModelScope answered without `data.datasets`.")
            return list(answer["data"]["datasets"] or [])

        return [_dataset(entry) for entry in pages(page, query.depth, 50)]


def _succeeded(answer: dict[str, Any]) -> bool:
    return bool(answer.get("success", answer.get("Success", True)))


def _reason(answer: Any) -> str:
    said = answer if isinstance(answer, dict) else {}
    return plain(said.get("message") or said.get("Message") or "no reason given", 160).rstrip(".")


_DEFAULT = "apache-2.0"
"""What uploads get where nobody names a license."""


def _dataset(entry: dict[str, Any]) -> FoundDataset:
    name = str(entry.get("id") or "")
    told = terms(entry.get("license"))
    is_default = told["license"] == _DEFAULT
    if is_default:
        told["commercial"] = told["share_adaptations"] = None
    return FoundDataset(
        source="modelscope",
        id=name,
        uri=f"modelscope://{name}",
        loadable=True,
        url=f"https://modelscope.cn/datasets/{name}",
        title=plain(entry.get("display_name") or name, 300),
        description=plain(entry.get("description")),
        **told,
        license_is_default=is_default,
        size=whole(entry.get("file_size")),
        updated=day(entry.get("last_modified") or entry.get("created_at")),
        downloads=whole(entry.get("downloads")),
        fields=tuple(map(str, [*(entry.get("tasks") or ()), *(entry.get("tags") or ())])),
    )
