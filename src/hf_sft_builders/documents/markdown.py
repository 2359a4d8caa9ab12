"""Markdown as it is: the text is not touched, only its parts are found.

Headings may be `# ATX` or underlined; `#` inside a fence is a comment of some language, not a
heading. YAML front matter is cut off, because it is about the document and not of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import yaml  # type: ignore[import-untyped,unused-ignore]

from hf_sft_builders.documents.base import (
    Document,
    Heading,
    ReaderOptions,
    Span,
    iterate_lines,
)
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import file_stem, refuse_other_kinds
from hf_sft_builders.documents.language import detect_language

name = "markdown"
suffixes = (".md", ".markdown", ".mdown", ".mkd")

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n?(?:---|\.\.\.)[ \t]*(?:\n+|\Z)", re.DOTALL)
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DELIMITERS = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_NO_PARAGRAPH = re.compile(r" {0,3}(?:[>#|]|[-*+] |\d{1,9}[.)] |[`~]{3})|\s*$| {4}|\t")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    text, title, notes = _without_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
    headings, blocks = markdown_parts(text)
    top = next((heading.title for heading in headings if heading.level == 1), "")
    return Document(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        title=title or top or (headings[0].title if headings else file_stem(uri)),
        text=text,
        headings=headings,
        blocks=blocks,
        language=detect_language(text),
        notes=(*notes, *([] if encoding == "utf-8" else [f"decoded as {encoding}"])),
    )


def _without_front_matter(text: str) -> tuple[str, str, list[str]]:
    """Cut the front matter off; also give its title, and a note where it is not valid YAML."""
    match = _FRONT_MATTER.match(text)
    if not match:
        return text, "", []
    try:
        values = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError):
        return text[match.end() :], "", ["the front matter is not valid YAML"]
    if not isinstance(values, dict) and values is not None:
        return text, "", []
    title = (values or {}).get("title")
    return text[match.end() :], str(title).strip() if title else "", []


def markdown_parts(text: str) -> tuple[tuple[Heading, ...], tuple[Span, ...]]:
    """Find the headings, and the tables and fences."""
    lines = list(iterate_lines(text))
    headings: list[Heading] = []
    blocks: list[Span] = []
    index = 0
    while index < len(lines):
        end = _fence_end(text, lines, index) or _table_end(text, lines, index)
        if end:
            blocks.append(Span(lines[index].start, _without_break(text, lines[end - 1])))
            index = end
            continue
        heading, index = _heading(text, lines, index)
        headings.extend(heading)
    return tuple(headings), tuple(blocks)


def _line(text: str, span: Span) -> str:
    return text[span.start : span.end].rstrip("\n")


def _without_break(text: str, span: Span) -> int:
    return span.start + len(_line(text, span))


def _fence_end(text: str, lines: Sequence[Span], index: int) -> int | None:
    """Give the index after the fence that begins here; an open fence lasts to the end."""
    opening = _FENCE.match(_line(text, lines[index]))
    if not opening or (opening[1][0] == "`" and "`" in _line(text, lines[index])[opening.end() :]):
        return None
    closing = re.compile(rf" {{0,3}}{re.escape(opening[1][0])}{{{len(opening[1])},}}[ \t]*$")
    for after in range(index + 1, len(lines)):
        if closing.match(_line(text, lines[after])):
            return after + 1
    return len(lines)


def _table_end(text: str, lines: Sequence[Span], index: int) -> int | None:
    """Give the index after the pipe table that begins here."""
    header = _line(text, lines[index])
    if "|" not in header or index + 1 >= len(lines):
        return None
    second = _line(text, lines[index + 1])
    if not _DELIMITERS.match(second) or ("|" not in second and "-" not in second):
        return None
    after = index + 2
    while after < len(lines) and "|" in _line(text, lines[after]):
        after += 1
    return after


def _heading(text: str, lines: Sequence[Span], index: int) -> tuple[list[Heading], int]:
    """Read one line, or one paragraph that is underlined; give the index after it."""
    line = _line(text, lines[index])
    if match := _ATX.match(line):
        title = (match[2] or "").strip()
        found = [Heading(len(match[1]), title, lines[index].start)] if title else []
        return found, index + 1
    if _NO_PARAGRAPH.match(line):
        return [], index + 1
    return _underlined(text, lines, index)


def _underlined(text: str, lines: Sequence[Span], index: int) -> tuple[list[Heading], int]:
    words = [_line(text, lines[index]).strip()]
    for after, span in enumerate(lines[index + 1 :], start=index + 1):
        line = _line(text, span)
        if underline := _UNDERLINE.match(line):
            level = 1 if underline[1][0] == "=" else 2
            return [Heading(level, " ".join(words), lines[index].start)], after + 1
        if _NO_PARAGRAPH.match(line) or _table_end(text, lines, after):
            return [], after
        words.append(line.strip())
    return [], len(lines)
