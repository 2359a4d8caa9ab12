"""From blocks to a `Document`, for readers whose files have structure of their own.

This is the one place where their characters are put right: ligatures, radicals, CJK compatibility
forms, full-width Latin and odd spaces become plain (`glyphs.plain`), controls go. It happens before
the text is written, so every offset counts characters of the text as it is given. Markdown and plain
text are the user's own and stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.file_kinds import file_stem
from hf_sft_builders.documents.glyphs import plain, without_controls
from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.documents.markdown_blocks import Block, Markdown
from hf_sft_builders.errors import DocumentError

_SPACES = re.compile(r"\s+")


def document_of(
    blocks: Iterable[Block],
    data: bytes,
    uri: str,
    *,
    title: str = "",
    pages: int = 0,
    notes: Sequence[str] = (),
) -> Document:
    """Write the blocks of a file.

    Args:
        blocks: In reading order; those without text are left out.
        data: The file.
        uri: Its place.
        title: What the file says its title is, if it says so.
        pages: How many pages, slides, sheets or sections it has; 0 if it has none.
        notes: For the ledger.

    Raises:
        DocumentError: "no text".
    """
    markdown = Markdown.of(with_text(blocks), pages)
    if not markdown.text:
        raise DocumentError(uri, "no text", "Nothing is written in it.")
    top = min((heading.level for heading in markdown.headings), default=0)
    first = next((h.title for h in markdown.headings if h.level == top), "")
    return Document(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        title=tidy(title).strip() or first or file_stem(uri),
        text=markdown.text,
        headings=tuple(markdown.headings),
        page_starts=tuple(markdown.page_starts) if pages else (),
        blocks=tuple(markdown.spans),
        language=detect_language(markdown.text),
        notes=tuple(notes),
        images=tuple(markdown.images),
    )


def with_text(blocks: Iterable[Block]) -> Iterable[Block]:
    """Put characters right; hand the pictures of blocks without text to the next block."""
    pending: list[tuple[str, str]] = []
    for block in blocks:
        _tidy(block)
        block.images = [*pending, *block.images]
        pending = []
        if block.text.strip():
            yield block
        else:
            pending = block.images
    if pending:
        yield Block("paragraph", [], images=pending)


def tidy(text: str) -> str:
    """Put the characters of a text right."""
    return without_controls(plain(text, joiners=True))[0]


def _tidy(block: Block) -> None:
    parts = [(page, tidy(text)) for page, text in block.parts]
    if block.kind == "heading" and parts:
        whole = [(page, _SPACES.sub(" ", text)) for page, text in parts]
        first, last = whole[0], whole.pop()
        whole.append((last[0], last[1].rstrip()))
        parts = [(first[0], whole[0][1].lstrip()), *whole[1:]]
    block.parts = parts
