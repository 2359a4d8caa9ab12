"""Lines, outline and title of a PDF by pdfium, the fast engine.

pdfium is not thread-safe, so one lock guards the whole reading. Each call costs about a
microsecond and a page has thousands of characters: what is asked for is asked once per line.

The trap: where a line ends in a hyphen, pdfium writes U+FFFE (older: U+0002) and goes on in the
same line of text. Such lines are cut there again, because they stand in two places on the page.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from threading import Lock
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from hf_sft_builders.documents.glyphs import plain
from hf_sft_builders.documents.pdf_lines import (
    LETTER_WIDTH,
    WIDE_GAP,
    Line,
    OutlineEntry,
    Page,
    PdfContent,
    is_marker,
)

HYPHEN = "\x02"
"""How a hyphen at a line's end is handed on: joining the lines decides what becomes of it."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_lock = Lock()
_FIXED_PITCH = 1
_MONOSPACED = (b"mono", b"courier", b"consol", b"menlo")
_BOLD = (b"bold", b"black", b"heavy")


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
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        if page is not None:
            entries.append(OutlineEntry(bookmark.get_title(), bookmark.level + 1, page + 1))
    return entries


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
        lines = list(_PageText(page, text_page, number).lines()) if text_page else []
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    return Page(number, width, height, lines, drawn=not lines and _is_drawn(page))


def _is_drawn(page: Any) -> bool:
    """Whether the page holds a picture, or so many paths that they may be letters."""
    count = pdfium.FPDFPage_CountObjects(page)
    kinds = [pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, i)) for i in range(count)]
    pictures = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING)
    return len(kinds) > 50 or any(kind in pictures for kind in kinds)


class _PageText:
    """Asks pdfium about one page; holds the structures that its answers are written to."""

    def __init__(self, page: Any, handle: Any, number: int) -> None:
        self._handle, self._number = handle, number
        self._rotation = pdfium.FPDFPage_GetRotation(page)
        self._box, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._box_at, self._matrix_at = ctypes.byref(self._box), ctypes.byref(self._matrix)
        self._edges = [ctypes.c_double() for _ in range(4)]
        self._edges_at = [ctypes.byref(edge) for edge in self._edges]
        self._name, self._flags = ctypes.create_string_buffer(96), ctypes.c_int()
        self._flags_at = ctypes.byref(self._flags)
        frame = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(frame))
        self._frame = (frame.left, frame.bottom, frame.right, frame.top)

    def lines(self) -> Iterator[Line]:
        """Give the lines in the order in which they are drawn."""
        text, start = self._text(), 0
        for stretch in text.split("\r\n"):
            if "\ufffe" in stretch or "\x02" in stretch:
                yield from self._hyphenated(stretch, start)
            elif stretch and not stretch.isspace():
                yield from self._pieces(stretch, start)
            start += len(stretch) + 2

    def _text(self) -> str:
        count = pdfium.FPDFText_CountChars(self._handle)
        if count <= 0:
            return ""
        if pdfium.FPDFText_GetTextIndexFromCharIndex(self._handle, count - 1) != count - 1:
            return self._text_by_character(count)
        buffer = (ctypes.c_ushort * (count + 1))()
        pdfium.FPDFText_GetText(self._handle, 0, count, buffer)
        text = bytes(buffer)[:-2].decode("utf-16-le", "surrogatepass")
        return text if len(text) == count else self._text_by_character(count)

    def _text_by_character(self, count: int) -> str:
        """Slower, but right where the text leaves characters out, so that positions would shift."""
        codes = (pdfium.FPDFText_GetUnicode(self._handle, index) for index in range(count))
        return "".join(chr(code) if code else "\ufffd" for code in codes)

    def _hyphenated(self, stretch: str, start: int) -> Iterator[Line]:
        parts = stretch.replace("\ufffe", HYPHEN).split(HYPHEN)
        for index, part in enumerate(parts):
            pieces = list(self._pieces(part, start)) if part.strip() else []
            if pieces and index < len(parts) - 1:
                pieces[-1].text += HYPHEN
            yield from pieces
            start += len(part) + 1

    def _pieces(self, stretch: str, start: int) -> Iterator[Line]:
        """Cut where the gap between two words is wide."""
        words = stretch.strip()
        first = start + len(stretch) - len(stretch.lstrip())
        cuts = self._cuts(words, first) if " " in words else []
        begin = 0
        for cut in [*cuts, len(words)]:
            if piece := words[begin:cut].strip():
                skipped = len(words[begin:cut]) - len(words[begin:cut].lstrip())
                yield self._line(piece, first + begin + skipped)
            begin = cut

    def _cuts(self, words: str, first: int) -> list[int]:
        # One text object means one run without jumps: most lines end here.
        if pdfium.FPDFText_CountRects(self._handle, first, len(words)) < 2:
            return []
        gap = WIDE_GAP * self._size(first)
        found = [index for index in _spaces(words) if self._gap(first + index) > gap]
        cut_off_marker = len(found) == 1 and is_marker(words[: found[0]])
        return [] if cut_off_marker else found

    def _gap(self, space: int) -> float:
        """Measure from the end of the word before this space to the start of the next."""
        left = self._bounds(space - 1)[2]
        if not pdfium.FPDFText_IsGenerated(self._handle, space):
            left = self._bounds(space)[2]
        return self._bounds(space + 1)[0] - left

    def _line(self, text: str, first: int) -> Line:
        left, top, _, bottom = self._bounds(first)
        right = self._bounds(first + len(text) - 1)[2]
        middle = first + len(text) // 2
        middle += text[len(text) // 2] == " "
        size = self._size(middle)
        if not 0.7 < (bottom - top) / size < 1.8:
            size = self._scaled(size, middle)
            bottom = max(bottom, top + 0.5 * size)
        mono, bold = self._font(middle)
        if mono:
            mono = self._font(first)[0] and self._font(first + len(text) - 1)[0]
        if mono and " " in text:
            text = self._spaced(text, first, size)
        elif text[-1].isdecimal():
            text = self._with_raised_digits(text, first, size)
        return Line(plain(text), left, right, top, bottom, size, self._number, mono, bold)

    def _spaced(self, text: str, first: int, size: float) -> str:
        """Give code its spaces back: pdfium writes one, however many there are."""
        letter = self._bounds(first)
        width = (letter[2] - letter[0]) or LETTER_WIDTH * size
        parts, start = [], 0
        for space in _spaces(text):
            gap = self._bounds(first + space + 1)[0] - self._bounds(first + space - 1)[2]
            parts += [text[start:space], " " * max(1, round(gap / width))]
            start = space + 1
        return "".join([*parts, text[start:]])

    def _with_raised_digits(self, text: str, first: int, size: float) -> str:
        """Write small raised digits at the end as such: a note's mark, or the 2 of m²."""
        bare = text.rstrip("0123456789")
        index = first + len(bare)
        if not bare or self._size(index) > 0.85 * size:
            return text
        letter, digit = self._bounds(index - 1), self._bounds(index)
        raised = digit[1] + digit[3] < letter[1] + letter[3] - 0.1 * size
        return bare + text[len(bare) :].translate(_RAISED) if raised else text

    def _size(self, index: int) -> float:
        return pdfium.FPDFText_GetFontSize(self._handle, index) or 1.0

    def _scaled(self, size: float, index: int) -> float:
        """Multiply by the text matrix: some programs set fonts of size 1 and stretch them."""
        if not pdfium.FPDFText_GetMatrix(self._handle, index, self._matrix_at):
            return size
        scale = (self._matrix.c**2 + self._matrix.d**2) ** 0.5
        return float(size * scale) or size

    def _font(self, index: int) -> tuple[bool, bool]:
        self._name.value = b""
        pdfium.FPDFText_GetFontInfo(self._handle, index, self._name, 96, self._flags_at)
        name = self._name.value.lower()
        mono = bool(self._flags.value & _FIXED_PITCH) or any(word in name for word in _MONOSPACED)
        return mono, any(word in name for word in _BOLD)

    def _bounds(self, index: int) -> tuple[float, float, float, float]:
        """Give left, top, right and bottom of a character, on the page as it is shown."""
        if self._rotation:
            return self._rotated(index)
        box, (left, _, _, top) = self._box, self._frame
        pdfium.FPDFText_GetLooseCharBox(self._handle, index, self._box_at)
        return box.left - left, top - box.top, box.right - left, top - box.bottom

    def _rotated(self, index: int) -> tuple[float, float, float, float]:
        pdfium.FPDFText_GetCharBox(self._handle, index, *self._edges_at)
        x0, x1, y0, y1 = (edge.value for edge in self._edges)
        left, bottom, right, top = self._frame
        if self._rotation == 1:
            return y0 - bottom, x0 - left, y1 - bottom, x1 - left
        if self._rotation == 2:
            return right - x1, y0 - bottom, right - x0, y1 - bottom
        return top - y1, right - x1, top - y0, right - x0


def _spaces(words: str) -> Iterator[int]:
    index = words.find(" ")
    while index >= 0:
        if index + 1 < len(words) and words[index + 1] != " ":
            yield index
        index = words.find(" ", index + 1)
