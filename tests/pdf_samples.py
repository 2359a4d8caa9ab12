"""Small PDFs for tests, each drawn to order and returned as bytes."""

import io
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE = "STSong-Light"
WIDTH, HEIGHT = A4
LEFT, TOP, LEADING = 72, HEIGHT - 90, 16


def pdf(pages: Sequence[str], *, outline: Sequence[tuple[str, int]] = (), title: str = "") -> bytes:
    """One page for each text, drawn line by line; the outline's pages count from 1."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer, title)
    for number, text in enumerate(pages, start=1):
        _bookmark(canvas, [name for name, page in outline if page == number])
        _lines(canvas, text.split("\n"))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def running_header_pdf(
    pages: Sequence[str], header: str = "Sample report", footer: str = "Page {page}"
) -> bytes:
    """Like `pdf`, with the same header above and the same footer below every body.

    Either may name `{page}` and `{pages}`.
    """
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for number, text in enumerate(pages, start=1):
        _line(canvas, HEIGHT - 40, header.format(page=number, pages=len(pages)), size=9)
        _lines(canvas, text.split("\n"))
        _line(canvas, 36, footer.format(page=number, pages=len(pages)), size=9)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def headings_pdf(pages: Sequence[Sequence[tuple[str, float]]]) -> bytes:
    """Pages of (line, font size), for headings that only their size gives away."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for lines in pages:
        y = TOP
        for line, size in lines:
            y -= size * 1.4
            _line(canvas, y, line, size=size)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def inset_pdf(lines: Sequence[tuple[float, str]]) -> bytes:
    """One page of (distance from the left edge, line)."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for index, (inset, line) in enumerate(lines):
        _line(canvas, TOP - index * LEADING, line, x=LEFT + inset)
    canvas.save()
    return buffer.getvalue()


def two_column_pdf(left: str, right: str) -> bytes:
    """One page whose columns are drawn line by line in turn, as some programs do."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for index, pair in enumerate(zip(left.split("\n"), right.split("\n"), strict=True)):
        for column, line in enumerate(pair):
            _line(canvas, TOP - index * LEADING, line, x=LEFT + column * 240)
    canvas.save()
    return buffer.getvalue()


def encrypted_pdf(text: str, password: str) -> bytes:
    """Opens with the password only. RC4, because pypdf needs `cryptography` to write AES."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([text]))))
    writer.encrypt(password, algorithm="RC4-128")
    return _written(writer)


def scanned_pdf(pages: int = 2) -> bytes:
    """Pages that hold a picture of text, and no text."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for number in range(1, pages + 1):
        canvas.drawImage(ImageReader(_scan(number)), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def broken_font_pdf(pages: Sequence[str], shift: int) -> bytes:
    """Pages that look right, whose font claims that each letter is the one `shift` further on."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(pages))))
    pairs = "\n".join(f"<{code:02x}> <{code + shift:04x}>" for code in range(33, 127))
    table = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"94 beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    stream = StreamObject()
    stream.set_data(table.encode())
    reference = writer._add_object(stream)
    for page in writer.pages:
        for font in page["/Resources"]["/Font"].values():
            font.get_object()[NameObject("/ToUnicode")] = reference
    return _written(writer)


def stamped_scan_pdf(stamp: str) -> bytes:
    """A scanned page that a machine has written a few words onto."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    canvas.drawImage(ImageReader(_scan(1)), 0, 0, WIDTH, HEIGHT)
    _line(canvas, 30, stamp, size=8)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def partly_scanned_pdf(text: str) -> bytes:
    """A page of text and then a scanned one."""
    writer = PdfWriter()
    for part in (pdf([text]), scanned_pdf(1)):
        writer.append(io.BytesIO(part))
    return _written(writer)


def truncated_pdf() -> bytes:
    """A download that stopped half way: the catalogue and the cross-references are missing."""
    whole = pdf(["The first page of a file that was cut off.", "The second page."])
    return whole[: len(whole) // 3]


def empty_pages_pdf(pages: int = 2) -> bytes:
    """Pages with nothing on them."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(WIDTH, HEIGHT)
    return _written(writer)


def _canvas(buffer: io.BytesIO, title: str = "") -> Canvas:
    if CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    return canvas


def _bookmark(canvas: Canvas, names: Iterable[str]) -> None:
    for name in names:
        canvas.bookmarkPage(name)
        canvas.addOutlineEntry(name, name)


def _lines(canvas: Canvas, lines: Iterable[str]) -> None:
    for index, line in enumerate(lines):
        _line(canvas, TOP - index * LEADING, line)


def _line(canvas: Canvas, y: float, text: str, *, x: float = LEFT, size: float = 11) -> None:
    latin = all(ord(character) < 0x100 for character in text)
    canvas.setFont("Helvetica" if latin else CHINESE, size)
    canvas.drawString(x, y, text)


def _scan(number: int) -> Image.Image:
    image = Image.new("L", (595, 842), 244)
    draw = ImageDraw.Draw(image)
    for index in range(20):
        draw.text((72, 90 + index * 30), f"Scanned page {number}, line {index + 1}", fill=40)
    return image


def _written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
