"""Draw the sample PDFs in docs/ from the texts in sources/.

    python make_samples.py --font /usr/share/fonts/truetype/wqy/wqy-microhei.ttc

The PDFs are committed, so this runs only when a text changes. It needs reportlab and a Chinese
TrueType font, of which only the glyphs that occur are embedded. The same texts and font give the
same bytes. The sources are Markdown with a few habits: a line that begins with ":" is a caption,
"> " keeps its line break, and a table's dashes are in proportion to the widths of its columns.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Preformatted,
    Table,
    TableStyle,
)

HERE = Path(__file__).parent
SAMPLES = {
    "travel_guide.zh.md": "yunxi-travel-guide.pdf",
    "technical_manual.en.md": "tidewater-manual.pdf",
}
MARGIN = 25 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, RULE, SHADE = HexColor("#1f3a4d"), HexColor("#9fb0bb"), HexColor("#e9eff2")

Meta = dict[str, str]
Styles = dict[str, ParagraphStyle]
STARTS = {
    "### ": "section",
    "## ": "chapter",
    "# ": "title",
    "> ": "fact",
    "|": "table",
    "- ": "item",
    "1. ": "item",
    ": ": "caption",
    "[^": "note",
    "```": "code",
}
UNBREAKABLE = re.compile(r"([“（《]*)([!-~°·—]+|.)([，。、；：？！”）》 ]*)")


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, list, table, ... of a source, as it is written there."""

    kind: str
    text: str

    @property
    def line(self) -> str:
        """The block on one line."""
        return re.sub(r"\s*\n\s*", " ", self.text)


def read(path: Path) -> tuple[Meta, list[Block]]:
    """The front matter and the blocks of a source."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    meta = dict(line.split(": ", 1) for line in front.splitlines())
    pieces = re.findall(r"^```\n.*?^```$|\S.*?(?=\n\n|\Z)", body, re.DOTALL | re.MULTILINE)
    return meta, [Block(kind_of(piece), piece.strip()) for piece in pieces]


def kind_of(piece: str) -> str:
    """What a block is, by how it begins."""
    return next((kind for start, kind in STARTS.items() if piece.startswith(start)), "text")


def styles_for(language: str) -> Styles:
    """Headings are larger, never marked in another way: readers must see it in the type."""
    chinese = language == "zh"
    body = ParagraphStyle(
        "text",
        fontName="Chinese" if chinese else "Times-Roman",
        fontSize=10.5,
        leading=18 if chinese else 15,
        firstLineIndent=21 if chinese else 0,
        rightIndent=-12 if chinese else 0,  # room for a closing mark that hangs
        alignment=0 if chinese else TA_JUSTIFY,
        spaceAfter=7,
        bulletFontName="Chinese" if chinese else "Times-Roman",
        allowWidows=0,
        allowOrphans=0,
    )
    bold = body.fontName if chinese else "Helvetica-Bold"
    flat = ParagraphStyle("flat", body, firstLineIndent=0, alignment=0)
    small = ParagraphStyle("small", flat, fontSize=9, leading=13)
    return {
        "text": body,
        "title": heading("title", flat, bold, 22),
        "chapter": heading("chapter", flat, bold, 16),
        "section": heading("section", flat, bold, 12.5),
        "caption": ParagraphStyle("caption", small, textColor=INK),
        "fact": ParagraphStyle("fact", flat, leftIndent=12, leading=16, spaceAfter=0),
        "item": ParagraphStyle("item", flat, leftIndent=20, bulletIndent=4, spaceAfter=4),
        "cell": ParagraphStyle("cell", small, spaceAfter=0),
        "note": ParagraphStyle("note", small, fontSize=8.5, leading=11),
        "code": ParagraphStyle("code", fontName="Courier", fontSize=9, leading=11.5, spaceAfter=0),
    }


def heading(name: str, base: ParagraphStyle, font: str, size: float) -> ParagraphStyle:
    """A style that stays with what follows it."""
    return ParagraphStyle(
        name,
        base,
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        spaceBefore=size * 0.7,
        spaceAfter=size * 0.45,
        textColor=INK,
        keepWithNext=1,
    )


def inline(text: str) -> str:
    """Markdown's bold, code and footnote marks as reportlab's tags."""
    text = escape(text).replace("&amp;shy;", "\N{SOFT HYPHEN}")
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"`(.+?)`", r'<font face="Courier" size="9.5">\1</font>', text)
    text = re.sub(r"\[\^(\d)\]:?", r"<super size=7>\1</super>", text)
    return text.replace("\n", "<br/>")


def paragraph(text: str, style: ParagraphStyle, width: float = WIDTH, mark: str = "") -> Paragraph:
    """Text in a style; Chinese is broken into lines here, English by platypus."""
    if style.fontName == "Chinese":
        room = width - style.leftIndent
        text = "\n".join(chinese_lines(text, style, room))
    return Paragraph(inline(text), style, bulletText=mark or None)


def chinese_lines(text: str, style: ParagraphStyle, room: float) -> Iterator[str]:
    """Break between any two characters, but keep words, numbers and brackets whole.

    No line begins with a closing mark: one that does not fit hangs in the margin.
    """
    line, indent = "", style.firstLineIndent
    for opening, core, closing in UNBREAKABLE.findall(text):
        width = pdfmetrics.stringWidth(line + opening + core, style.fontName, style.fontSize)
        if line and width > room - indent:
            yield line.strip()
            line, indent = "", 0
        line += opening + core + closing
    yield line.strip()


class Footnote(Flowable):  # type: ignore[misc]
    """Takes no room where it stands; the page draws it at its foot."""

    def __init__(self, paragraph: Paragraph) -> None:
        super().__init__()
        self.paragraph = paragraph

    def wrap(self, *_available: float) -> tuple[float, float]:
        """Ask for no room."""
        return 0, 0

    def draw(self) -> None:
        """Leave the note to the foot of the page."""
        self.canv.footnote = self.paragraph


def boxed(rows: list[list[Flowable]], widths: list[float], *commands: tuple[object, ...]) -> Table:
    """A table with room in its cells."""
    padding = [("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 5)]
    middle = ("VALIGN", (0, 0), (-1, -1), "MIDDLE")
    return Table(
        rows, widths, style=TableStyle([*padding, middle, *commands]), repeatRows=1, spaceAfter=10
    )


def table(block: Block, styles: Styles) -> Table:
    """A ruled table, whose header is repeated where it crosses a page."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in block.text.split("\n")]
    dashes = [len(cell) for cell in rows.pop(1)]
    widths = [WIDTH * count / sum(dashes) for count in dashes]
    cells = [
        [
            paragraph(cell, styles["cell"], width - 12)
            for cell, width in zip(row, widths, strict=True)
        ]
        for row in rows
    ]
    grid = ("GRID", (0, 0), (-1, -1), 0.5, RULE)
    return boxed(cells, widths, grid, ("BACKGROUND", (0, 0), (-1, 0), SHADE))


def code(block: Block, styles: Styles) -> Table:
    """A snippet in a shaded box."""
    lines = Preformatted("\n".join(block.text.split("\n")[1:-1]), styles["code"])
    return boxed([[lines]], [WIDTH], ("BACKGROUND", (0, 0), (-1, -1), SHADE))


def items(block: Block, styles: Styles) -> Iterator[Flowable]:
    """A list, bulleted or numbered."""
    for item in re.split(r"\n(?=- |\d+\. )", block.text):
        mark, text = Block("item", item).line.split(" ", 1)
        yield paragraph(text, styles["item"], mark=mark.replace("-", "•"))


def facts(block: Block, styles: Styles) -> Flowable:
    """Short lines that belong on one page."""
    lines = [line.removeprefix("> ") for line in block.text.split("\n")]
    return KeepTogether([paragraph(line, styles["fact"]) for line in lines])


def flowables(blocks: list[Block], styles: Styles) -> Iterator[Flowable]:
    """What platypus lays out. A table may cross a page, but not right after its caption."""
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.kind == "caption" and after and after.kind == "table":
            yield CondPageBreak(50 * mm)
        if block.kind == "item":
            yield from items(block, styles)
        else:
            yield flowable(block, styles)


def flowable(block: Block, styles: Styles) -> Flowable:
    """What one block becomes."""
    drawn = {"table": table, "code": code, "fact": facts}
    if block.kind in drawn:
        return drawn[block.kind](block, styles)
    text = paragraph(re.sub(r"^(#+|:) ", "", block.line), styles[block.kind])
    return Footnote(text) if block.kind == "note" else text


class Manual(BaseDocTemplate):  # type: ignore[misc]
    """A document with a running header, a footer, and bookmarks if its source asks for them."""

    def __init__(self, target: Path, meta: Meta, pages: int) -> None:
        super().__init__(
            str(target),
            pagesize=A4,
            title=meta["title"],
            subject=meta["subject"],
            author="the hf_sft_builders authors",
            lang=meta["language"],
            invariant=1,
        )
        self.meta, self.pages_in_all = meta, pages
        self.font = "Chinese" if meta["language"] == "zh" else "Helvetica"
        frame = Frame(MARGIN, 28 * mm, WIDTH, A4[1] - 54 * mm, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate("page", [frame], self.header, onPageEnd=self.foot))

    def header(self, canvas: Canvas, _document: BaseDocTemplate) -> None:
        """Draw the line above the text."""
        canvas.setFont(self.font, 8.5)
        canvas.setFillColor(INK)
        canvas.drawString(MARGIN, A4[1] - 17 * mm, self.meta["header"])
        rule(canvas, A4[1] - 19 * mm, WIDTH, RULE)
        canvas.footnote = None

    def foot(self, canvas: Canvas, _document: BaseDocTemplate) -> None:
        """Draw the page's footnote, if it has one, and the line below the text."""
        if canvas.footnote:
            rule(canvas, 26.5 * mm, 40 * mm, INK)
            _, height = canvas.footnote.wrap(WIDTH, 20 * mm)
            canvas.footnote.drawOn(canvas, MARGIN, 25.5 * mm - height)
        canvas.setFont(self.font, 8.5)
        canvas.setFillColor(INK)
        text = self.meta["footer"].format(page=canvas.getPageNumber(), pages=self.pages_in_all)
        canvas.drawCentredString(A4[0] / 2, 13 * mm, text)

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - the name is reportlab's
        """Bookmark a heading."""
        name = getattr(getattr(flowable, "style", None), "name", "")
        if self.meta["outline"] == "yes" and name in {"chapter", "section"}:
            title = flowable.getPlainText()
            self.canv.bookmarkHorizontal(title, 0, self.frame._y + flowable.height)
            self.canv.addOutlineEntry(title, title, level=int(name == "section"))


def rule(canvas: Canvas, y: float, width: float, color: Color) -> None:
    """Draw a line from the left margin."""
    canvas.setStrokeColor(color)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, y, MARGIN + width, y)


def check_glyphs(source: Path, font: TTFont) -> None:
    """Refuse a font that would leave a hole (a glyph that it has can still be blank: look)."""
    known = {"\n", *map(chr, font.face.charToGlyph)}
    missing = sorted(set(source.read_text(encoding="utf-8")) - known)
    if missing and source.match("*.zh.md"):
        sys.exit(f"the font has no glyph for {' '.join(missing)}: choose another --font")


def draw(source: Path, target: Path) -> int:
    """Draw twice, because the footer may name the number of pages; return that number."""
    meta, blocks = read(source)
    styles, pages = styles_for(meta["language"]), 0
    for _ in range(2):
        manual = Manual(target, meta, pages)
        manual.build(list(flowables(blocks, styles)))
        pages = manual.page
    return pages


def main(report: Callable[[str], None] = print) -> None:
    """Read the command line, and draw every sample."""
    parser = argparse.ArgumentParser(description="Draw the sample PDFs in docs/.")
    parser.add_argument("--font", required=True, help="a Chinese TrueType font (.ttf or .ttc)")
    parser.add_argument("--out", type=Path, default=HERE / "docs", help="the folder to write to")
    arguments = parser.parse_args()
    font = TTFont("Chinese", arguments.font)
    pdfmetrics.registerFont(font)
    for source, name in SAMPLES.items():
        check_glyphs(HERE / "sources" / source, font)
        target = arguments.out / name
        pages = draw(HERE / "sources" / source, target)
        report(f"{target}: {pages} pages, {target.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
