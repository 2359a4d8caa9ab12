"""How fast and how truly PDFs are read, against pypdf, pdfplumber, pymupdf, pdftotext and plain pdfium.

Draws documents of which every word is known: Chinese and English in turn, headings, tables, running
headers, in one column and in two, of 10 to 1,000 pages. Prints

* pages per second of processor time, and their ratio to pypdf in the same rounds;
* the character error rate: edits between the words drawn and the words read, in reading order, over the
  words drawn (letters and digits only; headers and page numbers are taken out of all readings alike);
* what the child process costs, and how soon a document of 1,000 pages gives its first chunk.

Peers that are not installed are left out (pymupdf is AGPL and is no dependency of anything here).

    python benchmarks/documents.py [--pages 200] [--rounds 3] [--long 1000]
"""

from __future__ import annotations

import argparse
import io
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pypdf
import pypdfium2
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from hf_sft_builders.documents import (
    Chunking,
    Document,
    ReadingLimits,
    documents_in,
    read_document,
    split_document,
)

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
FURNITURE = re.compile(r"Benchmark document|Page \d+")
SLOW = {"pypdf": 20, "pdfplumber": 6}
"""Pages that slow peers read of a long document."""


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pages", type=int, default=200)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--long", type=int, default=1000)
    options = arguments.parse_args()
    for title, drawing in LAYOUTS.items():
        print(f"\n{title}, Chinese and English, {options.pages} pages")
        data, _ = drawing(options.pages)
        short, words = drawing(10)
        rates = measure(data, options.pages, options.rounds)
        print(f"{'':22} {'pages/s':>8} {'x pypdf':>8} {'CER':>8}")
        for name, found in rates.items():
            ratio = median(a / b for a, b in zip(found, rates["pypdf"], strict=True))
            wrong = error_rate(words, readers()[name](short, 10))
            print(f"{name:22} {median(found):8.0f} {ratio:8.1f} {wrong:8.4f}")
    in_child(data, options.rounds)
    long_document(options.long)


def readers() -> dict[str, Callable[[bytes, int], str]]:
    """Give what is installed: each reads the first pages of a file."""
    found: dict[str, Callable[[bytes, int], str]] = {
        "ours, with headings": lambda data, pages: read_document(data, "a.pdf").text,
        "plain pdfium": by_pdfium,
        "pypdf": by_pypdf,
    }
    if find_spec("pdfplumber") and find_spec("cryptography"):
        found["pdfplumber"] = by_pdfplumber
    if find_spec("pymupdf"):
        found["pymupdf"] = by_pymupdf
    if shutil.which("pdftotext"):
        found["pdftotext"] = by_pdftotext
    return found


def measure(data: bytes, pages: int, rounds: int) -> dict[str, list[float]]:
    """Read in alternating rounds, because a machine busy with other work slows all alike."""
    rates: dict[str, list[float]] = {name: [] for name in readers()}
    for _ in range(rounds):
        for name, reader in readers().items():
            wanted = min(pages, SLOW.get(name, pages))
            start = _processor_time()
            reader(data, wanted)
            rates[name].append(wanted / (_processor_time() - start))
    return rates


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def in_child(data: bytes, rounds: int) -> None:
    """Print what reading in a process of its own costs, by the clock."""
    small, limits = b"<p>Small.</p>", ReadingLimits()
    start = time.perf_counter()
    list(documents_in(small, "a.html", limits=limits))
    print(f"\nchild process: {time.perf_counter() - start:.2f} s to start, once")
    for name, file, times in (("a.html", small, 200), ("a.pdf", data, rounds)):
        alone = _clock(lambda name=name, file=file: read_document(file, name), times)  # type: ignore[misc]
        child = _clock(
            lambda name=name, file=file: list(documents_in(file, name, limits=limits)),  # type: ignore[misc]
            times,
        )
        print(
            f"  {name:8} {1000 * alone:9.2f} ms in this process, {1000 * child:9.2f} ms in the child"
        )


def _clock(work: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def long_document(pages: int) -> None:
    """Print when the first chunk comes, and how much memory it all takes."""
    data, _ = draw(pages, 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    document = read_document(data, "long.pdf")
    chunks = split_document(document, Chunking())
    next(iter(chunks))
    first = time.perf_counter() - start
    [child] = documents_in(data, "long.pdf", limits=ReadingLimits())
    assert isinstance(child, Document) and child == document
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    per_megabyte = 1024 if sys.platform == "linux" else 1 << 20
    print(
        f"\n{pages} pages ({len(data) / 2**20:.1f} MB): first chunk after {first:.2f} s; "
        f"{(peak - before) / per_megabyte:.0f} MB more memory at most"
    )


def by_pdfium(data: bytes, pages: int) -> str:
    """Read the bare text by pypdfium2."""
    texts = []
    with pypdfium2.PdfDocument(data) as document:
        for index in range(pages):
            page = document[index]
            text = page.get_textpage()
            texts.append(text.get_text_range())
            text.close()
            page.close()
    return "\n".join(texts)


def by_pypdf(data: bytes, pages: int) -> str:
    """Read the bare text by pypdf."""
    return "\n".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages[:pages]
    )


def by_pdfplumber(data: bytes, pages: int) -> str:
    """Read the bare text by pdfplumber."""
    with import_module("pdfplumber").open(io.BytesIO(data)) as document:
        return "\n".join(page.extract_text() for page in document.pages[:pages])


def by_pymupdf(data: bytes, pages: int) -> str:
    """Read the bare text by pymupdf."""
    with import_module("pymupdf").open(stream=data) as document:
        return "\n".join(document[index].get_text() for index in range(pages))


def by_pdftotext(data: bytes, pages: int) -> str:
    """Read the bare text by poppler's program."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(data)
        command = ["pdftotext", "-l", str(pages), file.name, "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def error_rate(drawn: list[str], read: str) -> float:
    """Give the edits from what was drawn to what was read, per character drawn."""
    wanted, found = letters(" ".join(drawn)), letters(FURNITURE.sub("", read))
    return edits(wanted, found) / len(wanted)


def letters(text: str) -> str:
    """Give letters and digits: tools differ in spaces, and in marks of Markdown."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def edits(first: str, second: str) -> int:
    """Give the edit distance, by Myers' bit vectors: one long number holds a whole column."""
    places: dict[str, int] = {}
    for index, character in enumerate(first):
        places[character] = places.get(character, 0) | 1 << index
    full, last = (1 << len(first)) - 1, 1 << (len(first) - 1)
    up, down, distance = full, 0, len(first)
    for character in second:
        same = places.get(character, 0)
        across = same | down
        same |= ((same & up) + up) ^ up
        right, left = down | ~(same | up) & full, up & same
        distance += bool(right & last) - bool(left & last)
        right, left = (right << 1 | 1) & full, (left << 1) & full
        up, down = left | ~(across | right) & full, right & across
    return distance


def draw(pages: int, columns: int) -> tuple[bytes, list[str]]:
    """Draw a document, Chinese and English pages in turn; also give its words in order."""
    buffer, font = io.BytesIO(), _chinese_font()
    template = BaseDocTemplate(buffer, pagesize=A4, invariant=1)
    width, height = A4[0] - 144, A4[1] - 160
    column = (width - 24 * (columns - 1)) / columns
    frames = [Frame(72 + i * (column + 24), 72, column, height) for i in range(columns)]
    template.addPageTemplates(PageTemplate(frames=frames, onPage=_furniture))
    flow: list[object] = []
    drawn: list[str] = []
    shuffled = random.Random(7)
    for page in range(1, pages + 1):
        words = _chinese if page % 2 else _english
        flow += _page(page, font if page % 2 else "Times-Roman", words, shuffled, drawn, columns)
    template.build(flow)
    return buffer.getvalue(), drawn


def draw_by_rows(pages: int) -> tuple[bytes, list[str]]:
    """Draw two columns line by line across, as some programs do; the words are in reading order."""
    buffer, shuffled, drawn = io.BytesIO(), random.Random(7), list[str]()
    canvas, font = Canvas(buffer, pagesize=A4, invariant=1), _chinese_font()
    for page in range(1, pages + 1):
        name, words = (font, _chinese) if page % 2 else ("Times-Roman", _english)
        text = words(shuffled, 1000)
        canvas.setFont(name, 10)
        lines = simpleSplit(text, name, 10, 210) if page % 2 == 0 else _cut(text, 21)
        columns = lines[:40], lines[40:80]
        drawn += [line for column in columns for line in column]
        for row in range(40):
            for place, column in enumerate(columns):
                canvas.drawString(72 + 240 * place, A4[1] - 80 - 16 * row, column[row])
        canvas.showPage()
    canvas.save()
    return buffer.getvalue(), drawn


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


LAYOUTS: dict[str, Callable[[int], tuple[bytes, list[str]]]] = {
    "one column with headings and tables": lambda pages: draw(pages, 1),
    "two columns with headings": lambda pages: draw(pages, 2),
    "two columns drawn row by row": draw_by_rows,
}


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
    number: int,
    font: str,
    words: Callable[[random.Random, int], str],
    shuffled: random.Random,
    drawn: list[str],
    columns: int,
) -> list[object]:
    body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=15, spaceAfter=6)
    body.wordWrap, body.alignment = ("CJK", 0) if number % 2 else (None, TA_JUSTIFY)
    heading = ParagraphStyle("heading", parent=body, fontSize=15, leading=20, spaceAfter=10)

    def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
        drawn.append(text)
        return Paragraph(text, style)

    flow: list[object] = [paragraph(f"{number}. {words(shuffled, 8)[:20]}", heading)]
    flow += [paragraph(words(shuffled, 75), body) for _ in range(4)]
    if number % 3 == 0 and columns == 1:
        cells = [[words(shuffled, 3)[:12] for _ in range(4)] for _ in range(6)]
        drawn += [cell for row in cells for cell in row]
        flow += [Table(cells, style=[("FONTNAME", (0, 0), (-1, -1), font)]), Spacer(0, 12)]
    flow += [paragraph(words(shuffled, 60), body) for _ in range(2)]
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
