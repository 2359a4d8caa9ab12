"""Plain text as it is, with headings only where they are certain.

第一章 and 第二节, or "1.2 Title", on a line of its own between blank lines. What only looks like a
heading (a short line, capitals) is left a paragraph: a wrong heading would be repeated in every
chunk below it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from hf_sft_builders.documents.base import Document, Heading, ReaderOptions, iterate_lines
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import file_stem, refuse_other_kinds
from hf_sft_builders.documents.language import detect_language

name = "plain_text"
suffixes = (".txt", ".text")

_NUMERAL = r"[一二三四五六七八九十百千零〇两\d]+"
_CHAPTER = re.compile(
    rf"\s*第\s*{_NUMERAL}\s*([编部篇卷章回节])(?:[\s:：、.]+\S.{{0,40}}|\S{{0,30}})?$"
)
_NUMBERED = re.compile(r"\s*(\d{1,2}(?:\.\d{1,2}){1,4})\.?\s+([^\W\d_].{0,80})$")
_LEVELS = {"编": 1, "部": 1, "篇": 1, "卷": 1, "章": 2, "回": 2, "节": 3}
_ENDS_SENTENCE = tuple("。！？；，,;.!?")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    headings = _raised(list(_headings(text)))
    return Document(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        title=file_stem(uri),
        text=text,
        headings=tuple(headings),
        language=detect_language(text),
        notes=() if encoding == "utf-8" else (f"decoded as {encoding}",),
    )


def _headings(text: str) -> Iterator[Heading]:
    lines = [(span, text[span.start : span.end].strip()) for span in iterate_lines(text)]
    for index, (span, line) in enumerate(lines):
        level = _level(line)
        before = lines[index - 1][1] if index else ""
        after = lines[index + 1][1] if index + 1 < len(lines) else ""
        if level and not after and not before:
            yield Heading(level, line, span.start)


def _level(line: str) -> int:
    if line.endswith(_ENDS_SENTENCE):
        return 0
    if match := _CHAPTER.match(line):
        return _LEVELS[match[1]]
    if match := _NUMBERED.match(line):
        return 2 + match[1].count(".")
    return 0


def _raised(headings: list[Heading]) -> list[Heading]:
    """Number the levels from 1: a text without 篇 begins with 章."""
    used = sorted({heading.level for heading in headings})
    return [Heading(used.index(h.level) + 1, h.title, h.start) for h in headings]
