"""Puts the pages that were read as pictures into their document, in their places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.heading_levels import with_levels
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.documents.page_choice import pages_to_read
from hf_sft_builders.documents.page_images import mostly_pictures, page_images
from hf_sft_builders.documents.pdf_lines import PdfContent
from hf_sft_builders.errors import DocumentError, ModelError

_FENCE = re.compile(r"\s*```(?:markdown|md)?[ \t]*\n(.*?)\n?```\s*", re.DOTALL)
_BLANK = re.compile(r"\s*\[\s*(?:blank page|空白页)\s*\]\s*", re.IGNORECASE)


def take_pages(data: bytes, content: PdfContent, options: ReaderOptions) -> dict[int, str]:
    """Name the pages that are read as pictures, and take their text layer out of the content."""
    if options.pages == "text":
        return {}
    if options.pages == "vision":
        taken = {page.number: "all pages" for page in content.pages if page.lines or page.drawn}
    else:
        taken = pages_to_read(content, lambda few: mostly_pictures(data, options.passwords, few))
    for page in content.pages:
        if page.number in taken:
            page.lines = []
    return taken


def with_pages(
    document: Document, data: bytes, taken: Mapping[int, str], options: ReaderOptions
) -> Document:
    """Give the document with the pages that the page reader reads.

    Raises:
        ModelError: a page could not be read; those that were are kept for the next try.
        DocumentError: nothing is written on any page.
    """
    reader = options.page_reader
    assert reader is not None
    language = detect_language(document.text) or detect_language(document.uri)
    usage: Counter[str] = Counter()
    read: dict[int, str] = {}
    images = page_images(data, options.passwords, taken)
    for number, page in zip(taken, reader.read(images, language), strict=False):
        read[number] = clean_reply(page.text)
        usage.update(page.usage)
    if len(read) < len(taken):
        raise ModelError(f"{reader.name} read {len(read)} of {len(taken)} pages.")
    levelled, cost, notes = with_levels(read, reader, language)
    usage.update(cost)
    text, starts = _joined(document, levelled)
    if not text.strip():
        raise DocumentError(document.uri, "no text", f"{reader.name} found no words on its pages.")
    headings, blocks = markdown_parts(text)
    told = f"pages read by {reader.name}: {', '.join(map(str, taken))}"
    return replace(
        document,
        text=text,
        headings=headings,
        blocks=blocks,
        page_starts=starts,
        language=detect_language(text),
        notes=(*document.notes, told, *notes),
        read_by=(reader.name, tuple(taken)),
        usage=dict(usage),
    )


def clean_reply(reply: str) -> str:
    """Give a page's Markdown without the fence around it; nothing for a blank page."""
    text = reply.replace("\r\n", "\n").replace("\r", "\n")
    fenced = _FENCE.fullmatch(text)
    text = fenced[1] if fenced else text
    return "" if _BLANK.fullmatch(text) else text.strip("\n")


def _joined(document: Document, read: Mapping[int, str]) -> tuple[str, tuple[int, ...]]:
    """Put pages together; one that was read is parted from its neighbours by a blank line."""
    bounds = [*document.page_starts, len(document.text)]
    text, starts = "", list[int]()
    parted = False
    for number in range(1, len(bounds)):
        page = read.get(number)
        words = document.text[bounds[number - 1] : bounds[number]] if page is None else page + "\n"
        if words.strip() and (parted or page is not None) and text:
            text = text.rstrip("\n") + "\n\n"
        starts.append(len(text))
        text += words if words.strip() or page is None else ""
        parted = page is not None if words.strip() else parted
    for index in reversed(range(len(starts) - 1)):  # a blank page begins where the next one does
        starts[index] = min(starts[index], starts[index + 1])
    return text, tuple(starts)
