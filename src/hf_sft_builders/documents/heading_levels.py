"""Heading levels that agree over pages which were read one by one.

A page alone does not show whether its largest heading is a chapter's or a section's. Who read the
pages is asked about all headings together where it can answer; else their numbering decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.documents.pages import HeadingJudge, PageHeading, PageReader
from hf_sft_builders.errors import EndpointError, ModelError

_KINDS = (
    re.compile(r"第\s*[一二三四五六七八九十百零〇\d]+\s*[篇部编]|part\s+[\divx]+\b", re.IGNORECASE),
    re.compile(r"第\s*[一二三四五六七八九十百零〇\d]+\s*章|chapter\s+[\divx]+\b", re.IGNORECASE),
    re.compile(r"第\s*[一二三四五六七八九十百零〇\d]+\s*节|section\s+\d+\b", re.IGNORECASE),
    re.compile(r"[一二三四五六七八九十]+\s*[、.．]"),
    re.compile(r"[(（]\s*[一二三四五六七八九十]+\s*[)）]"),
)
_DECIMAL = re.compile(r"(\d+(?:\.\d+)*)[.、．\s]")


def with_levels(
    pages: Mapping[int, str], reader: PageReader, language: str
) -> tuple[dict[int, str], Mapping[str, int], list[str]]:
    """Give the pages with headings of consistent levels, what that cost, and notes.

    Raises:
        EndpointError: the reader's server refuses for good.
    """
    headings = [
        PageHeading(number, heading.level, heading.title)
        for number, text in pages.items()
        for heading in markdown_parts(text)[0]
    ]
    notes: list[str] = []
    usage: Mapping[str, int] = {}
    levels = levels_by_numbering(headings)
    if len(headings) > 1 and isinstance(reader, HeadingJudge):
        try:
            levels, usage = reader.levels(headings, language)
        except EndpointError:
            raise
        except ModelError as error:
            notes.append(f"heading levels by their numbering: {error}")
    by_page: dict[int, list[int]] = {}
    for heading, level in zip(headings, levels, strict=True):
        by_page.setdefault(heading.page, []).append(level)
    return {n: _relevelled(text, by_page.get(n, [])) for n, text in pages.items()}, usage, notes


def levels_by_numbering(headings: Sequence[PageHeading]) -> list[int]:
    """Give levels by how headings are numbered: kinds in the order in which they begin."""
    kinds: list[int] = []
    for heading in headings:
        kind, _ = _numbering(heading.title)
        if kind is not None and kind not in kinds:
            kinds.append(kind)
    titled = bool(headings) and _numbering(headings[0].title)[0] is None
    levels = []
    for heading in headings:
        kind, depth = _numbering(heading.title)
        level = heading.level if kind is None else kinds.index(kind) + depth + titled
        levels.append(min(6, level))
    return levels


def _numbering(title: str) -> tuple[int | None, int]:
    """Give the kind of numbering, and how deep a decimal one goes."""
    for kind, pattern in enumerate(_KINDS):
        if pattern.match(title):
            return kind, 1
    found = _DECIMAL.match(title + " ")
    return (len(_KINDS), found[1].count(".") + 1) if found else (None, 0)


def _relevelled(text: str, levels: Sequence[int]) -> str:
    headings, _ = markdown_parts(text)
    for heading, level in reversed(list(zip(headings, levels, strict=True))):
        line_end = text.find("\n", heading.start)
        line_end = len(text) if line_end < 0 else line_end
        if text[heading.start : line_end].lstrip().startswith("#"):
            text = f"{text[: heading.start]}{'#' * level} {heading.title}{text[line_end:]}"
    return text
