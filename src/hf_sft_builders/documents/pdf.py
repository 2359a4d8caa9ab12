"""PDF to Markdown text, with the page of every character.

The reading in order: lines with their places (by the engine), furniture out, columns in order,
tables, headings, paragraphs. Each step is a module of its own that knows nothing of PDF files.

The traps: a PDF without text is no error to any library, so it is looked for; broken files raise
whatever they please, so everything an engine raises becomes `DocumentError("damaged")`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from hf_sft_builders.documents.base import Document, Heading, ReaderOptions
from hf_sft_builders.documents.file_kinds import file_stem, refuse_other_kinds
from hf_sft_builders.documents.glyphs import unknown_characters, without_controls
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.documents.markdown_blocks import Markdown
from hf_sft_builders.documents.page_reading import take_pages, with_pages
from hf_sft_builders.documents.pdf_layout import blocks_of
from hf_sft_builders.documents.pdf_lines import PdfContent
from hf_sft_builders.errors import DocumentError, UnknownName

name = "pdf"
suffixes = (".pdf",)

_Engine = Callable[[bytes, str | None], PdfContent]
_FILE_SUFFIXES = (".doc", ".docx", ".pdf", ".tex", ".dvi", ".indd", ".ppt", ".pptx", ".wps")
_NO_TITLES = (
    "untitled",
    "(anonymous)",
    "(unspecified)",
    "microsoft word",
    "powerpoint",
    "无标题",
    "未命名",
    "幻灯片",
)
_END_MARKS = (b"%%EOF", b"startxref")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "PDF")
    content = _content(data, uri, options)
    notes = _notes(content)
    taken = take_pages(data, content, options)
    if not taken:
        _check_text(content, uri)
    markdown = Markdown.of(blocks_of(content), len(content.pages))
    document = Document(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        title=_title(content, markdown.headings, uri),
        text=markdown.text,
        headings=tuple(markdown.headings),
        page_starts=tuple(markdown.page_starts),
        blocks=tuple(markdown.spans),
        language=detect_language(markdown.text),
        notes=(*content.notes, *_unknown(markdown.text), *([] if taken else notes)),
    )
    if not taken:
        return document
    document = with_pages(document, data, taken, options)
    return replace(document, title=_title(content, document.headings, uri))


def _engine(uri: str, options: ReaderOptions) -> _Engine:
    if options.pdf_engine == "pdfium":
        from hf_sft_builders.documents.pdfium_pages import read_pages

        return read_pages
    if options.pdf_engine == "pypdf":
        from hf_sft_builders.documents.pypdf_pages import read_pages as read_pages_by_pypdf

        return read_pages_by_pypdf
    raise UnknownName("PDF engine", options.pdf_engine, ("pdfium", "pypdf"))


def _content(data: bytes, uri: str, options: ReaderOptions) -> PdfContent:
    """Open with the first password that fits: none, the empty one, then those given."""
    engine = _engine(uri, options)
    if not any(mark in data[-4096:] for mark in _END_MARKS):
        raise DocumentError(
            uri,
            "damaged",
            "The file ends in the middle: a download that broke off? Fetch it again.",
        )
    for password in (None, *options.passwords):
        try:
            return engine(data, password)
        except PermissionError:
            continue
        except NotImplementedError as error:
            raise DocumentError(uri, "encrypted", str(error)) from error
        except Exception as error:
            found = f"{type(error).__name__}: {error}" if password is None else type(error).__name__
            raise DocumentError(
                uri, "damaged", f"{options.pdf_engine} cannot read it ({found}). Fetch it again."
            ) from error
    if options.passwords:
        tried = len(options.passwords)
        raise DocumentError(uri, "wrong password", f"It opens with none of the {tried} given.")
    raise DocumentError(uri, "encrypted", "It needs a password: pass password=.")


def _check_text(content: PdfContent, uri: str) -> None:
    """Refuse a PDF that has no words to read."""
    lines = [line for page in content.pages for line in page.lines]
    if not lines and any(page.drawn for page in content.pages):
        raise DocumentError(
            uri,
            "no text layer",
            f"Its {len(content.pages)} pages are pictures, as scans are. Pass pages='auto' and a "
            "vision_model= that reads them, or run OCR on the file first.",
        )
    if not lines:
        raise DocumentError(
            uri, "no text", f"Nothing is written on its {len(content.pages)} pages."
        )
    text = "".join(line.text for line in lines)
    if 2 * unknown_characters(text) > len(text):
        raise DocumentError(
            uri,
            "no text layer",
            "Its fonts do not say which characters their shapes stand for. Pass pages='auto' and a "
            "vision_model= that reads its pages, or run OCR on the file first.",
        )


def _notes(content: PdfContent) -> list[str]:
    scanned = [str(page.number) for page in content.pages if page.drawn]
    return [f"no text layer on page {', '.join(scanned)}"] if scanned else []


def _unknown(text: str) -> list[str]:
    unknown = unknown_characters(text)
    return [f"{unknown} characters have no meaning outside their font"] if unknown else []


def _title(content: PdfContent, found: Sequence[Heading], uri: str) -> str:
    """The metadata's title if it is one, else the first outermost heading, else the file's name."""
    title = without_controls(" ".join(content.title.split()))[0]
    if _is_sensible(title):
        return title
    outermost = min((heading.level for heading in found), default=0)
    headings = (heading.title for heading in found if heading.level == outermost)
    return next(headings, file_stem(uri))


def _is_sensible(title: str) -> bool:
    """Programs fill the title with file names and with their own words for nothing."""
    lower = title.lower()
    return (
        1 < len(title) <= 200
        and not lower.endswith(_FILE_SUFFIXES)
        and not lower.startswith(_NO_TITLES)
    )
