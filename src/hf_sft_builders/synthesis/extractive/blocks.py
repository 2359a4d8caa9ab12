"""The blocks of Markdown-like text: headings, paragraphs, attribute lines, lists, tables, fences.

Every span is in code points of the text and is trimmed. What cannot be an answer or a subject
(captions, front matter, rules, images, comments) becomes a block of kind `other`.

Example: `门票：80元` is one `attribute` block whose parts are the spans of key and value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from hf_sft_builders.synthesis.extractive.attribute_lines import attribute_parts

BlockKind = Literal["heading", "paragraph", "attribute", "list", "table", "fence", "other"]

BOLD_HEADING_LEVEL = 7
"""A line that is nothing but bold words heads what follows, below all `#` headings."""

_HEADING = re.compile(r" {0,3}(#{1,6})(?=\s)[ \t]*(.*?)[ \t]*#*$")
_BOLD_LINE = re.compile(
    r"(?:\*\*|__)(?!(?:Q|A|问|答)\s*\d*[:：.])([^*_]{1,60}[^*_。.；;，,：:])(?:\*\*|__)$"
)
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(
    r"(\s*)(?:([-*+•·▪◦])\s+|(\d{1,3})[.)](?:\s+|(?=[^\d\s.]))|(\d{1,3})、\s*|"
    r"[（(](\d{1,2})[）)]\s*|([①-⑳])\s*|"
    r"[（(]([一二三四五六七八九十]{1,3})[）)]\s*(?=.*[；;。，,]$))(?=\S)"
)
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_RULE = re.compile(r" {0,3}([-*_])(?:\s*\1){2,}\s*$")
_CAPTION = re.compile(r"\s*:?\s*(?:表|图|Table|Figure|Fig\.)\s*\d+(?:[-.]\d+)*[\s　.:：]", re.I)
_ASIDE = re.compile(r"\s*(?:!\[|: |\[\^|</?\w+[^>]*>\s*$|\[[^\]]*\]:\s)")
_QUOTE_MARK = re.compile(r"\s{0,3}>\s?")


class Span(NamedTuple):
    """A stretch of the text, half open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """One block."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    """Of a heading: 1 for the outermost. Of an ordered list: the first number. Else 0."""
    parts: tuple[Span, ...] = ()
    """The words of a heading; key and value of an attribute; the items of a list."""
    rows: tuple[tuple[Span, ...], ...] = ()
    """The cells of a table, its header row first."""


class _Line(NamedTuple):
    start: int
    end: int
    words: str
    """The line without its break, and without the marks of a block quote."""


def blocks(text: str) -> list[Block]:
    """Read the text into its blocks, in order."""
    lines = list(_lines(text))
    found: list[Block] = []
    at = _front_matter(lines)
    while at < len(lines):
        if not lines[at].words.strip():
            at += 1
            continue
        count, made = _block(lines, at)
        found.extend(made)
        at += count
    return found


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        mark = _QUOTE_MARK.match(text, start, end)
        words_start = mark.end() if mark else start
        yield _Line(words_start, end, text[words_start:end])
        start = end + 1


def _front_matter(lines: list[_Line]) -> int:
    """Give the number of lines that YAML front matter takes at the beginning."""
    if not lines or lines[0].words.rstrip() != "---":
        return 0
    closing = (n for n, line in enumerate(lines[1:40], 1) if line.words.rstrip() == "---")
    return next(closing, -1) + 1


def _block(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    """Read the block that begins at this line; give how many lines it takes."""
    line = lines[at]
    if _FENCE.match(line.words):
        return _fence(lines, at)
    if line.words.lstrip().startswith("<!--"):
        return _comment(lines, at)
    if heading := _HEADING.match(line.words):
        return 1, [_heading(line, heading, len(heading[1]), 2)]
    if at + 1 < len(lines) and "|" in line.words and _is_table_rule(lines[at + 1].words):
        return _table(lines, at)
    if line.words.lstrip().startswith("|") or _RULE.match(line.words):
        return 1, [_whole("other", [line])]
    if _ITEM.match(line.words):
        return _list(lines, at)
    return _paragraph(lines, at)


def _heading(line: _Line, found: re.Match[str], level: int, group: int) -> Block:
    title = Span(line.start + found.start(group), line.start + found.end(group))
    return Block("heading", line.start, line.end, level, (title,))


def _whole(kind: BlockKind, lines: list[_Line]) -> Block:
    lead = len(lines[0].words) - len(lines[0].words.lstrip())
    tail = len(lines[-1].words) - len(lines[-1].words.rstrip())
    return Block(kind, lines[0].start + lead, lines[-1].end - tail)


def _fence(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    opening = _FENCE.match(lines[at].words)
    mark = opening[1] if opening else "```"
    end = at + 1
    while end < len(lines) and not lines[end].words.strip().startswith(mark):
        end += 1
    taken = lines[at : end + 1]
    return len(taken), [Block("fence", taken[0].start, taken[-1].end)]


def _comment(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    end = at
    while end < len(lines) - 1 and "-->" not in lines[end].words:
        end += 1
    return end - at + 1, [_whole("other", lines[at : end + 1])]


def _is_table_rule(words: str) -> bool:
    return "|" in words and bool(_TABLE_RULE.match(words))


def _table(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    end = at + 2
    while end < len(lines) and "|" in lines[end].words and not _HEADING.match(lines[end].words):
        end += 1
    rows = (tuple(_cells(line)) for n, line in enumerate(lines[at:end]) if n != 1)
    table = _whole("table", lines[at:end])
    return end - at, [Block("table", table.start, table.end, rows=tuple(rows))]


def _cells(line: _Line) -> Iterator[Span]:
    r"""Give the span of each cell's words; `\|` is a bar inside a cell."""
    words = line.words.strip()
    offset = line.start + line.words.find(words)
    inner = re.sub(r"\\\|", "  ", words)
    begin = 1 if inner.startswith("|") else 0
    stop = len(inner) - 1 if len(inner) > 1 and inner.endswith("|") else len(inner)
    for cell in inner[begin:stop].split("|"):
        lead = len(cell) - len(cell.lstrip())
        yield Span(offset + begin + lead, offset + begin + max(lead, len(cell.rstrip())))
        begin += len(cell) + 1


def _list(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    end = _list_end(lines, at)
    first = _ITEM.match(lines[at].words)
    indent = len(first[1]) if first else 0
    number = next((int(found) for found in first.groups()[2:5] if found), 0) if first else 0
    whole = _whole("list", lines[at:end])
    items = tuple(_items(lines[at:end], indent))
    start = whole.start
    return end - at, [Block("list", start, whole.end, number, items)]


def _list_end(lines: list[_Line], at: int) -> int:
    """Give the line after the list: blank lines stay inside it if an item or an indent follows."""
    end = last = at + 1
    numbered = _is_numbered(lines[at].words)
    while end < len(lines):
        words = lines[end].words
        after_blank = not lines[end - 1].words.strip()
        item = _ITEM.match(words)
        if _FENCE.match(words) or _HEADING.match(words) or _RULE.match(words):
            break
        same = item and (words[:1].isspace() or _is_numbered(words) == numbered)
        if words.strip() and after_blank and not (same or words.startswith("  ")):
            break
        end += 1
        last = end if words.strip() else last
    return last


def _is_numbered(words: str) -> bool:
    found = _ITEM.match(words)
    return bool(found and not found[2])


def _items(lines: list[_Line], indent: int) -> Iterator[Span]:
    begins = [n for n, line in enumerate(lines) if _begins_item(line.words, indent)]
    for n, following in zip(begins, [*begins[1:], len(lines)], strict=False):
        mark = _ITEM.match(lines[n].words)
        span = _whole("other", [line for line in lines[n:following] if line.words.strip()])
        yield Span(lines[n].start + (mark.end() if mark else 0), span.end)


def _begins_item(words: str, indent: int) -> bool:
    found = _ITEM.match(words)
    return bool(found and len(found[1]) <= indent + 1)


def _paragraph(lines: list[_Line], at: int) -> tuple[int, list[Block]]:
    end = at + 1
    while end < len(lines) and not _interrupts(lines, end):
        if _UNDERLINE.match(lines[end].words) and end == at + 1:
            level = 1 if "=" in lines[end].words else 2
            title = _whole("heading", [lines[at]])
            span = Span(title.start, title.end)
            return 2, [Block("heading", lines[at].start, lines[at].end, level, (span,))]
        end += 1
    return end - at, _paragraph_blocks(lines[at:end])


def _interrupts(lines: list[_Line], at: int) -> bool:
    words = lines[at].words
    table = at + 1 < len(lines) and "|" in words and _is_table_rule(lines[at + 1].words)
    item = _ITEM.match(words) and not words[:1].isdigit()
    first = re.match(r"1[.)、]\s*\S", words)
    heading = _HEADING.match(words) or _FENCE.match(words) or words.lstrip().startswith("<!--")
    return not words.strip() or bool(table or item or first or heading)


def _paragraph_blocks(lines: list[_Line]) -> list[Block]:
    """Tell bold headings, captions, attribute lines and plain paragraphs apart."""
    first = lines[0].words
    bold = _BOLD_LINE.fullmatch(first.strip())
    if bold and _BOLD_LINE.match(first):
        head = _heading(lines[0], bold, BOLD_HEADING_LEVEL, 1)
        return [head, *(_paragraph_blocks(lines[1:]) if lines[1:] else [])]
    if (_CAPTION.match(first) and len(first) < 80) or _ASIDE.match(first):
        return [_whole("other", lines)]
    parts = [attribute_parts(line.words) for line in lines]
    begin = next((n for n in range(len(lines)) if all(parts[n:])), len(lines))
    plain = [_whole("paragraph", lines[:begin])] if begin else []
    made = zip(lines[begin:], parts[begin:], strict=True)
    return plain + [_attribute(line, part) for line, part in made if part]


def _attribute(line: _Line, part: tuple[tuple[int, int], tuple[int, int]]) -> Block:
    key, value = (Span(line.start + start, line.start + end) for start, end in part)
    return Block("attribute", key.start, value.end, parts=(key, value))
