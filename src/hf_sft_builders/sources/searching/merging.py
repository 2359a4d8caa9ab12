"""The same dataset found in several places becomes one result, and the best come first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from hf_sft_builders.sources.catalogues.base import FoundDataset, Query, host_of
from hf_sft_builders.sources.catalogues.matching import share_found

_MIRRORS = {"huggingface", "modelscope"}


def join_doubles(found: Iterable[FoundDataset]) -> list[FoundDataset]:
    """Join results with the same DOI, the same URL, or the same id on a mirror.

    The first that can be loaded tells of the dataset; the others stand in its `also`. Where they
    differ on what the license allows, the strictest counts.
    """
    groups: list[list[FoundDataset]] = []
    by_key: dict[str, list[FoundDataset]] = {}
    for one in found:
        keys = list(_keys(one))
        known = [by_key[key] for key in keys if key in by_key]
        group = known[0] if known else []
        if not known:
            groups.append(group)
        # What was apart until now, this one may join.
        for other in known[1:]:
            if other is not group:
                group += other
                groups = [each for each in groups if each is not other]
                by_key.update((key, group) for key, held in list(by_key.items()) if held is other)
        group.append(one)
        by_key.update((key, group) for key in keys)
    return [_joined(group) for group in groups]


def _keys(found: FoundDataset) -> Iterable[str]:
    yield f"{found.source} {found.id}"
    yield f"uri {found.uri}"
    if found.doi:
        # The versions of a figshare article share all but the end of their DOI.
        yield "doi " + re.sub(r"\.v\d+$", "", found.doi.lower())
    if found.source in _MIRRORS:
        yield f"mirrored {found.id.casefold()}"
    address = _address(found.url)
    if address:
        yield f"url {address}"


def _address(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/").casefold()
    return f"{host_of(url)}{path}?{parts.query}" if host_of(url) and path else ""


def _joined(group: list[FoundDataset]) -> FoundDataset:
    first = min(group, key=lambda each: not each.loadable)  # the first of them, where several are
    others = [each for each in group if each is not first]
    if not others:
        return first
    return replace(
        first,
        commercial=_strictest(each.commercial for each in group),
        share_adaptations=_strictest(each.share_adaptations for each in group),
        papers=tuple(dict.fromkeys(name for each in [first, *others] for name in each.papers)),
        formats=first.formats or next((each.formats for each in others if each.formats), ()),
        size=first.size or next((each.size for each in others if each.size), None),
        also=tuple(dict.fromkeys(each.uri for each in others if each.uri != first.uri)),
    )


def _strictest(told: Iterable[bool | None]) -> bool | None:
    known = [each for each in told if each is not None]
    return all(known) if known else None


def rank(found: Iterable[FoundDataset], query: Query, places: dict[str, int]) -> list[FoundDataset]:
    """Sort, best first.

    What counts is added up:

    * words of the query in the title: up to 3; in the description and subjects: up to 1
    * its place in its own catalogue: 1 for the first, 1/2 for the second, …
    * it can be loaded as it is: 0.5; its license is known: 0.25

    Equal ones keep their order: that of the catalogues, and in each its own.

    Args:
        found: What is left after filters.
        query: What was asked.
        places: By URI: the place in its catalogue, from 0.
    """

    def score(one: FoundDataset) -> float:
        about = " ".join([one.description, one.id, *one.fields])
        return (
            3 * share_found(query.text, one.title)
            + share_found(query.text, f"{one.title} {about}")
            + 1 / (1 + places.get(one.uri, 99))
            + 0.5 * one.loadable
            + 0.25 * (one.license != "unknown")
        )

    return sorted(found, key=score, reverse=True)
