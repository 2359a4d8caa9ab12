"""Which lines of a PDF are headings, and of which level.

Evidence, best first: the outline; type larger than the body's; numbers such as 第一章, 一、 or 1.2
before a line that stands alone; bold lines that stand alone. Levels follow the outline where it
names a line, else the order of sizes, and among equal sizes the kinds of numbers.

The traps: numbered lists look like numbered headings, so next to its like a line is none; and
large type may be a whole paragraph, so more than a few lines of it are no heading.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from hf_sft_builders.documents.pdf_lines import Line, OutlineEntry
from hf_sft_builders.documents.pdf_outline import matched

_KINDS = [
    re.compile(r"第\s?[一二三四五六七八九十百零\d]+\s?[编篇部]|part\s+[\divx]+\b", re.IGNORECASE),
    re.compile(r"第\s?[一二三四五六七八九十百零\d]+\s?章|chapter\s+[\divx]+\b", re.IGNORECASE),
    re.compile(r"第\s?[一二三四五六七八九十百零\d]+\s?节"),
    re.compile(r"[一二三四五六七八九十]{1,3}、"),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]"),
    re.compile(r"\d{1,2}[.、．]?(?=\s|[\u4e00-\u9fff])"),
    re.compile(r"\d{1,2}\.\d{1,2}\.?(?=\s|[\u4e00-\u9fff])"),
    re.compile(r"\d{1,2}(?:\.\d{1,2}){2}\.?(?=\s|[\u4e00-\u9fff])"),
    re.compile(r"\d{1,2}(?:\.\d{1,2}){3,}\.?(?=\s|[\u4e00-\u9fff])"),
]
_FIRST = frozenset("第pPcC一二三四五六七八九十（(0123456789")
_SURE_KINDS = (0, 1, 2)
_PLAIN_NUMBER = 5
_NO_NUMBER = -1
_NOT_AT_END = tuple("。；，、,;：:")
_WORDS = re.compile(r"[^\W\d_]")
_LEADERS = re.compile(r"\.{4,}|…{2,}|·{4,}|(?:\. ){4,}")

_Style = tuple[float, int]
"""Font size and kind of number: what headings of one level share."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a line stands among its neighbours."""

    width: float
    """Of its column."""
    above: float
    """In usual line distances; 1 within a paragraph, large at the top of a page."""
    below: float


def heading_levels(
    lines: Sequence[Line],
    setting: Callable[[int], Setting],
    outline: Sequence[OutlineEntry],
    body: float,
) -> dict[int, int]:
    """Give the level of each line that is a heading, by its index."""
    named = matched(outline, lines)
    large = _large(lines, body)
    styles = {index: _style(lines[index], body) for index in {*named, *large}}
    styles |= {
        index: _style(line, body)
        for index, line in enumerate(lines)
        if index not in styles
        and _looks_like_heading(line, body)
        and _stands_out(lines, index, setting(index))
    }
    if len(named) >= 2:
        styles = {i: style for i, style in styles.items() if i in named or _fits(i, styles, named)}
    return _levels(_evened(styles), named)


def number_kind(text: str) -> int:
    """Tell which kind of number a line begins with; -1 for none."""
    if text[0] not in _FIRST:
        return _NO_NUMBER
    found = [kind for kind, pattern in enumerate(_KINDS) if pattern.match(text)]
    return found[-1] if found else _NO_NUMBER


def _style(line: Line, body: float) -> _Style:
    return max(round(line.size * 2) / 2, body), number_kind(line.text)


def _large(lines: Sequence[Line], body: float) -> set[int]:
    """Find lines in larger type, at most three of them together."""
    least = max(1.1 * body, body + 0.8)
    found: set[int] = set()
    index = 0
    for size, group in groupby(lines, key=lambda line: round(line.size * 2)):
        count = len(list(group))
        members = range(index, index + count)
        index += count
        if size >= 2 * least:
            found |= _without_text(members, lines)
    return {
        index
        for index in found
        if _may_be_heading(lines[index].text)
        and (lines[index].size > 1.5 * body or not lines[index].text.endswith("."))
    }


def _without_text(members: range, lines: Sequence[Line]) -> set[int]:
    """Drop what reads as a paragraph: many lines that follow each other closely."""
    together: list[list[int]] = []
    for index in members:
        before = lines[index - 1]
        close = 0 < lines[index].top - before.top < 1.7 * before.size
        if together and close and before.page == lines[index].page:
            together[-1].append(index)
        else:
            together.append([index])
    return {index for run in together if len(run) <= 3 for index in run}


def _may_be_heading(text: str) -> bool:
    return (
        len(text) <= 120
        and bool(_WORDS.search(text))
        and not text.rstrip().endswith(_NOT_AT_END)
        and not _LEADERS.search(text)
    )


def _looks_like_heading(line: Line, body: float) -> bool:
    """Whether a line in the body's size is numbered or bold, and worded as a heading is."""
    if len(line.text) > 60 or line.mono or line.size < 0.95 * body:
        return False
    if not line.bold and number_kind(line.text) in (_NO_NUMBER, _PLAIN_NUMBER):
        return False
    return _may_be_heading(line.text) and not line.text.endswith((".", "!", "！"))


def _stands_out(lines: Sequence[Line], index: int, setting: Setting) -> bool:
    """Whether such a line stands alone, not in a list and not in a paragraph."""
    line, kind = lines[index], number_kind(lines[index].text)
    if line.right - line.left > 0.8 * setting.width:
        return False
    alone = setting.above > 1.15 or (line.bold and setting.below > 1.15)
    if not alone and kind not in _SURE_KINDS:
        return False
    if index + 1 >= len(lines):
        return kind in _SURE_KINDS
    following = lines[index + 1]
    if kind == _NO_NUMBER:
        return not (following.bold and setting.below < 1.15)
    return number_kind(following.text) != kind


def _fits(index: int, styles: dict[int, _Style], named: Iterable[int]) -> bool:
    """Beside an outline, other lines count if they are as large, or if their style repeats."""
    smallest = min(styles[i][0] for i in named)
    size = styles[index][0]
    return size >= smallest or sum(1 for style in styles.values() if style[0] == size) > 1


def _evened(styles: dict[int, _Style]) -> dict[int, _Style]:
    """Headings without number rank with the first kind of number in their size."""
    first: defaultdict[float, int] = defaultdict(lambda: len(_KINDS))
    for size, kind in styles.values():
        if kind != _NO_NUMBER:
            first[size] = min(first[size], kind)
    return {
        index: (size, first[size] if kind == _NO_NUMBER else kind)
        for index, (size, kind) in styles.items()
    }


def _levels(styles: dict[int, _Style], named: dict[int, int]) -> dict[int, int]:
    ranked = sorted(set(styles.values()), key=lambda style: (-style[0], style[1]))
    by_outline: defaultdict[_Style, Counter[int]] = defaultdict(Counter)
    for index, level in named.items():
        by_outline[styles[index]][level] += 1
    # A title above the outermost heading of the outline pushes all others one level down.
    down = 1 if by_outline and ranked[0] not in by_outline else 0
    level_of: dict[_Style, int] = {}
    level, below_outline = 0, not by_outline
    for style in ranked:
        if style in by_outline:
            level, below_outline = by_outline[style].most_common(1)[0][0] + down, True
        else:
            level = level + 1 if below_outline else 1
        level_of[style] = min(level, 6)
    return {
        index: min(named[index] + down, 6) if index in named else level_of[style]
        for index, style in styles.items()
    }
