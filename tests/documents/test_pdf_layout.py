"""What is read from where things stand on the page: columns, tables, furniture, headings."""

import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from hf_sft_builders.documents import ReaderOptions, read_document

WORDS = (
    "the quick brown fox jumps over a lazy dog and runs into the forest where many other animals "
    "live in peace with each other until winter comes and then all of them sleep for months"
)


def draw(*pages):
    """Draw pages of (x, distance from the top, text[, size[, font[, right-aligned]]])."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    for page in pages:
        for x, y, text, *rest in page:
            size, font, right = (*rest, *(11, None, False)[len(rest) :])
            canvas.setFont(font or ("Helvetica" if text.isascii() else "STSong-Light"), size)
            (canvas.drawRightString if right else canvas.drawString)(x, A4[1] - y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read(*pages, engine="pdfium"):
    """Draw and read pages."""
    return read_document(draw(*pages), "drawn.pdf", ReaderOptions(pdf_engine=engine))


def wrapped(count, width, skip=0):
    """Give lines of prose that fill a width."""
    words, lines, line = WORDS.split(), [], []
    index = skip
    while len(lines) < count:
        word = words[index % len(words)]
        index += 1
        if stringWidth(" ".join([*line, word]), "Helvetica", 11) > width:
            lines.append(" ".join(line))
            line = []
        line.append(word)
    return lines


def prose(count=12, top=120, skip=0, left=72, width=450):
    """Draw lines of prose."""
    return [(left, top + 14 * i, line) for i, line in enumerate(wrapped(count, width, skip))]


def table(rows, top, columns=(72, 220, 380), step=18):
    """Draw the cells of a table."""
    return [
        (x, top + index * step, cell)
        for index, row in enumerate(rows)
        for x, cell in zip(columns, row, strict=False)
        if cell
    ]


def test_two_columns_are_read_one_after_the_other():
    """Also where the file draws them row by row; a title above both stays above."""
    left, right = wrapped(20, 210), wrapped(20, 210, 9)
    rows = [
        line
        for index in range(20)
        for line in ((72, 120 + index * 14, left[index]), (312, 120 + index * 14, right[index]))
    ]
    text = read([(72, 80, "A title over both columns", 18), *rows]).text
    assert f"# A title over both columns\n\n{' '.join(left)} {' '.join(right)}\n" == text


def test_three_columns():
    """Three columns are two gutters."""
    sides = [wrapped(20, 130, skip) for skip in (0, 7, 13)]
    rows = [
        (72 + 160 * side, 120 + index * 14, sides[side][index])
        for index in range(20)
        for side in range(3)
    ]
    assert " ".join(word for side in sides for word in side) + "\n" == read(rows).text


def test_two_column_prose_is_no_table():
    """Whatever their order in the file, columns of prose hold no pipe."""
    text = read(prose(16, width=205), prose(16, left=312, width=205)).text
    assert "|" not in text


@pytest.mark.parametrize("engine", ["pdfium", "pypdf"])
def test_tables_with_empty_cells(engine):
    """Cells stand in their columns, also where others are empty; pipes are escaped."""
    rows = [("Item", "Amount", "Price"), ("Apples", "12", "3.50"), ("Pears", "", "a|b")]
    document = read([*prose(4, 80), *table(rows, 170), *prose(4, 250)], engine=engine)
    expected = (
        "| Item | Amount | Price |\n| --- | --- | --- |\n"
        "| Apples | 12 | 3.50 |\n| Pears |  | a\\|b |"
    )
    (span,) = document.blocks
    assert expected == document.text[span.start : span.end]


def test_right_aligned_numbers_belong_to_their_header():
    """A short header on the left of long numbers on the right is one column."""
    lines = [(72, 100, "Name"), (200, 100, "Q"), (300, 100, "P")]
    for index in range(4):
        y = 118 + 18 * index
        lines.append((72, y, f"row {index}"))
        lines.append((260, y, str(7 * index), 11, "Helvetica", True))
        lines.append((380, y, str(9999 * index), 11, "Helvetica", True))
    assert "| Name | Q | P |\n| --- | --- | --- |\n| row 0 | 0 | 0 |" in read(lines).text


def test_repeated_table_headers_are_no_furniture():
    """The header of a table that goes on for pages is followed closely by its rows: it stays."""
    pages = [
        table([("Code", "Meaning"), *((f"E{p}{i}", f"Fault {i}") for i in range(9))], 60)
        for p in range(4)
    ]
    assert 4 == read(*pages).text.count("| Code | Meaning |")


def furnished(body, number, header="Annual report"):
    """A page with a running header and a page number."""
    return [(72, 40, header, 9), *body, (290, 815, str(number), 9)]


def test_headers_and_page_numbers_go():
    """What repeats in the margins goes; a sentence that crosses the page is joined."""
    lines = wrapped(48, 450)
    pages = [
        furnished(
            [(72, 80 + 14 * i, line) for i, line in enumerate(lines[16 * p : 16 * p + 16])], p
        )
        for p in range(3)
    ]
    document = read(*pages)
    assert " ".join(lines) + "\n" == document.text
    starts = [document.text[start:].split()[0] for start in document.page_starts]
    assert [lines[0].split()[0], lines[16].split()[0], lines[32].split()[0]] == starts


def test_chapter_titles_differ_in_digits_only_and_stay():
    """Titles "Chapter 1" and "Chapter 2" at the top of their pages are headings."""
    pages = [furnished([(72, 80, f"Chapter {p}", 20), *prose(skip=p)], p) for p in (1, 2, 3, 4)]
    assert [f"Chapter {p}" for p in (1, 2, 3, 4)] == [h.title for h in read(*pages).headings]


def test_what_repeats_in_the_body_stays():
    """A refrain and the same first line on every page are text."""
    pages = [
        [(72, 80, "The same first line."), *prose(8, 94, p), (72, 300, "Refrain.")]
        for p in range(4)
    ]
    text = read(*pages).text
    assert 4 == text.count("The same first line.") == text.count("Refrain.")


def test_a_single_page_loses_its_number_only():
    """Where there is nothing to compare with, a lone number in the margin goes, words stay."""
    page = [(72, 40, "Head of the page", 9), *prose(4), (290, 815, "- 3 -", 9)]
    text = read(page).text
    assert "Head of the page" in text
    assert "- 3 -" not in text


def test_chinese_numbers_are_headings_where_they_stand_alone():
    """第一章 and 第一节 in the body's size are headings; 一、 in a list is not."""
    document = read(
        [
            (72, 80, "第一章 总则"),
            (
                72,
                110,
                "第一条 为了规范管理，保护当事人的合法权益，制定本办法，适用于全国范围内的各",
            ),
            (72, 126, "类单位。"),
            (72, 160, "第一节 范围"),
            (72, 190, "具体如下："),
            (72, 206, "一、制定规划；"),
            (72, 222, "二、组织实施。"),
        ]
    )
    assert [(1, "第一章 总则"), (2, "第一节 范围")] == [
        (h.level, h.title) for h in document.headings
    ]
    assert "适用于全国范围内的各类单位。" in document.text
    assert "一、制定规划；\n二、组织实施。" in document.text


def test_headings_over_several_lines():
    """Two lines of one heading are one heading."""
    page = [
        (72, 80, "A very long title that goes", 20),
        (72, 104, "on in a second line", 20),
        *prose(),
    ]
    assert ["A very long title that goes on in a second line"] == [
        h.title for h in read(page).headings
    ]


def test_bold_lines_are_headings_but_bold_paragraphs_are_not():
    """A bold line of the body's size that stands alone is a heading."""
    bold = [
        (72, 420 + 14 * i, line, 11, "Helvetica-Bold") for i, line in enumerate(wrapped(3, 450))
    ]
    page = [
        *prose(6, 80),
        (72, 190, "Conditions of use", 11, "Helvetica-Bold"),
        *prose(6, 212),
        *bold,
    ]
    assert ["Conditions of use"] == [heading.title for heading in read(page).headings]


def test_lists_nested_and_wrapped():
    """Items are lines; a wrapped item is one line; the text after the list is a paragraph."""
    page = [
        *prose(3, 80),
        (80, 130, "• " + wrapped(1, 430)[0]),
        (90, 144, "in its second line"),
        (80, 158, "• second"),
        (80, 172, "• third"),
        (72, 200, "After the list, more text follows."),
    ]
    text = read(page).text
    assert " in its second line\n- second\n- third\n\nAfter the list" in text


def test_a_number_that_a_sentence_wraps_to_is_no_item():
    """A "3. " at a line's start in the middle of a sentence stays in the sentence."""
    lines = wrapped(4, 450)
    lines[2] = "3. " + lines[2]
    page = [(72, 80 + 14 * i, line) for i, line in enumerate(lines)]
    assert " ".join(lines) + "\n" == read(page).text


def test_first_line_indents_begin_paragraphs():
    """Paragraphs that only an indented line tells apart are paragraphs."""
    lines = wrapped(9, 440)
    page = [(84 if i % 3 == 0 else 72, 80 + 14 * i, line) for i, line in enumerate(lines)]
    assert [" ".join(lines[i : i + 3]) for i in (0, 3, 6)] == read(page).text.strip().split("\n\n")


def test_what_looks_like_markdown_is_escaped():
    """A line that begins with # is no heading of ours."""
    document = read([(72, 80, "# not a heading"), *prose(3)])
    assert () == document.headings
    assert document.text.startswith("\\# not a heading")


def test_rotated_pages_are_read_as_shown():
    """A page that is turned for display has its lines in the order in which they are seen."""
    from pypdf import PdfReader, PdfWriter

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.translate(A4[0], 0)
    canvas.rotate(90)
    lines = wrapped(6, 600)
    for index, line in enumerate(lines):
        canvas.drawString(72, 500 - 14 * index, line)
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(buffer.getvalue())))
    writer.pages[0].rotate(90)
    turned = io.BytesIO()
    writer.write(turned)
    assert " ".join(lines) + "\n" == read_document(turned.getvalue(), "turned.pdf").text


def test_a_sentence_goes_on_around_a_footnote():
    """A footnote at the page's end comes before the paragraph that crosses the page."""
    lines = wrapped(8, 450)
    first = [(72, 650 + 14 * i, line) for i, line in enumerate(lines[:5])]
    note = [(72, 740, "1 See the other volume.", 8)]
    second = [(72, 80 + 14 * i, line) for i, line in enumerate(lines[5:])]
    document = read([*prose(9, 80), *first, *note], second)
    assert document.text.endswith(f"1 See the other volume.\n\n{' '.join(lines)}\n")
    assert document.text[document.page_starts[1] :].startswith(lines[5])


def test_contents_pages_are_no_tables_and_no_headings():
    """Lines with dot leaders stay lines."""
    page = [(72, 80 + 16 * i, f"{i}. Chapter {'.' * 60} {i * 7}") for i in (1, 2, 3)]
    document = read([*page, *prose(6, 160)])
    assert ((), ()) == (document.blocks, document.headings)
