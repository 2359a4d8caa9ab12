"""Splitters: one file for each kind of place to cut at; `SPLITTERS` is the registry.

Packages add theirs by the entry-point group `hf_sft_builders.splitters`.

Example:
    >>> get_splitter("sentence").plan(document, Chunking(splitter="sentence")).joints
    [0, 12, 31]
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from hf_sft_builders.documents.splitters import (
    code,
    headings,
    pages,
    paragraph,
    recursive,
    semantic,
    sentence,
    separator,
    token,
)
from hf_sft_builders.documents.splitters.base import Plan, Splitter
from hf_sft_builders.errors import UnknownName

__all__ = ["SPLITTERS", "Plan", "Splitter", "get_splitter"]

_OURS = (headings, recursive, paragraph, sentence, token, code, pages, separator, semantic)
SPLITTERS: dict[str, Splitter] = {splitter.name: cast(Splitter, splitter) for splitter in _OURS}
"""By name; the first is the default."""


def get_splitter(name: str) -> Splitter:
    """Give the splitter of a name.

    Raises:
        UnknownName: with the nearest name.
    """
    if name not in SPLITTERS and name not in _others():
        raise UnknownName("splitter", name, {*SPLITTERS, *_others()})
    return SPLITTERS.get(name) or _others()[name]


@cache
def _others() -> dict[str, Splitter]:
    return {
        entry.name: cast(Splitter, entry.load())
        for entry in entry_points(group="hf_sft_builders.splitters")
    }
