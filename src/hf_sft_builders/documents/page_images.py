"""Pages of a PDF as PNG pictures, by pdfium, one at a time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pypdfium2

from hf_sft_builders.documents.pages import PageImage
from hf_sft_builders.documents.pdfium_pages import _lock as pdfium_lock  # pdfium has one thread

_LONGEST_SIDE = 2000
_DPI = 200
_WHOLE_PAGE = 0.6


def page_images(
    data: bytes, passwords: Iterable[str], numbers: Iterable[int], dpi: int = _DPI
) -> Iterator[PageImage]:
    """Draw pages, each when it is asked for.

    At 200 dots per inch, and 2,000 pixels on the longer side at most: vision models make larger
    pictures smaller, and a page of ten metres shall not fill the memory.
    """
    document = _opened(data, passwords)
    try:
        for number in numbers:
            with pdfium_lock:
                png = _drawn(document[number - 1], dpi)
            yield PageImage(number, png)
    finally:
        with pdfium_lock:
            document.close()


def page_sizes(
    data: bytes, passwords: Iterable[str], numbers: Iterable[int]
) -> dict[int, tuple[float, float]]:
    """Give width and height of pages in points, as they are shown."""
    document = _opened(data, passwords)
    with pdfium_lock:
        try:
            return {number: document[number - 1].get_size() for number in numbers}
        finally:
            document.close()


def mostly_pictures(data: bytes, passwords: Iterable[str], numbers: Iterable[int]) -> list[int]:
    """Name the pages of which pictures cover at least six tenths."""
    document = _opened(data, passwords)
    with pdfium_lock:
        try:
            return [number for number in numbers if _share(document[number - 1]) >= _WHOLE_PAGE]
        finally:
            document.close()


def _opened(data: bytes, passwords: Iterable[str]) -> Any:
    last: Exception | None = None
    for password in (None, *passwords):
        try:
            with pdfium_lock:
                return pypdfium2.PdfDocument(data, password=password)
        except pypdfium2.PdfiumError as error:
            last = error
    raise last or RuntimeError("no password fits")


def _drawn(page: Any, dpi: int) -> bytes:
    width, height = page.get_size()
    scale = min(dpi / 72, _LONGEST_SIDE / max(width, height, 1.0))
    bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
    try:
        return png_of(
            bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
        )
    finally:
        bitmap.close()
        page.close()


def png_of(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Write RGB, RGBA or grey pixels as a PNG file."""
    colour = {1: 0, 3: 2, 4: 6}[channels]
    rows = (pixels[y * stride : y * stride + width * channels] for y in range(height))
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", head) + _part(b"IDAT", body) + _part(b"IEND", b"")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _share(page: Any) -> float:
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        # pypdfium2 before 5 calls it by another name.
        left, bottom, right, top = (
            item.get_bounds() if hasattr(item, "get_bounds") else item.get_pos()
        )
        covered += max(0.0, min(right, width) - max(left, 0)) * max(
            0.0, min(top, height) - max(bottom, 0)
        )
    page.close()
    return float(covered / max(1.0, width * height))
