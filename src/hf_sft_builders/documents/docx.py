"""Word documents: headings by style or outline level, lists with their numbers, tables, notes.

The format is read directly, because what matters here is what libraries leave out: text boxes,
footnotes, tracked changes (accepted), list numbers, pictures, and where Word broke its pages.

The traps: a text box is written twice (drawing, and fallback for old Word); deleted words are in
the file; "标题 1" is a style's name, `outlineLvl` what makes it a heading; pages are known only where
Word has laid the document out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.docx_styles import Numbering, ParagraphStyle, Styles
from hf_sft_builders.documents.docx_tables import table_rows
from hf_sft_builders.documents.docx_text import Words, words_of
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.office_parts import Parts, Relation
from hf_sft_builders.documents.pipe_tables import table_block, text_in_cell
from hf_sft_builders.documents.safe_xml import Element, attribute, child, children, local

name = "docx"
suffixes = (".docx", ".docm")

_WRAPPERS = ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    parts = Parts.opened(data, uri, "a Word document")
    main, root = parts.main("document")
    story = _Story.of(parts, main)
    blocks = list(story.blocks(child(root, "body")))
    return document_of(
        _below_title(blocks, story.titled),
        data,
        uri,
        title=parts.title() or story.titled,
        pages=story.page if story.page > 1 else 0,
        notes=story.remarks,
    )


def _below_title(blocks: list[Block], titled: str) -> list[Block]:
    """Where a paragraph of the style Title is the outermost heading, the others are below it."""
    if titled:
        for block in blocks:
            block.level += block.kind == "heading" and block.text.strip() != titled
    return blocks


@dataclass
class _Story:
    """The body of a document, read from the top down; counts pages and numbers as it goes."""

    styles: Styles
    numbering: Numbering
    relations: dict[str, Relation]
    footnotes: dict[str, str]
    page: int = 1
    titled: str = ""
    remarks: list[str] = field(default_factory=list)
    _open: list[tuple[int, str]] = field(default_factory=list)
    """Words of a paragraph whose end was deleted: they belong to the next one."""

    @classmethod
    def of(cls, parts: Parts, main: str) -> _Story:
        styles = Styles.of(parts.xml(parts.related(main, "styles")))
        numbering = Numbering.of(parts.xml(parts.related(main, "numbering")))
        story = cls(styles, numbering, parts.relations(main), {})
        for kind in ("footnotes", "endnotes"):
            for note in children(parts.xml(parts.related(main, kind))):
                text = " ".join(block.text for block in story.blocks(note) if block.parts)
                story.footnotes[f"{kind[:-1]}{attribute(note, 'id')}"] = text.strip()
        story.page, story._open = 1, []
        return story

    def blocks(self, container: Element | None) -> Iterator[Block]:
        """Give the blocks of a body, a cell, a note or a text box."""
        for element in children(container):
            tag = local(element)
            if tag == "p":
                yield from self._paragraph(element)
            elif tag == "tbl":
                yield from self._table(element)
            elif tag in _WRAPPERS:
                yield from self.blocks(element)

    def _paragraph(self, element: Element) -> Iterator[Block]:
        style = self.styles.of_paragraph(child(element, "pPr"))
        words = words_of(element, self.page, self.relations)
        self.page = words.page
        parts, self._open = [*self._open, *words.parts], []
        if style.end_deleted:
            self._open = parts
            return
        block = self._block(style, parts, "".join(text for _, text in parts).strip())
        block.images = words.images
        yield block
        for box in words.boxes:
            yield from self.blocks(box)
        yield from self._notes(words)

    def _block(self, style: ParagraphStyle, parts: list[tuple[int, str]], text: str) -> Block:
        label = self.numbering.label(style) if text else None
        if style.level and text:
            if style.title:
                self.titled = self.titled or text
            head = [(parts[0][0], label.heading())] if label and label.text else []
            return Block("heading", [*head, *parts], style.level)
        if label is not None:
            return Block("item", [(parts[0][0], label.item()), *parts], close=True)
        return Block("paragraph", _stripped(parts))

    def _notes(self, words: Words) -> Iterator[Block]:
        """Write footnotes below the paragraph, where they cut no sentence."""
        for number, key in words.notes:
            if text := self.footnotes.get(key):
                yield Block("paragraph", [(self.page, f"[^{number}]: {text}")])

    def _table(self, element: Element) -> Iterator[Block]:
        page = self.page
        images: list[tuple[str, str]] = []

        def cell_text(cell: Element) -> str:
            inner = list(self.blocks(cell))
            images.extend(image for block in inner for image in block.images)
            return "\n".join(filter(None, map(text_in_cell, inner)))

        rows = table_rows(element, cell_text)
        if len(rows) == 1 and len(rows[0]) == 1:  # A frame around text, not a table.
            yield from self._framed(element)
            return
        block = table_block(rows, page)
        if block is not None:
            block.images = images
            yield block

    def _framed(self, element: Element) -> Iterator[Block]:
        for row in element:
            for cell in row:
                yield from self.blocks(cell)


def _stripped(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    if parts:
        parts = [(parts[0][0], parts[0][1].lstrip()), *parts[1:]]
        parts = [*parts[:-1], (parts[-1][0], parts[-1][1].rstrip())]
    return parts
