"""Hypothesis strategies: documents that have broken splitters."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from hf_sft_builders.documents.base import Document, Heading, Span, iterate_lines
from hf_sft_builders.documents.chunking import Chunking

_HEADING_LINE = re.compile(r"(#{1,6}) +(.*?)\s*$")

VISIBLE_CHARACTERS = (
    "👨\u200d👩\u200d👧\u200d👦",
    "🇨🇳",
    "👍🏽",
    "e\u0301",
    "\u0e01\u0e47",
    "\u1100\u1161\u11a8",
    "\u0915\u094d\u0937",
)
SENTENCES = (
    "The room costs 182.21 yuan, e.g. on Sundays.",
    "Dr. Li wrote version 1.2.3; see https://example.com/a?b=c.d for more!",
    "Is breakfast included?",
    "今天天气很好，温度为36.5度。",
    "他说：“可以退款！”",
    "早餐另付；含税价1,280.50元",
    "".join(VISIBLE_CHARACTERS),
    "word" * 12,
    "无标点的长句子" * 6,
    "3.14159265358979",
)


def markdown_document(text: str, page_starts: tuple[int, ...] = ()) -> Document:
    """Make a document of Markdown text, with a search for headings and blocks of its own."""
    headings: list[Heading] = []
    blocks: list[Span] = []
    kind, start = "", 0
    for line in iterate_lines(text):
        words = text[line.start : line.end]
        if kind == "fence":
            if words.startswith("```"):
                blocks.append(Span(start, line.end))
                kind = ""
            continue
        if kind == "table" and not words.startswith("|"):
            blocks.append(Span(start, line.start))
            kind = ""
        if words.startswith("```"):
            kind, start = "fence", line.start
        elif words.startswith("|") and not kind:
            kind, start = "table", line.start
        elif match := _HEADING_LINE.match(words):
            headings.append(Heading(len(match[1]), match[2], line.start))
    if kind:
        blocks.append(Span(start, len(text)))
    return Document(
        uri="memory://document.md",
        sha256="0" * 64,
        title="",
        text=text,
        headings=tuple(headings),
        page_starts=page_starts,
        blocks=tuple(blocks),
    )


def headings() -> st.SearchStrategy[str]:
    """Give heading lines of any level, some with numbers in them."""
    titles = st.sampled_from(["A", "1.2 Prices", "第三章 退款", "Opening hours and 12.5 more"])
    return st.builds(lambda level, title: "#" * level + " " + title, st.integers(1, 6), titles)


def paragraphs() -> st.SearchStrategy[str]:
    """Give paragraphs, some of which have no sentence end."""
    joined = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8)
    return st.builds(lambda mark, parts: mark.join(parts), st.sampled_from([" ", "", "\n"]), joined)


def tables() -> st.SearchStrategy[str]:
    """Give pipe tables, from one row to more than fit in a chunk."""
    return st.integers(1, 12).map(
        lambda rows: "\n".join(f"| row {row} | {row * 7}.25 元 |" for row in range(rows))
    )


def fences() -> st.SearchStrategy[str]:
    """Give code fences with comments that look like headings, and with blank lines."""
    lines = st.sampled_from(["# not a heading", "x = 1.5", "", "## nor this", "return 'done.'"])
    return st.lists(lines, max_size=8).map(lambda code: "\n".join(["```python", *code, "```"]))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Give documents with sections of any shape, some of them without a word."""
    part = st.one_of(headings(), headings(), paragraphs(), paragraphs(), tables(), fences())
    blanks = st.sampled_from(["\n\n", "\n\n", "\n\n", "\n", "\n \n\n\n", "\n" * 40])
    text = draw(st.sampled_from(["", "", "\n\n", "  "]))
    for words in draw(st.lists(part, max_size=12)):
        text += words + draw(blanks)
    text = text.rstrip() if draw(st.booleans()) else text
    pages = draw(st.lists(st.integers(1, max(1, len(text))), max_size=3, unique=True).map(sorted))
    return markdown_document(text, (0, *pages) if draw(st.booleans()) else ())


@st.composite
def chunkings(draw: st.DrawFn, max_overlap: int = 60) -> Chunking:
    """Give sizes from absurdly small to larger than most documents."""
    max_size = draw(st.one_of(st.integers(1, 60), st.integers(60, 600)))
    min_size = draw(st.integers(0, max_size))
    overlap = draw(st.integers(0, min(max_overlap, max_size - 1)))
    return Chunking(min_size=min_size, max_size=max_size, overlap=overlap)
