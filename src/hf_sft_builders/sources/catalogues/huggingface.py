"""Datasets of the Hugging Face Hub, asked through its own client."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from hf_sft_builders.errors import SourceError
from hf_sft_builders.licenses import find_license
from hf_sft_builders.sources.catalogues.base import (
    FoundDataset,
    Query,
    day,
    endpoint,
    papers_of,
    plain,
    whole,
)
from hf_sft_builders.sources.catalogues.license_terms import terms
from hf_sft_builders.sources.catalogues.matching import share_found

_EXPAND = ["author", "cardData", "description", "downloads", "gated", "lastModified", "tags"]


class HuggingFace:
    """The Hub. Its search looks for one string in names, so words are asked one by one too."""

    name = "huggingface"

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Ask the Hub; see `Catalogue.search`."""
        from huggingface_hub.errors import HfHubHTTPError

        found: dict[str, FoundDataset] = {}
        api = _client()
        try:
            for words in _searches(query.text):
                for info in islice(_listed(api, words, query), query.depth - len(found)):
                    one = _dataset(info)
                    if words == query.text or _fits(query.text, one):
                        found.setdefault(one.id, one)
                if len(found) >= query.limit:
                    break
        except HfHubHTTPError as error:
            raise SourceError(f"The Hub refused: {_first_line(error)}.") from error
        except Exception as error:
            # Its HTTP client is requests, httpx or httpx2, by its version; all say it in words.
            raise SourceError(f"The Hub cannot be asked: {_first_line(error)}.") from error
        return list(found.values())


def _fits(text: str, one: FoundDataset) -> bool:
    """Say whether what one word found holds at least half of all words."""
    return share_found(text, " ".join([one.id, one.title, one.description, *one.fields])) >= 0.5


def _searches(text: str) -> Iterator[str]:
    """Give the whole query, then joined as names are, then its longest words."""
    words = text.split()
    yield text
    if len(words) > 1:
        yield "-".join(words)
        yield from sorted(dict.fromkeys(words), key=len, reverse=True)[:3]


def _client() -> Any:
    from huggingface_hub import HfApi

    own = os.environ.get("HF_SFT_HUGGINGFACE_ENDPOINT")
    # A token is the Hub's; an address of one's own gets none.
    return HfApi(
        endpoint=endpoint("huggingface", os.environ.get("HF_ENDPOINT", "https://huggingface.co")),
        token=False if own else None,
    )


def _listed(api: Any, words: str, query: Query) -> Iterable[Any]:
    exact = find_license(query.licenses[0]) if len(query.licenses) == 1 else None
    tag = f"license:{exact.id}" if exact else None
    listed: Iterable[Any] = api.list_datasets(
        search=words, filter=tag, expand=_EXPAND, limit=query.depth
    )
    return listed


def _dataset(info: Any) -> FoundDataset:
    tags = [str(tag) for tag in info.tags or ()]
    card = getattr(info, "card_data", None)
    title = getattr(card, "pretty_name", None) or info.id
    declared = _tagged(tags, "license") or getattr(card, "license", None)
    return FoundDataset(
        source="huggingface",
        id=info.id,
        uri=f"hf://datasets/{info.id}",
        loadable=True,
        url=f"https://huggingface.co/datasets/{info.id}",
        title=plain(title, 300),
        description=plain(getattr(info, "description", "")),
        **terms(declared),
        formats=tuple(_tagged(tags, "format")),
        updated=day(info.last_modified),
        downloads=whole(info.downloads),
        papers=papers_of(f"arXiv:{number}" for number in _tagged(tags, "arxiv")),
        fields=tuple(tag.partition(":")[2] or tag for tag in tags if _is_subject(tag)),
        doi=next(iter(_tagged(tags, "doi")), ""),
    )


def _tagged(tags: list[str], kind: str) -> list[str]:
    return [tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:")]


def _is_subject(tag: str) -> bool:
    return ":" not in tag or tag.startswith("task_categories:")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")
