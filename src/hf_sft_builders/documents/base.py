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

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hf_sft_builders.documents.pages import PageReader
from hf_sft_builders.errors import DocumentError


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
class Picture:
    """A picture in a document, by reference."""

    name: str
    """Its member in the file (`word/media/image1.png`), or its address."""
    alt: str
    """What the file says of it, often nothing."""
    start: int
    """Where it stands in the text."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points (1/72 inch) from the upper left corner as it is shown."""

    page: int
    """Counted from 1."""
    x0: float
    y0: float
    x1: float
    y1: float


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
    images: tuple[Picture, ...] = ()
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

    def boxes(
        self, start: int, end: int, data: bytes, passwords: Sequence[str] = ()
    ) -> tuple[Box, ...]:
        """Give the rectangles that `text[start:end]` takes on its pages, to mark it on a picture.

        They are found in the file when they are asked for; only PDFs have them, other kinds give none.

        Args:
            start: Where the stretch begins.
            end: Where it ends.
            data: The file that the document was read from.
            passwords: Tried on an encrypted file.

        Returns:
            One rectangle for each line, in points from the upper left corner of its page.

        Raises:
            DocumentError: The bytes are not those that the document was read from.

        Example:
            >>> document.boxes(480, 495, Path("manual.pdf").read_bytes())[0].page
            3
        """
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise DocumentError(
                self.uri, "another file", "These are not the bytes it was read from."
            )
        if b"%PDF-" not in data[:1024]:
            return ()
        from hf_sft_builders.documents.pdf_boxes import pdf_boxes

        return pdf_boxes(self, start, end, data, passwords)


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

    A reader is a module with these three members; `documents/__init__.py` lists them. One whose
    files hold several documents also has `read_each(data, uri, options)`, which yields each of them,
    or the `DocumentError` that says why one is none.
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
    text_field: str = ""
    """Where JSON objects hold their text; found by its name if not given."""
    pages: str = "text"
    """`text`: the text layer; `vision`: every page as a picture; `auto`: those that need it."""
    page_reader: PageReader | None = None
    """Who reads pictures of pages."""


def read_each_of(
    reader: Reader, data: bytes, uri: str, options: ReaderOptions
) -> Iterator[Document | DocumentError]:
    """Give what a file holds: for most kinds one document, for archives one for each member.

    Raises:
        DocumentError: The file as a whole cannot be read.
    """
    if not data:
        raise DocumentError(uri, "empty file", "It has 0 bytes: a copy that failed?")
    try:
        each = getattr(reader, "read_each", None)
        if each is None:
            document = reader.read(data, uri, options)
            if not document.text.strip():
                raise DocumentError(uri, "no text", "Nothing but spaces and line breaks is in it.")
            yield document
        else:
            yield from each(data, uri, options)
    except RecursionError as error:
        raise DocumentError(uri, "nested too deeply", "Deeper than any document is.") from error


def only_one(found: Iterable[Document | DocumentError], uri: str) -> Document:
    """Give the one document that a file holds, or raise what is wrong with it."""
    first, *more = [*found] or [DocumentError(uri, "no text", "There is nothing in it.")]
    if more:
        raise DocumentError(
            uri, "several documents", f"It holds {1 + len(more)}. Use sft.documents_in(data, uri)."
        )
    if isinstance(first, DocumentError):
        raise first
    return first


def iterate_lines(text: str) -> Iterator[Span]:
    """Give the span of each line, its line break included; together they are the whole text."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield Span(start, end)
        start = end
