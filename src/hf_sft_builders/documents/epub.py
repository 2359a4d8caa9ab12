"""EPUB: the chapters in reading order; the table of contents says how deep each heading is.

Each chapter file is a "page", so rows can say where in the book they come from. The traps: the spine,
not the names, gives the order; chapter files repeat `<h1>` at all depths; a book may be protected.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.html import page_tree
from hf_sft_builders.documents.html_blocks import HtmlBlocks
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.office_parts import Parts, resolved
from hf_sft_builders.documents.safe_xml import Element, attribute, child, children, local
from hf_sft_builders.errors import DocumentError

name = "epub"
suffixes = (".epub",)

_PAGES = ("application/xhtml+xml", "text/html", "application/xml")
_FONTS = ("embedding", "fonts")
_NEAR = 3
"""How many blocks below a place of the table of contents its heading may stand."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the table of contents."""

    title: str
    level: int
    file: str
    anchor: str


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    parts = Parts.opened(data, uri, "an EPUB")
    package, root = _package(parts)
    _refuse_protected(parts)
    folder = posixpath.dirname(package)
    items = {attribute(e, "id"): e for e in children(root, "manifest")}
    files = [
        resolved(folder, attribute(items[i], "href"))
        for e in children(root, "spine")
        if (i := attribute(e, "idref")) in items and _is_page(items[i])
    ]
    contents = _contents(parts, folder, list(items.values()), files)
    blocks: list[Block] = []
    notes = []
    for number, file in enumerate(files, start=1):
        if file not in parts.archive.members:
            notes.append(f"{file} is missing in the file")
            continue
        tree = page_tree(parts.archive.read(file), uri)
        walk = HtmlBlocks(number, partial(resolved, posixpath.dirname(file)))
        found = list(walk.blocks(tree.body)) if tree.body is not None else []
        blocks += _levelled(found, [entry for entry in contents if entry.file == file], number)
    title = next((e.text or "" for e in children(root, "metadata") if local(e) == "title"), "")
    return document_of(blocks, data, uri, title=title, pages=len(files), notes=notes)


def _package(parts: Parts) -> tuple[str, Element]:
    container = parts.xml("META-INF/container.xml")
    for file in children(container, "rootfiles"):
        path = attribute(file, "full-path")
        root = parts.xml(path)
        if root is not None:
            return path, root
    raise DocumentError(
        parts.uri, "not what its suffix says", "It has no package file, so it is no EPUB."
    )


def _refuse_protected(parts: Parts) -> None:
    root = parts.xml("META-INF/encryption.xml")
    for entry in root.iter() if root is not None else ():
        algorithm = attribute(entry, "Algorithm")
        if local(entry) == "EncryptionMethod" and not any(word in algorithm for word in _FONTS):
            raise DocumentError(
                parts.uri, "encrypted", "The book is protected (DRM). Get a copy that is not."
            )


def _is_page(item: Element) -> bool:
    properties = attribute(item, "properties").split()
    return attribute(item, "media-type") in _PAGES and "nav" not in properties


def _contents(parts: Parts, folder: str, items: list[Element], files: list[str]) -> list[_Entry]:
    """Read the table of contents: of EPUB 3, else of EPUB 2."""
    for item in items:
        path = resolved(folder, attribute(item, "href"))
        is_contents = "nav" in attribute(item, "properties").split()
        found = list(_navigation(parts, path)) if is_contents else []
        if found:
            return found
    for item in items:
        if attribute(item, "media-type") == "application/x-dtbncx+xml":
            path = resolved(folder, attribute(item, "href"))
            root = parts.xml(path)
            return list(_points(child(root, "navMap"), posixpath.dirname(path), 1))
    return []


def _navigation(parts: Parts, path: str) -> Iterator[_Entry]:
    tree = page_tree(parts.archive.read(path), parts.uri)
    navs = [nav for nav in tree.css("nav") if nav.attributes.get("epub:type", "toc") == "toc"]
    for link in navs[0].css("a[href]") if navs else ():
        level, above = 0, link.parent
        while above is not None and above.tag != "nav":
            level += above.tag == "ol"
            above = above.parent
        yield _entry(
            link.text(), max(level, 1), posixpath.dirname(path), link.attributes["href"] or ""
        )


def _points(container: Element | None, folder: str, level: int) -> Iterator[_Entry]:
    for point in children(container):
        if local(point) == "navPoint":
            label, content = child(point, "navLabel", "text"), child(point, "content")
            target = attribute(content, "src") if content is not None else ""
            yield _entry((label.text or "") if label is not None else "", level, folder, target)
            yield from _points(point, folder, level + 1)


def _entry(title: str, level: int, folder: str, target: str) -> _Entry:
    anchor = target.partition("#")[2]
    return _Entry(" ".join(title.split()), level, resolved(folder, target), anchor)


def _levelled(blocks: list[Block], entries: list[_Entry], number: int) -> list[Block]:
    """Give headings the depth that the table of contents says; add those that are only there."""
    at: dict[int, _Entry] = {}
    for entry in entries:
        if entry.title:
            at.setdefault(_place(blocks, entry), entry)
    levelled: list[Block] = []
    depth, own = 0, 0
    done: set[int] = set()
    for index, block in enumerate(blocks):
        if index in at:
            entry = at[index]
            match = _heading_near(blocks, index, entry.title)
            depth, own = entry.level, blocks[match].level if match is not None else 1
            if match is None:
                levelled.append(Block("heading", [(number, entry.title)], entry.level))
            else:
                blocks[match].level = entry.level
                done.add(match)
        if block.kind == "heading" and index not in done and depth:
            block.level = depth + max(1, block.level - own)
        levelled.append(block)
    return levelled


def _place(blocks: list[Block], entry: _Entry) -> int:
    if not entry.anchor:
        return 0
    return next((i for i, block in enumerate(blocks) if entry.anchor in block.anchors), 0)


def _heading_near(blocks: list[Block], index: int, title: str) -> int | None:
    wanted = _letters(title)
    for place in range(index, min(index + _NEAR, len(blocks))):
        words = _letters(blocks[place].text)
        if blocks[place].kind == "heading" and words and (words in wanted or wanted in words):
            return place
    return None


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).casefold()
