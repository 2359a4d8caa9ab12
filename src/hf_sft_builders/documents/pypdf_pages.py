"""Lines, outline and title of a PDF by pypdf: pure Python, slower, for where pdfium cannot go.

pypdf says where a line begins but not where it ends, so widths are estimated from the characters.
That is good enough to tell a full line from a short one, and cells from each other.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError

from hf_sft_builders.documents.glyphs import plain
from hf_sft_builders.documents.pdf_lines import (
    Line,
    OutlineEntry,
    Page,
    PdfContent,
    estimated_width,
)

_MONOSPACED = ("mono", "courier", "consol", "menlo")
_SERIF = ("times", "serif", "roman", "garamond", "minion", "georgia")
_BOLD = ("bold", "black", "heavy")


def read_pages(data: bytes, password: str | None) -> PdfContent:
    """Read all pages.

    Raises:
        PermissionError: The password is missing or wrong.
    """
    with io.BytesIO(data) as stream:
        reader = PdfReader(stream)
        if reader.is_encrypted and not _opens(reader, password or ""):
            raise PermissionError("Incorrect password.")
        outline = list(_outline(reader, reader.outline, 1))
        pages = [_page(page, number) for number, page in enumerate(reader.pages, start=1)]
        return PdfContent(pages, outline, str(getattr(reader.metadata, "title", None) or ""))


def _opens(reader: PdfReader, password: str) -> bool:
    try:
        return bool(reader.decrypt(password))
    except DependencyError as error:
        raise NotImplementedError(
            "pypdf needs `pip install cryptography` for this encryption; pdf_engine='pdfium' needs "
            "nothing."
        ) from error


def _outline(reader: PdfReader, entries: Iterable[Any], level: int) -> Iterator[OutlineEntry]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(reader, entry, level + 1)
            continue
        page = reader.get_destination_page_number(entry)
        if page is not None and page >= 0:
            yield OutlineEntry(str(entry.title or ""), level, page + 1)


def _page(page: Any, number: int) -> Page:
    box = page.cropbox
    width, height = float(box.width), float(box.height)
    collected = _Collected(number, float(box.left), float(box.top))
    page.extract_text(visitor_text=collected.add)
    collected.end_line()
    lines = collected.lines
    return Page(number, width, height, lines, drawn=not lines and _is_drawn(page))


def _is_drawn(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    return bool(objects and objects.get_object())


class _Collected:
    """Puts the pieces that pypdf hands to a visitor together to lines."""

    def __init__(self, number: int, left: float, top: float) -> None:
        self.lines: list[Line] = []
        self._number, self._left, self._top = number, left, top
        self._parts: list[tuple[str, float, float, float, str]] = []

    def add(self, text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        """Take one piece of text: the signature that pypdf asks for."""
        scale = abs(tm[3] * cm[3] + tm[2] * cm[1]) or 1.0
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4] - self._left
        y = self._top - (tm[4] * cm[1] + tm[5] * cm[3] + cm[5])
        name = str((font or {}).get("/BaseFont", ""))
        for index, part in enumerate(text.split("\n")):
            if index:
                self.end_line()
            if part.strip() or (part and self._parts):
                self._begin(x, y)
                self._parts.append((part, x, y, float(size) * scale, name))

    def _begin(self, x: float, y: float) -> None:
        """End the line before if this piece stands elsewhere."""
        if self._parts and abs(self._parts[-1][2] - y) > 0.3 * self._parts[-1][3]:
            self.end_line()

    def end_line(self) -> None:
        """Make a line of what was collected."""
        parts, self._parts = self._parts, []
        text = "".join(part[0] for part in parts)
        # Unused codes of a Latin font are bullets by the PDF standard; pypdf hands them on.
        shown = plain(text.replace("\x7f", "•")).strip()
        if not shown:
            return
        _, _, y, size, name = max(parts, key=lambda part: len(part[0]))
        left, name = parts[0][1], name.lower()
        right = left + estimated_width(shown, size) * _share_of(name)
        mono, bold = (any(word in name for word in words) for words in (_MONOSPACED, _BOLD))
        place = left, right, y - 0.8 * size, y + 0.2 * size
        self.lines.append(Line(shown, *place, size, self._number, mono, bold))


def _share_of(font: str) -> float:
    """Type with serifs is narrower than the widths that the estimate goes by."""
    return 0.91 if any(word in font for word in _SERIF) else 1.0
