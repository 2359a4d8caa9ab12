"""Lines, outline and title of a PDF by pdfium, the fast engine.

pdfium is not thread-safe, so one lock guards the whole reading. Handles are closed
whatever happens, innermost first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from hf_sft_builders.documents.pdf_lines import Line, OutlineEntry, Page, PdfContent
from hf_sft_builders.documents.pdfium_lines import PageText
from hf_sft_builders.documents.pdfium_rules import page_rules

_lock = Lock()

Character = tuple[str, tuple[float, float, float, float]]
"""A character; its left, top, right and bottom on the page as it is shown."""


def read_pages(data: bytes, password: str | None) -> PdfContent:
    """Read all pages.

    Raises:
        PermissionError: The password is missing or wrong.
        RuntimeError: pdfium cannot open the file.
    """
    with _lock:
        document = _opened(data, password)
        try:
            content = PdfContent([], _outline(document), document.get_metadata_value("Title"))
            for index in range(len(document)):
                _add_page(content, document, index)
            return content
        finally:
            document.close()


def opens(data: bytes, password: str | None) -> bool:
    """Say whether a file opens with this password, without reading its pages."""
    with _lock:
        try:
            _opened(data, password).close()
        except (PermissionError, RuntimeError):
            return False
        return True


def read_characters(
    data: bytes, numbers: Iterable[int], passwords: Iterable[str] = ()
) -> dict[int, list[Character]]:
    """Give the characters of some pages (counted from 1), each with its place."""
    with _document(data, passwords) as document:
        return {number: _characters(document, number) for number in numbers}


def page_sizes(data: bytes, passwords: Iterable[str] = ()) -> list[tuple[float, float]]:
    """Give width and height of each page, in points."""
    with _document(data, passwords) as document:
        return [document.get_page_size(index) for index in range(len(document))]


def draw_page(data: bytes, number: int, scale: float, passwords: Iterable[str] = ()) -> Any:
    """Draw a page (counted from 1) as a Pillow image, with so many pixels for each point."""
    with _document(data, passwords) as document:
        page = document[number - 1]
        try:
            return page.render(scale=scale).to_pil()
        finally:
            page.close()


@contextmanager
def _document(data: bytes, passwords: Iterable[str]) -> Iterator[Any]:
    """Open with the first password that fits.

    Raises:
        PermissionError: None of the passwords opens the file.
        RuntimeError: pdfium cannot open the file.
    """
    password = next((word for word in (None, *passwords) if opens(data, word)), None)
    with _lock:
        document = _opened(data, password)
        try:
            yield document
        finally:
            document.close()


def _characters(document: Any, number: int) -> list[Character]:
    page = pdfium.FPDF_LoadPage(document, number - 1)
    text_page = pdfium.FPDFText_LoadPage(page)
    try:
        return PageText(page, text_page, number).characters()
    finally:
        pdfium.FPDFText_ClosePage(text_page)
        pdfium.FPDF_ClosePage(page)


def _opened(data: bytes, password: str | None) -> Any:
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise PermissionError(str(error)) from error
        raise


def _outline(document: Any) -> list[OutlineEntry]:
    entries = []
    for bookmark in document.get_toc():
        title, page = _bookmark(bookmark)
        if page is not None:
            entries.append(OutlineEntry(title, bookmark.level + 1, page + 1))
    return entries


def _bookmark(bookmark: Any) -> tuple[str, int | None]:
    """Give title and page, from 0; pypdfium2 before 5 has other names for them."""
    if hasattr(bookmark, "page_index"):
        return bookmark.title, bookmark.page_index
    target = bookmark.get_dest()
    return bookmark.get_title(), target.get_index() if target else None


def _add_page(content: PdfContent, document: Any, index: int) -> None:
    page = pdfium.FPDF_LoadPage(document, index)
    if not page:
        content.notes.append(f"page {index + 1} is damaged and was left out")
        content.pages.append(Page(index + 1, 0.0, 0.0, []))
        return
    try:
        content.pages.append(_page(page, index + 1))
    finally:
        pdfium.FPDF_ClosePage(page)


def _page(page: Any, number: int) -> Page:
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    text_page = pdfium.FPDFText_LoadPage(page)
    try:
        lines = PageText(page, text_page, number).lines() if text_page else []
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    rules = page_rules(page) if any(map(_side_by_side, lines, lines[1:])) else []
    return Page(number, width, height, lines, drawn=not lines and _is_drawn(page), rules=rules)


def _side_by_side(line: Line, other: Line) -> bool:
    """Whether two lines share a height, as cells of a table do."""
    return line.top < other.middle < line.bottom


def _is_drawn(page: Any) -> bool:
    """Whether the page holds a picture, or so many paths that they may be letters."""
    count = pdfium.FPDFPage_CountObjects(page)
    kinds = [pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i)) for i in range(count)]
    pictures = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING)
    return len(kinds) > 50 or any(kind in pictures for kind in kinds)
