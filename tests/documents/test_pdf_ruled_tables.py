"""Tables with drawn borders: merged cells, wrapped words, and boxes that are no tables."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_samples import CHINESE
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

import hf_sft_builders as sft
from hf_sft_builders.documents.pdf_grids import grids

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
PROSE = ParagraphStyle("prose", fontName=CHINESE, fontSize=10, leading=12, wordWrap="CJK")


def drawn(cells, spans=(), widths=90.0, style=(), rotated=0):
    """Draw a table with its borders between two paragraphs, and read the page."""
    look = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("FONT", (0, 0), (-1, -1), CHINESE, 10),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        *(("SPAN", *span) for span in spans),
        *style,
    ]
    table = Table(cells, colWidths=widths, style=look)
    between = [Paragraph("见下表。", PROSE), Spacer(1, 12), table, Spacer(1, 12)]
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build(
        [*between, Paragraph("以上为准。", PROSE)],
        onFirstPage=lambda canvas, _: canvas.setPageRotation(rotated),
    )
    return sft.read_document(buffer.getvalue(), "table.pdf").text


def found_rows(text):
    """Give the cells of the pipe tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [line.strip("| ").split(" | ") for line in lines if "---" not in line]


class TestMergedCells:
    """What is merged says what it says in each row and column that it covers."""

    def test_header_of_two_rows(self):
        """The headers above stand above each of theirs."""
        text = drawn(
            [
                ["景点", "票价", "", "开放"],
                ["", "成人", "儿童", ""],
                ["望云楼", "80", "40", "9:00"],
            ],
            [((0, 0), (0, 1)), ((1, 0), (2, 0)), ((3, 0), (3, 1))],
        )
        assert [
            ["景点", "票价", "票价", "开放"],
            ["景点", "成人", "儿童", "开放"],
            ["望云楼", "80", "40", "9:00"],
        ] == found_rows(text)

    def test_first_column(self):
        """A kind stands beside each of its models."""
        text = drawn(
            [
                ["类别", "型号"],
                ["离心泵", "P1"],
                ["", "P2"],
                ["", "P3"],
                ["隔膜泵", "D1"],
                ["", "D2"],
            ],
            [((0, 1), (0, 3)), ((0, 4), (0, 5))],
        )
        assert [
            ["类别", "型号"],
            *[["离心泵", model] for model in ("P1", "P2", "P3")],
            *[["隔膜泵", model] for model in ("D1", "D2")],
        ] == found_rows(text)

    def test_title_and_note_over_the_whole_width(self):
        """They are paragraphs above and below the table."""
        cells = [
            ["2025 年票价", ""],
            ["景点", "元"],
            ["望云楼", "80"],
            ["价格含税，运费另计。", ""],
        ]
        text = drawn(cells, [((0, 0), (1, 0)), ((0, 3), (1, 3))])
        table = "| 景点 | 元 |\n| --- | --- |\n| 望云楼 | 80 |"
        assert f"2025 年票价\n\n{table}\n\n价格含税，运费另计。" in text

    @pytest.mark.parametrize("rotated", [90, 180, 270])
    def test_on_a_turned_page(self, rotated):
        """Borders turn with the words."""
        cells = [["Kind", "Model"], ["Pump", "P1"], ["", "P2"], ["", "P3"]]
        text = drawn(cells, [((0, 1), (0, 3))], rotated=rotated)
        assert sorted("KMPPPPPP") == sorted(cell[0] for row in found_rows(text) for cell in row)

    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_any_merge_says_what_was_in_the_cell(self, data):
        """Whatever is merged, no word is lost or moved."""
        height = data.draw(st.integers(3, 6), label="rows")
        width = data.draw(st.integers(2, 5), label="columns")
        top, left = data.draw(st.integers(0, height - 2)), data.draw(st.integers(0, width - 2))
        bottom = data.draw(st.integers(top, height - 2))
        right = data.draw(st.integers(left, width - 2))
        expected = [[f"c{row}x{column}" for column in range(width)] for row in range(height)]
        cells = [list(row) for row in expected]
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                expected[row][column] = f"c{top}x{left}"
                cells[row][column] = f"c{top}x{left}" if (row, column) == (top, left) else ""
        text = drawn(cells, [((left, top), (right, bottom))], widths=60.0)
        assert expected == found_rows(text)


class TestCells:
    """Words stay in their cells."""

    def test_wrapped_words_and_numbers_like_a_list(self):
        """Cells of several lines, and first cells that look like marks of a list."""
        long = "甲方应当在收到乙方通知之日起十五个工作日内完成验收，逾期未验收的视为验收合格。"
        cells = [["条款", "内容"], ["第一条", long], ["第二条", "货物为全新。"], ["第三条", long]]
        paragraphs = [[Paragraph(cell, PROSE) for cell in row] for row in cells]
        assert cells == found_rows(drawn(paragraphs, widths=[60, 220]))

    def test_a_last_row_of_one_word(self):
        """Empty cells do not push it out of the table."""
        cells = [["姓名", "语文", "数学"], ["张三", "90", "88"], ["赵六", "", ""]]
        assert "| 赵六 |  |  |" in drawn(cells)

    def test_open_sides(self):
        """The outer borders may be missing."""
        level = [(0, y, 100, y) for y in (0, 20, 60)]
        (grid,) = grids([*level, (50, 0, 50, 60), (0, 40, 50, 40)])
        assert (0, 50, 100) == grid.across
        assert (0, 20, 40, 60) == grid.down
        assert (1, 1) == grid.cells[1, 1] == grid.cells[2, 1] == grid.cells[grid.slot_at(80, 50)]
        assert (2, 0) == grid.cells[grid.slot_at(20, 50)]


class TestNoTables:
    """Lines that are drawn for something else."""

    def test_a_chart_keeps_its_words(self):
        """Its grid lines make no table."""
        buffer = io.BytesIO()
        canvas = Canvas(buffer)
        canvas.grid(range(100, 500, 40), range(300, 700, 40))
        for place, word in ((110, "Sales"), (350, "Costs")):
            canvas.drawString(place, 505, word)
        canvas.drawString(100, 200, "Figure 1: sales and costs, by quarter.")
        canvas.save()
        text = sft.read_document(buffer.getvalue(), "chart.pdf").text
        assert "|" not in text
        assert all(word in text for word in ("Sales", "Costs", "Figure 1"))

    def test_lines_that_do_not_touch(self):
        """Single lines make no grid."""
        assert [] == grids([(0, 10, 100, 10), (0, 50, 100, 50)])
        assert [] == grids([(200, 10, 200, 50), (0, 10, 100, 10)])

    def test_cells_that_are_no_rectangles(self):
        """A drawing makes no grid."""
        frame = [(0, 0, 90, 0), (0, 90, 90, 90), (0, 0, 0, 90), (90, 0, 90, 90)]
        assert [] == grids([*frame, (30, 0, 30, 60), (0, 60, 30, 60)])
