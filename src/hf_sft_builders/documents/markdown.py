"""Markdown as it is: the text is not touched, only its parts are found.

Headings may be `# ATX` or underlined; `#` inside a fence is a comment of some language, not a
heading. YAML front matter is cut off, because it is about the document and not of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import accumulate

import yaml  # type: ignore[import-untyped,unused-ignore]

from hf_sft_builders.documents.base import Document, Heading, ReaderOptions, Span
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import file_stem, refuse_other_kinds
from hf_sft_builders.documents.language import detect_language

name = "markdown"
suffixes = (".md", ".markdown", ".mdown", ".mkd")

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n?(?:---|\.\.\.)[ \t]*(?:\n+|\Z)", re.DOTALL)
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
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
    lines = text.removesuffix("\n").split("\n") if text else []
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    headings: list[Heading] = []
    blocks: list[Span] = []
    paragraph = -1  # where the paragraph begins that this line goes on with
    index = 0
    while index < len(lines):
        line = lines[index]
        if paragraph >= 0 and (underline := _UNDERLINE.match(line)):
            words = " ".join(above.strip() for above in lines[paragraph:index])
            headings.append(Heading(1 if underline[1][0] == "=" else 2, words, starts[paragraph]))
            paragraph = -1
        elif end := _fence_end(lines, index) or _table_end(lines, index):
            blocks.append(Span(starts[index], starts[end] - 1))
            paragraph, index = -1, end - 1
        elif match := _ATX.match(line):
            if title := (match[2] or "").strip():
                headings.append(Heading(len(match[1]), title, starts[index]))
            paragraph = -1
        elif _NO_PARAGRAPH.match(line) or _RULE.match(line):
            paragraph = -1
        elif paragraph < 0:
            paragraph = index
        index += 1
    return tuple(headings), tuple(blocks)


def _fence_end(lines: Sequence[str], index: int) -> int | None:
    """Give the index after the fence that begins here; an open fence lasts to the end."""
    opening = _FENCE.match(lines[index])
    if not opening or (opening[1][0] == "`" and "`" in lines[index][opening.end() :]):
        return None
    closing = re.compile(rf" {{0,3}}{re.escape(opening[1][0])}{{{len(opening[1])},}}[ \t]*$")
    for after in range(index + 1, len(lines)):
        if closing.match(lines[after]):
            return after + 1
    return len(lines)


def _table_end(lines: Sequence[str], index: int) -> int | None:
    """Give the index after the pipe table that begins here."""
    if "|" not in lines[index] or index + 1 >= len(lines):
        return None
    second = lines[index + 1]
    if not _DELIMITERS.match(second) or ("|" not in second and "-" not in second):
        return None
    after = index + 2
    while after < len(lines) and "|" in lines[after]:
        after += 1
    return after
