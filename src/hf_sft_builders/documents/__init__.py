"""Files read into documents: one reader for each kind of file.

A reader is an object or module with `name`, `suffixes` and `read`, as `base.Reader` says. Packages
add theirs by the entry-point group `hf_sft_builders.readers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from hf_sft_builders.documents import (
    delimited,
    docx,
    epub,
    html,
    json_records,
    markdown,
    pdf,
    plain_text,
    pptx,
    source_code,
    subtitles,
    xlsx,
    zip_archive,
)
from hf_sft_builders.documents.base import (
    Box,
    Chunk,
    Document,
    Heading,
    Picture,
    Reader,
    ReaderOptions,
    Span,
    only_one,
    read_each_of,
)
from hf_sft_builders.documents.chunk_options import Chunking
from hf_sft_builders.documents.chunking import split_document
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.documents.page_mineru import MinerU
from hf_sft_builders.documents.page_vision import VisionReader
from hf_sft_builders.documents.pages import PageImage, PageReader, PageText
from hf_sft_builders.documents.sandbox import ReadingLimits, sandboxed
from hf_sft_builders.errors import ConfigurationError, DocumentError
from hf_sft_builders.llm import ChatModel, Runtime

__all__ = [
    "Box",
    "Chunk",
    "Chunking",
    "Document",
    "Heading",
    "MinerU",
    "PageImage",
    "PageReader",
    "PageText",
    "Picture",
    "Reader",
    "ReaderOptions",
    "ReadingLimits",
    "Span",
    "VisionReader",
    "as_page_reader",
    "documents_in",
    "read_document",
    "read_documents",
    "readable_suffixes",
    "reader_of",
    "split_document",
]

_DEFAULT = ReaderOptions()

READERS: dict[str, Reader] = {
    suffix: cast(Reader, reader)
    for reader in (
        delimited,
        docx,
        epub,
        html,
        json_records,
        markdown,
        pdf,
        plain_text,
        pptx,
        subtitles,
        xlsx,
        zip_archive,
    )
    for suffix in reader.suffixes
}
"""By suffix, in lower case, with the dot."""

_HARMLESS = (markdown, plain_text, source_code)
"""Readers that no file can keep busy or fill the memory of."""


def read_document(data: bytes, uri: str, options: ReaderOptions = _DEFAULT) -> Document:
    """Read one file that holds one document.

    Args:
        data: The file's bytes.
        uri: Where it came from; its suffix picks the reader.
        options: What changes how files are read.

    Raises:
        DocumentError: The file cannot be read; `reason` says why in a few stable words.
        MissingExtra: Its reader needs a package that is not installed.

    Example:
        >>> document = sft.read_document(Path("guide.docx").read_bytes(), "guide.docx")
        >>> document.headings[0].title, document.pages(0, 100)
    """
    return only_one(documents_in(data, uri, options), uri)


def documents_in(
    data: bytes, uri: str, options: ReaderOptions = _DEFAULT, limits: ReadingLimits | None = None
) -> Iterator[Document | DocumentError]:
    """Read all documents of a file: the members of an archive, the lines of a JSONL.

    Args:
        data: The file's bytes.
        uri: Where it came from; its suffix picks the reader. Members are `uri#member`.
        options: What changes how files are read.
        limits: Time and memory that the file may use: it is then read in a process of its own,
            which may be ended. Plain text and Markdown need none. None reads in this process.

    Yields:
        A document, or the error that says why one of several cannot be read.

    Raises:
        DocumentError: The file as a whole cannot be read.
        MissingExtra: Its reader needs a package that is not installed.

    Example:
        >>> found = list(sft.documents_in(Path("docs.zip").read_bytes(), "docs.zip"))
    """
    reader = reader_of(uri)
    if reader is None and data:
        known = ", ".join(readable_suffixes())
        raise DocumentError(uri, "no reader for its suffix", f"Readable are: {known}.")
    # A page reader asks a model, which only this process can.
    asks = options.pages != "text" and reader in (pdf, zip_archive)
    if limits is None or not data or asks or reader in _HARMLESS:
        yield from read_each_of(cast(Reader, reader), data, uri, options)
    else:
        yield from sandboxed(data, uri, options, limits)


def __getattr__(name: str) -> Any:
    """Give the op on demand: it alone needs `datasets`, which readers do without."""
    if name == "read_documents":
        return import_module(f"{__name__}.reading_op").read_documents
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def reader_of(uri: str) -> Reader | None:
    """Give the reader that a file's suffix picks, None if there is none."""
    suffix = suffix_of(uri)
    code = cast(Reader, source_code) if suffix in source_code.suffixes else None
    return _readers().get(suffix) or code


def as_page_reader(model: object, url: str | None, runtime: Runtime) -> PageReader:
    """Give who reads pictures of pages.

    Args:
        model: A `PageReader`, the name of a vision model, a `ChatModel`, or `"mineru"`.
        url: Address of the endpoint, or of the MinerU server.
        runtime: How to talk to an endpoint.

    Raises:
        ConfigurationError: MinerU without its address.
    """
    if isinstance(model, PageReader):
        return model
    if model != "mineru":
        return VisionReader(cast("str | ChatModel", model), url, runtime=runtime)
    if url is None:
        raise ConfigurationError(
            "vision_model='mineru' and no vision_url. Pass the address of mineru-api, such as "
            "vision_url='http://localhost:8000'."
        )
    return MinerU(url)


def readable_suffixes(code: bool = False) -> tuple[str, ...]:
    """Give the suffixes of documents, in lower case, with the dot.

    Args:
        code: Whether source code is wanted too: among documents it is as a rule a build script.
    """
    return tuple(sorted({*_readers(), *(source_code.suffixes if code else ())}))


@cache
def _readers() -> dict[str, Reader]:
    """Add other packages' readers to ours; ours keep their suffixes."""
    found: dict[str, Reader] = {}
    for entry in entry_points(group="hf_sft_builders.readers"):
        reader = cast(Reader, entry.load())
        found.update(dict.fromkeys(map(str.lower, reader.suffixes), reader))
    return found | READERS
