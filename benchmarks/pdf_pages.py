"""How fast PDFs are read: our whole reader against plain pypdfium2 and plain pypdf.

Draws a document of Chinese and English pages with headings, tables, lists and running headers in a
temporary folder, then reads it by all three in alternating rounds. The ratios carry over to other
machines, the absolute rates do not. pypdf is slow, so it reads every tenth page.

    python benchmarks/pdf_pages.py [--pages 200] [--rounds 5]
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pypdf
import pypdfium2
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from hf_sft_builders.documents import read_document

FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)
CHINESE = [
    bytes((lead, trail)).decode("gb2312")
    for lead in range(0xB0, 0xC8)
    for trail in range(0xA1, 0xFF)
]
"""Common characters, as many as a long text has: fonts are cut into parts of 256."""
ENGLISH = (
    "the controller compares pressure with its set point and corrects speed of lead pump through "
    "drive when demand falls below limit it stops pump again every day both exchange roles"
)
PYPDF_STEP = 10


def main() -> None:
    """Print pages per second and the ratios."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pages", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mixed.pdf")
        path.write_bytes(draw(options.pages))
        rates = measure(path.read_bytes(), options.rounds)
    for name, found in rates.items():
        print(f"{name:28} {median(found):8.0f} pages per second of CPU")
    print(f"{'ours / plain pypdfium2':28} {ratio(rates, 'pypdfium2'):8.2f}  (target 0.6)")
    print(f"{'ours / plain pypdf':28} {ratio(rates, 'pypdf'):8.2f}  (target 5)")


def measure(data: bytes, rounds: int) -> dict[str, list[float]]:
    """Read in alternating rounds; give the rates of each."""
    readers: dict[str, Callable[[bytes], int]] = {
        "ours": by_us,
        "pypdfium2": by_pypdfium2,
        "pypdf": by_pypdf,
    }
    rates: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            start = time.process_time()
            pages = reader(data)
            rates[name].append(pages / (time.process_time() - start))
    return rates


def ratio(rates: dict[str, list[float]], peer: str) -> float:
    """Compare within each round, so that a machine busy with other work does not decide."""
    return median(ours / theirs for ours, theirs in zip(rates["ours"], rates[peer], strict=True))


def by_us(data: bytes) -> int:
    """Read by the whole reader."""
    return len(read_document(data, "mixed.pdf").page_starts)


def by_pypdfium2(data: bytes) -> int:
    """Read the bare text by pypdfium2."""
    with pypdfium2.PdfDocument(data) as document:
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
        return len(document)


def by_pypdf(data: bytes) -> int:
    """Read the bare text of some pages by pypdf."""
    pages = pypdf.PdfReader(io.BytesIO(data)).pages[::PYPDF_STEP]
    for page in pages:
        page.extract_text()
    return len(pages)


def draw(pages: int) -> bytes:
    """Draw the document: Chinese and English pages in turn."""
    buffer, font = io.BytesIO(), _chinese_font()
    template = SimpleDocTemplate(buffer, pagesize=A4, invariant=1)
    flow: list[object] = []
    shuffled = random.Random(7)
    for page in range(1, pages + 1):
        words = _chinese if page % 2 else _english
        flow += _page(page, font if page % 2 else "Times-Roman", words, shuffled)
    template.build(flow, onFirstPage=_furniture, onLaterPages=_furniture)
    return buffer.getvalue()


def _chinese_font() -> str:
    for path in FONTS:
        try:
            pdfmetrics.registerFont(TTFont("Chinese", path))
        except (TTFError, OSError):
            continue
        return "Chinese"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def _page(
    number: int, font: str, words: Callable[[random.Random, int], str], shuffled: random.Random
) -> list[object]:
    body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=15, spaceAfter=6)
    body.wordWrap, body.alignment = ("CJK", 0) if number % 2 else (None, TA_JUSTIFY)
    heading = ParagraphStyle("heading", parent=body, fontSize=15, leading=20, spaceAfter=10)
    flow: list[object] = [Paragraph(f"{number}. {words(shuffled, 8)[:24]}", heading)]
    flow += [Paragraph(words(shuffled, 75), body) for _ in range(4)]
    if number % 3 == 0:
        cells = [[words(shuffled, 3)[:12] for _ in range(4)] for _ in range(6)]
        flow += [Table(cells, style=[("FONTNAME", (0, 0), (-1, -1), font)]), Spacer(0, 12)]
    flow += [Paragraph(words(shuffled, 60), body) for _ in range(3)]
    return [*flow, PageBreak()]


def _chinese(shuffled: random.Random, count: int) -> str:
    text = "".join(shuffled.choices(CHINESE, k=2 * count))
    return "，".join(text[i : i + 17] for i in range(0, len(text), 17)) + "。"


def _english(shuffled: random.Random, count: int) -> str:
    return " ".join(shuffled.choices(ENGLISH.split(), k=count)).capitalize() + "."


def _furniture(canvas: Canvas, template: object) -> None:
    canvas.setFont("Helvetica", 8.5)
    canvas.drawString(72, A4[1] - 40, "Benchmark document")
    canvas.drawCentredString(A4[0] / 2, 36, f"Page {canvas.getPageNumber()}")


if __name__ == "__main__":
    main()
