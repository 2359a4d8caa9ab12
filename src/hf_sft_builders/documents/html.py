"""HTML pages: the main text, with headings, lists, tables, code and captions.

What is boilerplate is decided by what the page says of itself, never by statistics: `<nav>`,
`<aside>`, `<footer>`, forms, scripts, what is hidden, and the roles that name the same. Where the page
has one `<main>` or `<article>` that holds most of its text, the rest is left out too. Lists that are
nothing but links are menus. What was left out is noted with its share.

The traps: pages lie about their encoding; `<pre>` keeps its line breaks; `<br><br>` is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import refuse_other_kinds
from hf_sft_builders.documents.html_blocks import HtmlBlocks
from hf_sft_builders.documents.markdown_blocks import Block
from hf_sft_builders.errors import DocumentError, MissingExtra

name = "html"
suffixes = (".html", ".htm", ".xhtml")

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,20})|^<\?xml[^>]{0,80}encoding=[\"']([\w-]+)",
    re.IGNORECASE,
)
_ALIKE = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252",
          "ascii": "cp1252"}  # fmt: skip
_BOILERPLATE = (
    "nav, footer, aside, form, dialog, [role=navigation], [role=banner], [role=contentinfo], "
    "[role=search], [role=complementary], [role=dialog], [aria-hidden=true], [hidden]"
)
_LINK_SHARE = 0.8
_MAIN_SHARE = 0.4
MAX_DEPTH = 400
_MAX_OPEN = 20_000
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|td|th|tr|dd|dt|br|hr|img|input|meta|link|option|col|wbr|source|area)\b)[a-zA-Z]"
)
"""Tags but those that need no end."""


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "HTML")
    tree = page_tree(data, uri)
    head = tree.css_first("title")
    title = " ".join(head.text().split()) if head is not None else ""
    body = tree.body
    notes = []
    if body is not None:
        whole = _letters(body)
        body = _main_text(body)
        left_out = whole - _letters(body)
        if whole and 100 * left_out > whole:
            notes.append(f"{100 * left_out // whole} % of the page's text is menus and the like")
    found: Iterator[Block] = HtmlBlocks().blocks(body) if body is not None else iter(())
    blocks = list(found)
    tops = [b for b in blocks if b.kind == "heading" and b.level == 1]
    named = tops[0].text.strip() if len(tops) == 1 else ""
    return document_of(blocks, data, uri, title=named or title, notes=notes)


def page_tree(data: bytes, uri: str) -> Any:
    """Parse a page as browsers do.

    Raises:
        DocumentError: "nested too deeply", or no text.
        MissingExtra: The parser is not installed.
    """
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError as error:
        raise MissingExtra("Reading HTML and EPUB", "selectolax", "html") from error
    text = decoded(data, uri).replace("\x00", "")
    if _opens_too_many(text):
        raise DocumentError(uri, "nested too deeply", f"Over {_MAX_OPEN:,} tags are never closed.")
    tree = LexborHTMLParser(text)
    if _too_deep(tree):
        raise DocumentError(uri, "nested too deeply", f"Over {MAX_DEPTH} elements in each other.")
    return tree


def _opens_too_many(text: str) -> bool:
    """Look for what makes any HTML parser take the square of the time, before it does."""
    if text.count("<") < _MAX_OPEN:
        return False
    depth = 0
    for tag in _NESTING.finditer(text):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > _MAX_OPEN:
            return True
    return False


def decoded(data: bytes, uri: str) -> str:
    """Give the text of a page: UTF-8 if it is, else by what it says, else as any text."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = _CHARSET.search(data[:4096])
    name = (said[1] or said[2]).decode("ascii", "ignore").lower() if said else ""
    try:
        return data.decode(_ALIKE.get(name, name), "strict") if name else decode(data, uri)[0]
    except (UnicodeDecodeError, LookupError):
        return decode(data, uri)[0]


def _too_deep(tree: Any) -> bool:
    level, depth = [tree.root], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        level = [child for node in level for child in node.iter(include_text=False)]
    return False


def _main_text(body: Any) -> Any:
    """Take boilerplate out, and give the element that holds the main text."""
    for node in body.css(_BOILERPLATE):
        if node.tag not in ("body", "html", "main", "article"):
            node.decompose()
    for node in body.css("header"):
        if node.css_first("h1, h2") is None:
            node.decompose()
    for node in body.css("ul, ol"):
        if node.parent is not None and _is_menu(node):
            node.decompose()
    whole = _letters(body)
    for selector in ("main, [role=main]", "article"):
        found = body.css(selector)
        if len(found) == 1 and _letters(found[0]) >= _MAIN_SHARE * whole:
            return found[0]
    return body


def _is_menu(node: Any) -> bool:
    links = node.css("a")
    if len(links) < 3:
        return False
    return bool(sum(map(_letters, links)) > _LINK_SHARE * _letters(node))


def _letters(node: Any) -> int:
    return len("".join(node.text(separator=" ").split()))
