"""What the page of a list shows: filters that are set, counts to choose from, rows, pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from hf_sft_builders.reviewing.query import SORTS, Query
from hf_sft_builders.reviewing.rendering import file_name
from hf_sft_builders.reviewing.session import Session
from hf_sft_builders.reviewing.views import RowSummary

PAGE = 50
_SHOWN_VALUES = 12
_RANGES = ("score", "model_score", "length")
_IN_SEARCH = ("text", "sort", "descending")
_IN_RANGES = tuple(f"{side}_{name}" for name in _RANGES for side in ("min", "max"))

Words = Mapping[str, str]


def list_page(session: Session, query: Query, number: int, words: Words) -> dict[str, Any]:
    """Give what the list's template needs.

    Args:
        session: The dataset.
        query: Which rows, in which order.
        number: Of the page, from 1.
        words: In the visitor's language.
    """
    offset = (max(number, 1) - 1) * PAGE
    found = session.page(query, offset, PAGE)
    pages = max(1, -(-found.total // PAGE))
    params = query.params()
    return {
        "rows": [
            {**_summary(row), "link": urlencode({**params, "id": row.id})} for row in found.rows
        ],
        "found": found.total,
        "offset": offset,
        "page": max(number, 1),
        "pages": pages,
        "previous": urlencode({**params, "page": number - 1}) if number > 1 else "",
        "next": urlencode({**params, "page": number + 1}) if number < pages else "",
        "counting": found.counting,
        "facets": [_facet(name, values, query, words) for name, values in found.facets.items()],
        "chosen": _chosen(params, words),
        "hidden": [(n, v) for n, v in params.items() if n not in _IN_SEARCH],
        "kept": [(n, v) for n, v in params.items() if n not in (*_IN_RANGES, "group")],
        "ranges": _ranges(params, words),
        "sorts": SORTS,
    }


def _summary(row: RowSummary) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def _facet(name: str, values: list[tuple[str, int]], query: Query, words: Words) -> dict[str, Any]:
    params = query.params()
    shown = []
    for value, count in values[:_SHOWN_VALUES]:
        chosen = params.get(name) == value
        others = {n: v for n, v in params.items() if n != name}
        link = urlencode(others if chosen else {**others, name: value})
        word = _value_word(name, value, words)
        told = {"word": word, "title": value, "count": count, "link": link, "chosen": chosen}
        shown.append(told)
    more = max(0, len(values) - _SHOWN_VALUES)
    return {"word": words[f"by_{name}"], "values": shown, "more": more}


def _value_word(name: str, value: str, words: Words) -> str:
    if name == "status":
        return words[f"status_{value}"]
    if name == "group" and value == "any":
        return words["any"]
    return (file_name(value) if name == "source" else value) or words["none_value"]


def _chosen(params: Mapping[str, str], words: Words) -> list[dict[str, str]]:
    return [
        {
            "word": words[f"by_{name}"],
            "value": _value_word(name, value, words),
            "without": urlencode({n: v for n, v in params.items() if n != name}),
        }
        for name, value in params.items()
        if name not in ("sort", "descending")
    ]


def _ranges(params: Mapping[str, str], words: Words) -> list[dict[str, str]]:
    return [
        {
            "word": words[f"range_{name}"],
            "low": f"min_{name}",
            "high": f"max_{name}",
            "low_value": params.get(f"min_{name}", ""),
            "high_value": params.get(f"max_{name}", ""),
        }
        for name in _RANGES
    ]
