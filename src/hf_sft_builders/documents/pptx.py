"""PowerPoint: one page per slide, its title a heading, bullets as lists, tables, charts, notes.

Shapes are read from the top down and from left to right, because their order in the file is that of
drawing. The traps: names of slide files say nothing of their order; hidden slides are in the file
(they are read, and noted); a chart's numbers stand in a part of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.office_parts import Parts, Relation
from hf_sft_builders.documents.pipe_tables import table_block
from hf_sft_builders.documents.pptx_drawings import chart_rows, lines_of, paragraphs, table_cells
from hf_sft_builders.documents.safe_xml import Element, attribute, child, children, local

name = "pptx"
suffixes = (".pptx", ".pptm", ".ppsx")

_TITLES = ("title", "ctrTitle")
_FURNITURE = ("dt", "ftr", "sldNum", "hdr", "sldImg")


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    parts = Parts.opened(data, uri, "a PowerPoint file")
    main, root = parts.main("presentation")
    relations = parts.relations(main)
    ids = [_relation_id(e) for e in children(root, "sldIdLst")]
    targets = [relations[i].target for i in ids if i in relations]
    blocks: list[Block] = []
    notes: list[str] = []
    for number, target in enumerate(targets, start=1):
        slide = parts.xml(target)
        if slide is None:
            notes.append(f"slide {number} is missing in the file")
            continue
        if attribute(slide, "show") in ("0", "false"):
            notes.append(f"slide {number} is hidden")
        blocks += _Slide(parts, parts.relations(target), number).blocks(slide, target)
    return document_of(blocks, data, uri, title=parts.title(), pages=len(targets), notes=notes)


def _relation_id(element: Element) -> str:
    """Give `r:id`, not the slide's own `id`."""
    return next((v for k, v in element.items() if k.endswith("}id")), "")


@dataclass
class _Slide:
    parts: Parts
    relations: dict[str, Relation]
    number: int
    _images: list[tuple[str, str]] = field(default_factory=list)

    def blocks(self, slide: Element, target: str) -> Iterator[Block]:
        shapes = list(_shapes(child(slide, "cSld", "spTree")))
        titles = [shape for shape in shapes if _role(shape) in _TITLES]
        for shape in titles:
            yield Block("heading", [(self.number, " ".join(lines_of(shape)))], 1)
        for shape in sorted((s for s in shapes if s not in titles), key=_place):
            yield from self._shape(shape)
        yield from self._notes(self.parts.related(target, "notesSlide"))

    def _shape(self, shape: Element) -> Iterator[Block]:
        if _role(shape) in _FURNITURE:
            return
        if local(shape) == "sp":
            listed = _role(shape) in ("body", "obj", "") and _is_placeholder(shape)
            yield from self._text(shape, listed)
        elif local(shape) == "pic":
            yield self._picture(shape)
        elif (table := _below(shape, "tbl")) is not None:
            block = table_block(table_cells(table), self.number)
            yield from [block] if block else []
        else:
            yield from self._linked(shape)

    def _text(self, shape: Element, listed: bool) -> Iterator[Block]:
        found = list(paragraphs(shape))
        listed = listed and len(found) > 1
        for paragraph in found:
            mark = paragraph.mark if paragraph.mark is not None else ("- " if listed else "")
            text = "    " * paragraph.depth * bool(mark) + mark + paragraph.text
            yield Block("item" if mark else "paragraph", [(self.number, text)], close=True)

    def _picture(self, shape: Element) -> Block:
        about, blip = _below(shape, "cNvPr"), _below(shape, "blip")
        alt = attribute(about, "descr") if about is not None else ""
        identifier = attribute(blip, "embed") if blip is not None else ""
        target = self.relations[identifier].target if identifier in self.relations else ""
        text = f"![{' '.join(alt.split())}]({target})" if alt else ""
        return Block("paragraph", [(self.number, text)], images=[(target, alt)])

    def _linked(self, shape: Element) -> Iterator[Block]:
        """Read a chart as a table, and a diagram as a list."""
        for element in shape.iter():
            if local(element) == "chart" and _relation_id(element) in self.relations:
                root = self.parts.xml(self.relations[_relation_id(element)].target)
                block = table_block(chart_rows(root), self.number) if root is not None else None
                yield from [block] if block else []
            if local(element) == "relIds":
                identifier = attribute(element, "dm")
                target = self.relations.get(identifier)
                root = self.parts.xml(target.target) if target else None
                for line in lines_of(root) if root is not None else ():
                    yield Block("item", [(self.number, f"- {line}")], close=True)

    def _notes(self, target: str) -> Iterator[Block]:
        root = self.parts.xml(target)
        for shape in _shapes(child(root, "cSld", "spTree")):
            if _role(shape) == "body":
                for line in lines_of(shape):
                    yield Block("line", [(self.number, f"> {line}")], close=True)


def _shapes(tree: Element | None) -> Iterator[Element]:
    for element in children(tree):
        if local(element) == "grpSp":
            yield from _shapes(element)
        elif local(element) == "AlternateContent":
            yield from _shapes(next(iter(element), None))
        elif local(element) in ("sp", "pic", "graphicFrame"):
            yield element


def _role(shape: Element) -> str:
    place = _below(shape, "ph")
    return attribute(place, "type") if place is not None else ""


def _is_placeholder(shape: Element) -> bool:
    return _below(shape, "ph") is not None


def _below(shape: Element, tag: str) -> Element | None:
    return next((element for element in shape.iter() if local(element) == tag), None)


def _place(shape: Element) -> tuple[int, int]:
    """Give the row, in steps of a centimetre, and the left edge; what inherits its place is first."""
    offset = _below(shape, "off")
    if offset is None:
        return (-1, 0)
    try:
        return int(attribute(offset, "y")) // 360_000, int(attribute(offset, "x"))
    except ValueError:
        return (-1, 0)
