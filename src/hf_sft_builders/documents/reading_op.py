"""`sft.read_documents()`: files in a column, as paths or bytes, become rows of text.

    >>> rows = ds.map(sft.read_documents(column="path"), batched=True)

It asks no model. A file of several documents (an archive, JSONL) becomes as many rows; what cannot be
read is dropped with its reason, and the other rows go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hf_sft_builders.documents import Document, ReaderOptions, ReadingLimits, documents_in
from hf_sft_builders.errors import DocumentError
from hf_sft_builders.ledger import Failure, Outcome, Row
from hf_sft_builders.ops import Op, runtime

if TYPE_CHECKING:
    import datasets

_LOCKED = ("encrypted", "wrong password")
"""Failures, because the next call may bring the password, which no cache key knows of."""


@dataclass(frozen=True)
class ReadDocuments(Op):
    """See `read_documents`."""

    column: str = "path"
    kind: str = ""
    pdf_engine: str = ReaderOptions.pdf_engine
    text_field: str = ""
    sandbox: bool = True
    max_seconds: float = ReadingLimits.seconds
    max_memory_mb: int = ReadingLimits.memory_mb
    passwords: tuple[str, ...] = runtime(())

    name = "read_documents"

    @classmethod
    def example(cls) -> ReadDocuments:
        """Read the rows' own text as Markdown."""
        return cls(column="text", kind=".md")

    def requires(self) -> tuple[str, ...]:
        """Need the column of files."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """Text, where it came from, and where its headings and pages begin."""
        import datasets
        import pyarrow as pa

        names = ("text", "title", "uri", "sha256", "language", "outline")
        schema = pa.schema({name: pa.string() for name in names})
        # By way of Arrow, because versions of `datasets` differ in what a list is called.
        schema = schema.append(pa.field("page_starts", pa.list_(pa.int64())))
        return datasets.Features.from_arrow_schema(schema)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Read each row's file."""
        return map(self._outcome, rows)

    def _outcome(self, row: Row) -> Outcome:
        options = ReaderOptions(self.pdf_engine, self.passwords, self.text_field)
        limits = ReadingLimits(self.max_seconds, self.max_memory_mb) if self.sandbox else None
        made: list[Row] = []
        drops: list[str] = []
        uri = ""
        try:
            data, uri = self._file(row[self.column])
            for found in documents_in(data, uri, options, limits):
                if isinstance(found, Document):
                    made.append({**row, **_columns(found)})
                else:
                    drops.append(found.reason)
        except DocumentError as error:
            if error.reason in _LOCKED:
                return Outcome(failure=Failure(error.uri, error.reason, error.detail))
            return Outcome(drops=(error.reason,))
        except OSError as error:
            address = uri or _address(row[self.column])
            return Outcome(failure=Failure(address, "could not be fetched", str(error)))
        return Outcome(tuple(made), tuple(drops) if made or drops else ("no text",))

    def _file(self, value: Any) -> tuple[bytes, str]:
        """Give the bytes of a cell, and its address: a path, bytes, or both as `datasets` has them."""
        if isinstance(value, dict) and {"bytes", "path"} & set(value):
            name = str(value.get("path") or f"{self.column}{self.kind}")
            value = value.get("bytes") or name
        else:
            name = (
                value if isinstance(value, str) and not self.kind else f"{self.column}{self.kind}"
            )
        if value is None:
            raise DocumentError(name, "no file", "The cell is empty.")
        if isinstance(value, str):
            return (value.encode("utf-8", "replace") if self.kind else _fetched(value)), name
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value), name if "." in name else name + kind_of(bytes(value))
        raise DocumentError(
            name, "no file", f"The cell holds {type(value).__name__}; expected a path or bytes."
        )


def _columns(document: Document) -> Row:
    return {
        "text": document.text,
        "title": document.title,
        "uri": document.uri,
        "sha256": document.sha256,
        "language": document.language,
        # Text, and never empty: `map` takes the type of a column from the rows that it sees first.
        "outline": json.dumps(
            [asdict(heading) for heading in document.headings], ensure_ascii=False
        ),
        "page_starts": list(document.page_starts) or [0],
    }


def _address(value: Any) -> str:
    """Give the path or URL of a cell whose file could not be fetched."""
    return str(value.get("path") if isinstance(value, dict) else value)


def _fetched(uri: str) -> bytes:
    import fsspec

    with fsspec.open(uri, "rb") as stream:
        data: bytes = stream.read()
    return data


def kind_of(data: bytes) -> str:
    """Give the suffix of a file without a name, by its first bytes; text is taken for Markdown."""
    if b"%PDF-" in data[:1024]:
        return ".pdf"
    if data.startswith(b"PK"):
        parts = {".docx": b"word/", ".pptx": b"ppt/", ".xlsx": b"xl/", ".epub": b"application/epub"}
        return next((suffix for suffix, sign in parts.items() if sign in data), ".zip")
    start = data[:512].lstrip().lower()
    return ".html" if start.startswith((b"<!doctype html", b"<html")) else ".md"


def read_documents(
    column: str = "path",
    *,
    kind: str = "",
    pdf_engine: str = ReaderOptions.pdf_engine,
    text_field: str = "",
    password: str | tuple[str, ...] = (),
    sandbox: bool = True,
    max_seconds: float = ReadingLimits.seconds,
    max_memory_mb: int = ReadingLimits.memory_mb,
) -> ReadDocuments:
    """Make an op that reads the files of a column: PDF, Office, EPUB, HTML, Markdown and more.

    Args:
        column: Holds paths or URLs, bytes, or both (`{"path": …, "bytes": …}`).
        kind: A suffix (`".html"`) where the column holds contents without names. Without it a text
            is a path, and bytes are told by their beginning.
        pdf_engine: `pdfium` or `pypdf`.
        text_field: Where objects of JSON and JSONL hold their text.
        password: Of protected PDFs; in no hash.
        sandbox: Read in a process of its own, so that a hostile file cannot take the run down.
        max_seconds: For one file.
        max_memory_mb: For one file.

    Returns:
        An op that adds `text`, `title`, `uri`, `sha256`, `language`, `outline` (JSON text:
        level, title and start of each heading) and `page_starts` (offset of each page in `text`;
        `[0]` where the file has no pages).

    Example:
        >>> pages = ds.map(sft.read_documents("html", kind=".html"), batched=True)
    """
    passwords = (password,) if isinstance(password, str) else tuple(password)
    return ReadDocuments(
        column, kind, pdf_engine, text_field, sandbox, max_seconds, max_memory_mb, passwords
    )
