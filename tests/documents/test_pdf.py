"""PDFs become Markdown, whichever engine reads them; what cannot be read says why."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pdf_samples
import pytest

from hf_sft_builders.documents import ReaderOptions, read_document
from hf_sft_builders.documents.pdf_lines import Line, PdfContent
from hf_sft_builders.documents.pdf_lines import Page as PdfPage
from hf_sft_builders.errors import ConfigurationError, DocumentError

EXAMPLES = Path(__file__).parents[2] / "examples" / "docs"
ENGINES = ("pdfium", "pypdf")


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine in turn."""
    return request.param


def read(data, engine="pdfium", uri="sample.pdf", **options):
    """Read a PDF by one engine."""
    return read_document(data, uri, ReaderOptions(pdf_engine=engine, **options))


def refused(data, engine, **options):
    """Give the error of a PDF that cannot be read."""
    with pytest.raises(DocumentError) as error:
        read(data, engine, **options)
    return error.value


def test_text_title_and_pages(engine):
    """Each page begins at its first character; the title is the metadata's."""
    data = pdf_samples.pdf(["First page.", "第二页的文字。"], title="A title")
    document = read(data, engine)
    assert "First page.\n\n第二页的文字。\n" == document.text
    assert ((0, 13), "A title") == (document.page_starts, document.title)
    assert (2,) == document.pages(13, 15)


def test_pages_without_text_share_the_next_offset(engine):
    """An empty page begins where the next one does; behind the last text, at the end."""
    document = read(pdf_samples.pdf(["", "One.", "", "Two.", ""]), engine)
    assert "One.\n\nTwo.\n" == document.text
    assert (0, 0, 6, 6, 11) == document.page_starts
    assert ((2,), (4,)) == (document.pages(0, 4), document.pages(6, 10))


@pytest.mark.parametrize(
    ("metadata", "title"),
    [("", "The guide"), ("Microsoft Word - x.docx", "The guide"), ("untitled", "The guide")],
)
def test_senseless_titles_give_way_to_the_first_heading(metadata, title):
    """File names and placeholders are no titles."""
    pages = ["The guide\nSome text follows here."]
    data = pdf_samples.pdf(pages, outline=[("The guide", 1)], title=metadata)
    assert title == read(data).title
    assert "sample" == read(pdf_samples.pdf(["Only text."])).title


def test_passwords(engine):
    """Without password, with wrong ones and with the right one; none is ever shown."""
    data = pdf_samples.encrypted_pdf("Secret text.", "open sesame")
    assert "encrypted" == refused(data, engine).reason
    error = refused(data, engine, passwords=("hunter2", "x"))
    assert "wrong password" == error.reason
    assert "hunter2" not in str(error)
    assert "Secret text.\n" == read(data, engine, passwords=("hunter2", "open sesame")).text
    assert "hunter2" not in repr(ReaderOptions(passwords=("hunter2",)))


def test_an_empty_password_needs_none(engine):
    """Files that only forbid printing open without a password."""
    assert "Text.\n" == read(pdf_samples.encrypted_pdf("Text.", ""), engine).text


def test_scans_have_no_text_layer(engine):
    """A scan says that it is one, and that reading it takes OCR or a vision model."""
    error = refused(pdf_samples.scanned_pdf(), engine)
    assert "no text layer" == error.reason
    assert "OCR" in error.detail
    assert "vision_model=" in error.detail


def test_partly_scanned_files_are_read_and_noted(engine):
    """The pages with text are read; the note names those without."""
    document = read(pdf_samples.partly_scanned_pdf("Some text."), engine)
    assert ("Some text.\n", ("no text layer on page 2",)) == (document.text, document.notes)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf_samples.truncated_pdf(), "damaged"),
        (pdf_samples.empty_pages_pdf(), "no text"),
        (b"%PDF-1.7\n" + b"\x00junk" * 99 + b"%%EOF", "damaged"),
        (b"%PDF-1.4\n%%EOF", "damaged"),
    ],
)
def test_what_is_wrong_has_a_name(data, reason, engine):
    """Broken and empty files end with a stable reason."""
    assert reason == refused(data, engine).reason


def test_every_cut_and_flipped_byte_ends_well(engine, caplog):
    """Whatever is broken in a file, it is read, or refused as a DocumentError."""
    data = pdf_samples.pdf(["Text on page one.", "第二页"], outline=[("One", 1)])
    chance = random.Random(engine)
    for _ in range(60):
        broken = bytearray(data[: chance.choice([len(data), chance.randrange(len(data))])])
        for _ in range(chance.randrange(20)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            read(bytes(broken), engine)
        except DocumentError as error:
            assert error.reason


def test_an_engine_of_no_one():
    """A wrong engine is a mistake of the configuration, and the right ones are named."""
    with pytest.raises(ConfigurationError, match="Known: pdfium, pypdf"):
        read(pdf_samples.pdf(["x"]), "acrobat")


def test_threads_may_read_at_once():
    """Since pdfium is not thread-safe, the reader takes turns."""
    files = [pdf_samples.pdf([f"Text number {number}."] * 3) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda data: read(data).text, files))
    assert all(f"Text number {number}." in text for number, text in enumerate(texts))


def test_control_characters_are_taken_out_and_noted(monkeypatch):
    """What cannot be shown does not reach the text, and the note counts it."""
    line = Line("a\x01b\ufffd", 72, 200, 72, 84, 11, 1)
    content = PdfContent([PdfPage(1, 595, 842, [line])])
    monkeypatch.setattr(
        "hf_sft_builders.documents.pdfium_pages.read_pages", lambda data, password: content
    )
    document = read(pdf_samples.pdf(["x"]))
    assert "ab\ufffd\n" == document.text
    assert 2 == len(document.notes)


class TestTravelGuide:
    """The Chinese sample: no outline, headings by size, running header and footer, tables."""

    @pytest.fixture(scope="class", params=ENGINES)
    def document(self, request):
        """The document, by each engine."""
        data = (EXAMPLES / "yunxi-travel-guide.pdf").read_bytes()
        return read(data, request.param, "yunxi-travel-guide.pdf")

    def test_headings(self, document):
        """Title, parts and chapters are headings of level 1, 2 and 3."""
        found = [(heading.level, heading.title) for heading in document.headings]
        assert [(1, "云溪古城旅行指南"), (2, "一、认识云溪"), (3, "1. 地理与气候")] == found[:3]
        assert 24 == len(found)

    def test_no_furniture(self, document):
        """Neither the running header nor page numbers are left."""
        assert "旅行指南 · 2026" not in document.text
        assert "第 1 页" not in document.text

    def test_broken_sentences_are_whole(self, document):
        """Sentences are joined without spaces inside Chinese, and with those the author set."""
        assert (
            "到清乾隆年间已有商号 312 家，民间有“白天千匹马，夜里万盏灯”的说法。" in document.text
        )
        assert "在 2025 年 12 月核对过，适用于 2026 年全年" in document.text
        assert "水色微白而得名。温泉区有露天池 18 个" in document.text

    def test_attributes_keep_their_lines(self, document):
        """地址, 门票 and 开放时间 stay lines of their own."""
        assert "\n门票：50 元／人（学生 30 元）\n开放时间：8:30—17:30，全年无休\n" in document.text

    def test_tables(self, document):
        """All three tables are pipe tables and blocks."""
        assert 3 == len(document.blocks)
        assert (
            "| 春 | 3—5 月 | 15.2 °C | 看棠梨花、走茶马古道 | 早晚温差可达 12 °C |" in document.text
        )

    def test_lists(self, document):
        """Bullets and numbers are Markdown lists, one line for each item."""
        assert "\n- 烤乳扇：把牛奶做成的薄片卷在竹签上烤" in document.text
        assert "\n2. 9:30 沿长庆街北行" in document.text

    def test_pages(self, document):
        """Each of the six pages begins where its first words are."""
        assert 6 == len(document.page_starts)
        assert (4,) == document.pages(document.text.index("5. 白水温泉"), 0)
        assert "zh" == document.language


class TestManual:
    """The English sample: outline, tables with wrapped cells, hyphens, code, a footnote."""

    @pytest.fixture(scope="class", params=ENGINES)
    def document(self, request):
        """The document, by each engine."""
        data = (EXAMPLES / "tidewater-manual.pdf").read_bytes()
        return read(data, request.param, "tidewater-manual.pdf")

    def test_headings(self, document):
        """The outline's headings are found, with the levels that it gives, below the title."""
        found = [(heading.level, heading.title) for heading in document.headings]
        assert (1, document.title) == found[0]
        assert [(2, "1 Overview"), (3, "1.1 What the controller does")] == found[1:3]
        assert 19 == len(found)

    def test_hyphens(self, document):
        """Broken words are whole again; compounds keep their hyphen."""
        assert "a zone whose adjusted duration" in document.text
        assert "the operator has allowed it" in document.text
        assert "a variable-frequency drive" in document.text

    def test_wrapped_cells(self, document):
        """The lines of a wrapped cell are one cell, though its neighbours stand between them."""
        row = "| E02 | Pressure above 8.5 bar for 2 seconds | Look for a valve that did not open; "
        assert row + "check the set point. |" in document.text

    def test_code(self, document):
        """Monospaced lines are a fence, with their spaces; a key name in a sentence is not."""
        assert "```\n# programs.ini: two programs" in document.text
        assert "\nname      = Orchard east\n" in document.text
        assert "\n\n[program.2]\n" in document.text

    def test_footer_close_to_a_footnote(self, document):
        """The footer goes also where a footnote comes close to it; the footnote stays."""
        assert "Page 4 of 5" not in document.text
        assert "1 The factors assume that the durations were chosen" in document.text
        assert "are reasonable first values" in document.text


def test_code_within_a_sentence_is_no_fence():
    """A monospaced name at the line's start does not break the sentence."""
    data = (EXAMPLES / "tidewater-manual.pdf").read_bytes()
    assert "for three seconds and then the message SELF TEST.\n2. Wait" in read(data).text


def test_raised_digits_are_written_raised():
    """The mark of a note does not melt into the word before it."""
    data = (EXAMPLES / "tidewater-manual.pdf").read_bytes()
    assert "first values.¹ Durations are rounded" in read(data).text


def test_nested_lists_keep_their_depth(engine):
    """Items that are set in lie in the item above them."""
    lines = [
        (0, "Prepare these things first of all, please."),
        (20, "• Tools for the pump"),
        (40, "• A wrench of 17 mm"),
        (40, "• Oil"),
        (20, "• Spare parts"),
        (40, "• Seals"),
    ]
    assert (
        """Prepare these things first of all, please.

- Tools for the pump
    - A wrench of 17 mm
    - Oil
- Spare parts
    - Seals
"""
        == read(pdf_samples.inset_pdf(lines), engine).text
    )
