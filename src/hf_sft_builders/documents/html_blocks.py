"""The blocks of an HTML tree, for web pages and for the chapters of an EPUB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.documents.pipe_tables import table_block, text_in_cell

_SKIPPED = frozenset(
    re.findall(
        r"[a-z]+",
        "script style noscript template head iframe svg canvas object embed audio video button "
        "select input textarea datalist map rp rt",
    )
)
_BLOCKS = frozenset(
    re.findall(
        r"[a-z1-6]+",
        "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
        "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu "
        "nav ol p pre section summary table caption ul tbody thead tfoot tr td th",
    )
)
_MOST_COLUMNS = 500
_SPACE = re.compile(r"[ \t\n\r\f]+")


class HtmlBlocks:
    """Walks a tree and gives its blocks; remembers names that links point to."""

    def __init__(self, page: int = 1, address: Callable[[str], str] = str) -> None:
        self._page, self._address = page, address
        self._words: list[str] = []
        self._images: list[tuple[str, str]] = []
        self._anchors: list[str] = []
        self._marks: list[str] = []
        """The list mark that the next block gets, and nothing after it."""
        self._depth = 0
        self._quoted = False

    def blocks(self, node: Any) -> Iterator[Block]:
        """Give the blocks of an element, one after another."""
        yield from self._children(node)
        yield from self._end()

    def _children(self, node: Any) -> Iterator[Block]:
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                self._words.append(_SPACE.sub(" ", child.text(deep=False) or ""))
            elif child.tag not in _SKIPPED and not child.tag.startswith(("-", "_", "!")):
                yield from self._element(child)

    def _element(self, node: Any) -> Iterator[Block]:
        tag = node.tag
        if tag not in _BLOCKS:
            yield from self._inline(node, tag)
            return
        yield from self._end()
        self._remember(node)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield from self._heading(node, int(tag[1]))
        elif tag == "pre":
            yield self._code(node)
        elif tag == "table":
            yield from self._table(node)
        elif tag in ("ul", "ol", "menu", "dir"):
            yield from self._list(node, tag)
        elif tag == "blockquote":
            before, self._quoted = self._quoted, True
            yield from self.blocks(node)
            self._quoted = before
        else:
            yield from self.blocks(node)

    def _inline(self, node: Any, tag: str) -> Iterator[Block]:
        self._remember(node)
        if tag == "br":
            if self._words and self._words[-1] == "\n":
                yield from self._end()
            else:
                self._words.append("\n")
        elif tag == "img":
            self._picture(node)
        elif tag == "code":
            self._words.append(f"`{node.text()}`" if "`" not in node.text() else node.text())
        elif tag in ("sup", "sub") and node.text().strip().isdigit() and tag == "sup":
            self._words.append(node.text().strip().translate(_RAISED))
        else:
            yield from self._children(node)

    def _remember(self, node: Any) -> None:
        attributes = node.attributes
        for key in ("id", "name"):
            if attributes.get(key):
                self._anchors.append(attributes[key])

    def _picture(self, node: Any) -> None:
        source, alt = node.attributes.get("src") or "", node.attributes.get("alt") or ""
        embedded = source.startswith("data:")
        source = source.partition(";")[0] if embedded else self._address(source)
        self._images.append((source, alt))
        if alt.strip():
            self._words.append(f"![{' '.join(alt.split())}]({source})")

    def _end(self) -> Iterator[Block]:
        """Give what was collected as a paragraph or as the item that it belongs to."""
        text = _tidy("".join(self._words))
        self._words = []
        if not text and not self._images:
            return
        mark = self._marks.pop() if self._marks and text else ""
        kind = "item" if mark or (self._depth and text) else "paragraph"
        if kind == "item":
            indent = "    " * (self._depth - 1) + ("" if mark else "  ")
            text = indent + mark + text.replace("\n", " ")
        elif self._quoted:
            text = "> " + text.replace("\n", "\n> ")
        yield self._block("item" if kind == "item" else "paragraph", text, close=bool(mark))

    def _block(self, kind: Any, text: str, level: int = 0, close: bool = False) -> Block:
        block = Block(kind, [(self._page, text)], level, close, self._images, self._anchors)
        self._images, self._anchors = [], []
        return block

    def _heading(self, node: Any, level: int) -> Iterator[Block]:
        for _ in self._children(node):
            pass  # A block inside of a heading does not end it: its words were collected.
        text = " ".join("".join(self._words).split()) or " ".join(node.text().split())
        self._words = []
        if text:
            yield self._block("heading", text, level)

    def _code(self, node: Any) -> Block:
        return self._block("code", node.text().strip("\n").replace("```", "'''"))

    def _list(self, node: Any, tag: str) -> Iterator[Block]:
        start = node.attributes.get("start") or "1"
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1
        self._depth += 1
        for child in node.iter(include_text=False):
            if child.tag == "li":
                self._marks = [f"{number}. " if tag == "ol" else "- "]
                number += 1
            yield from self._element(child) if child.tag not in _SKIPPED else ()
            yield from self._end()
            self._marks = []
        self._depth -= 1

    def _table(self, node: Any) -> Iterator[Block]:
        rows = _rows(node)
        if sum(map(len, rows)) == 1 or _holds_tables(node):
            yield from self.blocks(node)  # A table for layout.
            return
        caption = node.css_first("caption")
        if caption is not None and caption.text().strip():
            yield self._block("paragraph", " ".join(caption.text().split()))
        self._images += [
            (image.attributes.get("src") or "", image.attributes.get("alt") or "")
            for image in node.css("img")
        ]
        block = table_block(rows, self._page)
        if block is not None:
            block.images, self._images = self._images, []
            block.anchors, self._anchors = self._anchors, []
            yield block


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _tidy(words: str) -> str:
    lines = (_SPACE.sub(" ", line).strip() for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def _holds_tables(node: Any) -> bool:
    return (
        node.css_first("table table, td h1, td h2, td h3") is not None or len(node.css("table")) > 1
    )


def _rows(table: Any) -> list[list[str]]:
    """Give the cells; what spans several is written in each that it covers."""
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for row in table.css("tr"):
        cells: list[str] = []

        def hang(cells: list[str] = cells) -> None:
            while len(cells) in hanging and len(cells) < _MOST_COLUMNS:
                left, text = hanging.pop(len(cells))
                if left > 1:
                    hanging[len(cells)] = (left - 1, text)
                cells.append(text)

        for cell in row.iter(include_text=False):
            if cell.tag not in ("td", "th") or len(cells) >= _MOST_COLUMNS:
                continue
            hang()
            text = _cell_text(cell)
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    hanging[len(cells)] = (_span(cell, "rowspan") - 1, text)
                cells.append(text)
        hang()
        if cells:
            rows.append(cells)
    return rows


def _cell_text(cell: Any) -> str:
    return "\n".join(filter(None, map(text_in_cell, HtmlBlocks().blocks(cell))))


def _span(cell: Any, name: str) -> int:
    value = cell.attributes.get(name) or "1"
    return (
        max(1, min(int(value), 100))
        if value.isascii() and value.isdigit() and len(value) < 5
        else 1
    )
