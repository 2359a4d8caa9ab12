"""Datasets of Kaggle, by the call that its own client makes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path
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

_FILE_TYPES = {"csv", "json", "parquet", "sqlite"}


class Kaggle:
    """Kaggle. It may want a token: `KAGGLE_API_TOKEN`, or what its own client reads."""

    name = "kaggle"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask Kaggle; see `Catalogue.search`."""
        url = endpoint("kaggle", "https://api.kaggle.com")
        url += "/v1/datasets.DatasetApiService/ListDatasets"
        kind = query.formats[0] if len(query.formats) == 1 else ""
        asked: dict[str, Any] = {"search": query.text}
        if kind in _FILE_TYPES:
            asked["fileType"] = f"DATASET_FILE_TYPE_GROUP_{kind.upper()}"

        def page(number: int, size: int) -> list[Any]:
            body = asked | {"page": number, "pageSize": size}
            answer = get_json(url, body=body, headers=_credentials(), timeout=query.timeout)
            # An empty list may be left out, as protocol buffers do; anything else is no answer.
            if not isinstance(answer, dict) or answer.keys() - {"datasets", "nextPageToken"}:
                raise SourceError("Kaggle answered with something that is no list of datasets.")
            return list(answer.get("datasets") or [])

        # It was asked for files of this type, so these have it.
        formats = (kind,) if "fileType" in asked else ()
        return [_dataset(entry, formats) for entry in pages(page, query.depth, 20)]


def _dataset(entry: dict[str, Any], formats: tuple[str, ...]) -> FoundDataset:
    ref = str(entry.get("ref") or "")
    return FoundDataset(
        source="kaggle",
        id=ref,
        uri=f"kaggle://{ref}",
        loadable=True,
        url=f"https://www.kaggle.com/datasets/{ref}",
        title=plain(entry.get("title") or ref, 300),
        description=plain(entry.get("description") or entry.get("subtitle")),
        **terms(entry.get("licenseName")),
        size=whole(entry.get("totalBytes")),
        formats=formats,
        updated=day(entry.get("lastUpdated")),
        downloads=whole(entry.get("downloadCount")),
        fields=tuple(str(tag.get("name", "")) for tag in entry.get("tags") or ()),
    )


def _credentials() -> dict[str, str]:
    """Read what Kaggle's own client would, in its order; without any, ask anonymously."""
    token = os.environ.get("KAGGLE_API_TOKEN") or _text("~/.kaggle/access_token")
    if token and Path(token).is_file():
        token = _text(token)
    if token:
        return {"Authorization": f"Bearer {token.strip()}"}
    user, key = os.environ.get("KAGGLE_USERNAME"), os.environ.get("KAGGLE_KEY")
    if not (user and key):
        folder = os.environ.get("KAGGLE_CONFIG_DIR") or "~/.kaggle"
        user, key = _pair(_text(f"{folder}/kaggle.json"))
    if not (user and key):
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


def _pair(text: str) -> tuple[str, str]:
    try:
        said = json.loads(text or "{}")
    except ValueError as error:
        raise SourceError("kaggle.json is not JSON; download it anew from Kaggle.") from error
    return str(said.get("username") or ""), str(said.get("key") or "")


def _text(path: str) -> str:
    file = Path(path).expanduser()
    return file.read_text(encoding="utf-8") if file.is_file() else ""
