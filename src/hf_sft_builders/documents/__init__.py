"""Files read into documents: one reader for each kind of file.

A reader is an object or module with `name`, `suffixes` and `read`, as `base.Reader` says. Packages
add theirs by the entry-point group `hf_sft_builders.readers`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from hf_sft_builders.documents import markdown, pdf, plain_text, source_code
from hf_sft_builders.documents.base import (
    Chunk,
    Document,
    Heading,
    Reader,
    ReaderOptions,
    Span,
)
from hf_sft_builders.documents.chunk_options import Chunking
from hf_sft_builders.documents.chunking import split_document
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.documents.page_mineru import MinerU
from hf_sft_builders.documents.page_vision import VisionReader
from hf_sft_builders.documents.pages import PageImage, PageReader, PageText
from hf_sft_builders.errors import ConfigurationError, DocumentError
from hf_sft_builders.llm import ChatModel, Runtime

__all__ = [
    "Chunk",
    "Chunking",
    "Document",
    "Heading",
    "MinerU",
    "PageImage",
    "PageReader",
    "PageText",
    "Reader",
    "ReaderOptions",
    "Span",
    "VisionReader",
    "as_page_reader",
    "read_document",
    "readable_suffixes",
    "split_document",
]

_DEFAULT = ReaderOptions()

READERS: dict[str, Reader] = {
    suffix: cast(Reader, reader)
    for reader in (markdown, pdf, plain_text)
    for suffix in reader.suffixes
}
"""By suffix, in lower case, with the dot."""


def read_document(data: bytes, uri: str, options: ReaderOptions = _DEFAULT) -> Document:
    """Read one file.

    Args:
        data: The file's bytes.
        uri: Where it came from; its suffix picks the reader.
        options: What changes how files are read.

    Raises:
        DocumentError: The file cannot be read; `reason` says why in a few stable words.
    """
    if not data:
        raise DocumentError(uri, "empty file", "It has 0 bytes: a copy that failed?")
    suffix = suffix_of(uri)
    reader = _readers().get(suffix)
    if suffix in source_code.suffixes:
        reader = reader or cast(Reader, source_code)
    if reader is None:
        known = ", ".join(readable_suffixes())
        raise DocumentError(uri, "no reader for its suffix", f"Readable are: {known}.")
    return reader.read(data, uri, options)


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
