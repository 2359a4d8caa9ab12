r"""What a reader gives and what a chunk is.

A `Document` is one file read into *Markdown-like text*: headings are `#` lines, paragraphs are
separated by blank lines, tables are pipe tables, code stays in fences. All offsets everywhere are
code points of `Document.text`, half open: `text[start:end]`.

Example:
    >>> document = read_document(b"# Opening hours\n\nDaily 9:00 to 17:00.", uri="guide.md")
    >>> document.headings[0].title
    'Opening hours'
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hf_sft_builders.documents.pages import PageReader


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading of a document."""

    level: int
    """1 for the outermost."""
    title: str
    """The words without `#` marks."""
    start: int
    """Where the heading's line begins in the text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file, read."""

    uri: str
    sha256: str
    """Of the file's bytes."""
    title: str
    text: str
    headings: tuple[Heading, ...] = ()
    page_starts: tuple[int, ...] = ()
    """Offset at which each page begins, page 1 first; empty where the file has no pages."""
    blocks: tuple[Span, ...] = ()
    """Tables and code fences: what a chunk keeps whole where it fits."""
    language: str = ""
    """ISO 639-1 of the main language (`zh`, `en`), empty where it cannot be told."""
    notes: tuple[str, ...] = field(default=())
    """What the reader had to decide ("decoded as gb18030"), for the ledger."""
    read_by: tuple[str, tuple[int, ...]] = ("", ())
    """Who read pages as pictures, and which; their words are that model's."""
    usage: Mapping[str, int] = field(default_factory=dict, compare=False)
    """What a model that read pages cost: `calls`, `cached`, `tokens_in`, `tokens_out`."""

    def pages(self, start: int, end: int) -> tuple[int, ...]:
        """Give the pages, counted from 1, that `text[start:end]` lies on."""
        if not self.page_starts:
            return ()
        first = bisect_right(self.page_starts, start)
        last = bisect_right(self.page_starts, max(start, end - 1))
        return tuple(range(first, last + 1))

    def heading_path(self, offset: int) -> tuple[str, ...]:
        """Give the titles of the headings that `offset` lies under, outermost first."""
        path: list[Heading] = []
        for heading in self.headings:
            if heading.start > offset:
                break
            path = [above for above in path if above.level < heading.level] + [heading]
        return tuple(heading.title for heading in path)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of a document; the chunks of a document cover it without loss."""

    start: int
    end: int
    text: str
    """Exactly `document.text[start:end]`."""
    headings: tuple[str, ...] = ()
    """Titles of the headings that the chunk's first words lie under, outermost first."""
    pages: tuple[int, ...] = ()
    overlap: int = 0
    """How many characters at its beginning the chunk before has too."""


class Reader(Protocol):
    """Reads one kind of file.

    A reader is a module with these three members; `documents/__init__.py` lists them.
    """

    name: str
    suffixes: tuple[str, ...]

    def read(self, data: bytes, uri: str, options: ReaderOptions) -> Document:
        """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
        ...


@dataclass(frozen=True)
class ReaderOptions:
    """What changes how files are read."""

    pdf_engine: str = "pdfium"
    """`pdfium` (fast, reads Chinese well) or `pypdf` (pure Python)."""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    """Tried on encrypted files. A secret: in no config, cache path, log or fingerprint."""
    pages: str = "text"
    """`text`: the text layer; `vision`: every page as a picture; `auto`: those that need it."""
    page_reader: PageReader | None = None
    """Who reads pictures of pages."""


def iterate_lines(text: str) -> Iterator[Span]:
    """Give the span of each line, its line break included; together they are the whole text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield Span(start, end)
        start = end
