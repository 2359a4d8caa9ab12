"""The outline of a PDF matched to lines of its text.

An outline says which headings there are, on which page and how deep, but not where in the text.
The trap: its titles are written slightly otherwise than the page (no number, other spaces, broken
over two lines), and running headers repeat them; match after the furniture has been taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from hf_sft_builders.documents.pdf_lines import Line, OutlineEntry

_NOT_WORD = re.compile(r"[\W_]+")
_NUMERAL = "[一二三四五六七八九十百]"
_NUMBER = re.compile(rf"^(?:第(?:{_NUMERAL}|\d)+[章节篇部回]|[\d.]+|{_NUMERAL}+、)\s*")


def matched(outline: Iterable[OutlineEntry], lines: Sequence[Line]) -> dict[int, int]:
    """Give the index of each line that is a heading by the outline, and its level."""
    by_page: defaultdict[int, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_page[line.page].append(index)
    found: dict[int, int] = {}
    for entry in outline:
        for page in (entry.page, entry.page + 1, entry.page - 1):
            free = [index for index in by_page[page] if index not in found]
            if hit := _best(entry, free, lines):
                found.update(dict.fromkeys(hit, entry.level))
                break
    return found


def _best(entry: OutlineEntry, free: Sequence[int], lines: Sequence[Line]) -> list[int]:
    """Find the lines of one entry; of several places the one in the largest type."""
    for title in dict.fromkeys([_letters(entry.title), _letters(_NUMBER.sub("", entry.title))]):
        hits = list(_places(title, free, lines)) if title else []
        if hits:
            return max(hits, key=lambda hit: lines[hit[0]].size)
    return []


def _places(title: str, free: Sequence[int], lines: Sequence[Line]) -> Iterator[list[int]]:
    for position, index in enumerate(free):
        text = lines[index].text
        bare = _letters(text)
        if title in (bare, _letters(_NUMBER.sub("", text))):
            yield [index]
        elif bare and (title.startswith(bare) or bare.endswith(title[: len(bare)])):
            yield from _over_lines(title, free[position : position + 3], lines)


def _over_lines(title: str, indexes: Sequence[int], lines: Sequence[Line]) -> Iterator[list[int]]:
    joined = lines[indexes[0]].text
    for count, index in enumerate(indexes[1:], start=2):
        if index != indexes[0] + count - 1 or abs(lines[index].size - lines[indexes[0]].size) > 0.5:
            return
        joined += " " + lines[index].text
        if title in (_letters(joined), _letters(_NUMBER.sub("", joined))):
            yield list(indexes[:count])
            return


def _letters(text: str) -> str:
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text)).casefold()
