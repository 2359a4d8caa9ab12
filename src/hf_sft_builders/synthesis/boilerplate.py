"""Boilerplate, found by rules: lines that say nothing about what a text is about.

A rule takes whole lines, and never one of a table or a fence. Soft hyphens and invisible marks are
taken out wherever they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hf_sft_builders.documents.base import iterate_lines
from hf_sft_builders.documents.markdown import markdown_parts

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|第\s*\d{1,4}\s*页(?:\s*[/／,，]?\s*共\s*\d{1,4}\s*页)?"
    r"|page\s+\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?)\s*",
    re.IGNORECASE,
)
_LEADERS = re.compile(
    r".*?\S.*?(?:(?:\.\s?){5,}|…{2,}|·{4,}|(?:_\s?){5,})\s*(?:\d{1,4}|[ivxlc]{1,6})\s*"
)
_WEB = re.compile(
    r"we use cookies|accept (?:all )?cookies|cookie (?:policy|settings|preferences)"
    r"|subscribe to our newsletter|sign up for our newsletter|share (?:this|on) (?:facebook|twitter|x)\b"
    r"|all rights reserved|skip to (?:main )?content|advertisement\b|sponsored content"
    r"|本(?:网)?站使用\s*cookie|扫码关注|扫描.{0,6}二维码|关注.{0,8}公众号|点击(?:阅读原文|查看更多|下方)"
    r"|分享到[:：]|版权所有|未经(?:许可|授权)[^。]{0,12}(?:转载|复制)|^\s*[\[【（(]?广告[\]】）)]?\s*$"
    r"|京?ICP备\s*\d+",
    re.IGNORECASE,
)
_LONGEST_WEB_LINE = 160
_TIMES = 3

RULES = ("page number", "table of contents", "web page's furniture", "repeated line", "given line")


def clean_by_rules(
    text: str, pages: Sequence[int] = (), lines: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """Take boilerplate out.

    Args:
        text: A chunk.
        pages: Pages that it lies on: a line of nothing but that number is a page number.
        lines: Lines to take out wherever they stand; see `repeated_lines`.

    Returns:
        What is left, and what was taken: names out of `RULES`, and "invisible characters".
    """
    plain = _INVISIBLE.sub("", text)
    taken = ["invisible characters"] if plain != text else []
    _, blocks = markdown_parts(plain)
    spans = list(iterate_lines(plain))
    counts = Counter(_key(plain[span.start : span.end]) for span in spans)
    given, seen = {_key(line) for line in lines}, set[str]()
    kept: list[str] = []
    closing = False  # a line was taken that stood between blank lines: one of them is enough
    for span in spans:
        line = plain[span.start : span.end]
        inside = any(block.start <= span.start < block.end for block in blocks)
        if not inside and not line.strip():
            kept += [] if closing else [line]
            continue
        rule = "" if inside else _rule(line, pages, given, counts, seen)
        seen.add(_key(line))
        if rule:
            taken.append(rule)
            closing = not kept or not kept[-1].strip()
        else:
            kept.append(line)
            closing = False
    while closing and kept and not kept[-1].strip():
        kept.pop()
    return "".join(kept), sorted(set(taken))


def _rule(
    line: str, pages: Sequence[int], given: set[str], counts: Counter[str], seen: set[str]
) -> str:
    words, key = line.strip(), _key(line)
    if key in given:
        return "given line"
    if _PAGE_NUMBER.fullmatch(line) or (words.isdecimal() and int(words) in pages):
        return "page number"
    if _LEADERS.fullmatch(line.rstrip("\n")):
        return "table of contents"
    if len(words) <= _LONGEST_WEB_LINE and _WEB.search(words):
        return "web page's furniture"
    if counts[key] >= _TIMES and key in seen and not words.startswith(("#", "-", "*", "|", ">")):
        return "repeated line"
    return ""


def _key(line: str) -> str:
    return " ".join(line.split())


def repeated_lines(
    rows: Iterable[dict[str, Any]], column: str = "text", share: float = 0.3
) -> list[str]:
    """Find the lines that come again in many chunks of a document: headers, footers, slogans.

    Args:
        rows: Chunks, in any order.
        column: Column with the text.
        share: Of a document's chunks, and three at least, that a line has to stand in.

    Returns:
        The lines, for `clean_chunks(lines=…)`; look at them before.

    Example:
        >>> lines = sft.repeated_lines(chunks)
        >>> chunks = chunks.map(sft.clean_chunks(lines=lines), batched=True)
    """
    chunks: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {}
    for row in rows:
        document, text = str(row.get("uri") or row.get("title") or ""), str(row[column] or "")
        chunks[document] += 1
        _, blocks = markdown_parts(text)
        lines = {
            _key(text[span.start : span.end])
            for span in iterate_lines(text)
            if not any(block.start <= span.start < block.end for block in blocks)
        }
        found.setdefault(document, Counter()).update(line for line in lines if line)
    return sorted(
        {
            line
            for document, counts in found.items()
            for line, number in counts.items()
            if number >= max(_TIMES, share * chunks[document]) and not line.startswith("#")
        }
    )
