"""Blocks of a read file, and the Markdown text that they become.

A block is a heading, a paragraph, a list item, a line of its own, a table or code, with the page
of each of its parts: a sentence may begin on one page and end on the next, and the next page then
begins in the middle of the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from hf_sft_builders.documents.base import Heading, Picture, Span

Kind = Literal["heading", "paragraph", "item", "line", "table", "code"]

_LOOKS_LIKE_HEADING = re.compile(r"#{1,6}\s")


@dataclass(slots=True)
class Block:
    """One block of a document."""

    kind: Kind
    parts: list[tuple[int, str]]
    """Pages with the text that they add; all parts together are the block's text."""
    level: int = 0
    """Of a heading."""
    close: bool = False
    """Whether it follows the block before without the distance that paragraphs keep."""
    images: list[tuple[str, str]] = field(default_factory=list)
    """Pictures that stand in it: name, and what is said of them."""
    anchors: list[str] = field(default_factory=list)
    """Names by which a table of contents points here."""

    @property
    def text(self) -> str:
        """The text of all parts."""
        return "".join(text for _, text in self.parts)


@dataclass(slots=True)
class Markdown:
    """The text of a document as it is written, block by block."""

    headings: list[Heading] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    page_starts: list[int] = field(default_factory=list)
    images: list[Picture] = field(default_factory=list)
    _written: list[str] = field(default_factory=list)
    _length: int = 0
    _last: Block | None = None

    @classmethod
    def of(cls, blocks: Iterable[Block], pages: int) -> Markdown:
        """Write all blocks of a document with so many pages."""
        markdown = cls()
        for block in blocks:
            markdown._add(block)
        markdown._write("\n" if markdown._length else "")
        while len(markdown.page_starts) < pages:
            markdown.page_starts.append(markdown._length)
        return markdown

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._written)

    def _add(self, block: Block) -> None:
        if not block.parts:
            self.images += [Picture(name, alt, self._length) for name, alt in block.images]
            return
        if self._last is not None:
            self._write(_between(self._last, block))
        self._last = block
        start = self._length
        self._reach(block.parts[0][0])
        self.images += [Picture(name, alt, start) for name, alt in block.images]
        self._write(_before(block))
        for page, text in block.parts:
            self._reach(page)
            self._write(text)
        self._write("\n```" if block.kind == "code" else "")
        if block.kind == "heading":
            self.headings.append(Heading(block.level, block.text, start))
        elif block.kind in ("table", "code"):
            self.spans.append(Span(start, self._length))

    def _reach(self, page: int) -> None:
        """Begin the page here, and all pages without text before it."""
        while len(self.page_starts) < page:
            self.page_starts.append(self._length)

    def _write(self, text: str) -> None:
        self._written.append(text)
        self._length += len(text)


def _between(before: Block, after: Block) -> str:
    tight = before.kind == after.kind and after.kind in ("item", "line")
    return "\n" if tight and after.close else "\n\n"


def _before(block: Block) -> str:
    if block.kind == "heading":
        return "#" * min(block.level, 6) + " "
    if block.kind == "code":
        return "```\n"
    escaped = block.kind in ("paragraph", "line") and _LOOKS_LIKE_HEADING.match(block.parts[0][1])
    return "\\" if escaped else ""
