"""Word, PowerPoint and Excel: what libraries wrote and what they cannot."""

import office_samples
import pytest

from hf_sft_builders.documents import read_document
from hf_sft_builders.documents.docx_styles import numeral
from hf_sft_builders.documents.number_formats import shown_number
from hf_sft_builders.errors import DocumentError


def test_word_as_a_library_writes_it():
    """Title, headings, merged cells, lists by their depth, a picture with its words."""
    document = read_document(office_samples.word(), "a.docx")
    assert (
        """# 云溪古城

## 门票

古城不收门票，望云楼收 80 元。

| 景点 | 票价 | 票价 |
| --- | --- | --- |
| 望云楼 | 80 | 9:00 |
| 望云楼 | 40 | 8:00 |

### Getting there

- By bus
    - Line 3
1. First
2. Second

Before ![The tower](word/media/image1.png)

End.
"""
        == document.text
    )
    assert "旅行指南" == document.title
    [picture] = document.images
    assert ("word/media/image1.png", "The tower") == (picture.name, picture.alt)
    assert document.text[picture.start :].startswith("Before")


def test_word_with_all_that_libraries_leave_out():
    """Numbers, notes, tracked changes, text boxes, tables in tables, ruby, page breaks."""
    document = read_document(office_samples.odd_word(), "a.docx")
    assert (
        """# 第一章 总则

## 一.1 范围

楼高 28.6 米[^2]，共五层。

[^2]: 据县志。

上半句下半句。

框中文字。

# 第二章 附则

| 甲 | 乙, 丙 |
| --- | --- |
| 丁 | 戊 |

测试。
"""
        == document.text
    )
    assert ("第一章 总则", "一.1 范围") == document.heading_path(30)
    assert (0, document.text.index("层。")) == document.page_starts


def test_slides():
    """One page each, bullets by level, tables, charts, notes; hidden slides are told."""
    document = read_document(office_samples.slides(), "a.pptx")
    assert (
        """# 水泵手册

- 压力范围
    - 0 到 6 bar
- 温度范围

> 先讲压力。

# Figures

![A pump](ppt/media/image1.png)

| Model | Flow |
| --- | --- |
| P1 | 12 |

|  | Sales |
| --- | --- |
| 2024 | 3.5 |
| 2025 | 4 |

Below the table.

隐藏页
"""
        == document.text
    )
    assert 3 == len(document.page_starts)
    assert ("slide 3 is hidden",) == document.notes


def test_sheets():
    """Numbers and dates as shown, merged cells filled, tables parted by empty rows."""
    document = read_document(office_samples.workbook(), "a.xlsx")
    assert (
        """# 票价

2025 年票价表

| 景点 | 价格 | 起始日期 |
| --- | --- | --- |
| 望云楼 | ¥80.50 | 2025年1月1日 |
| 望云楼 | 12.5% | 2025-06-30 14:05 |

| Total | =SUM(B3:B4) |
| --- | --- |
| a\\|b | TRUE |

# Hidden

| x | 1234567.5 |
| --- | --- |
| y | 3 |
"""
        == document.text
    )
    assert ("sheet 'Hidden' is hidden",) == document.notes


def test_a_huge_sheet_is_bounded_and_told(monkeypatch):
    """What is beyond the limit is noted, never silently left out."""
    monkeypatch.setattr("hf_sft_builders.documents.xlsx.MAX_CELLS", 5)
    document = read_document(office_samples.workbook(), "a.xlsx")
    assert any("only 2 rows were read" in note for note in document.notes)


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        ("0.1255", "0.0%", "12.6%"),
        ("1234.5", "#,##0.00", "1,234.50"),
        ("-5", "0;(0)", "(5)"),
        ("-0.2", "0", "0"),
        ("45658", "yyyy/m/d", "2025/1/1"),
        ("45658", 'yyyy"年"m"月"d"日"', "2025年1月1日"),
        ("45658.5", "[$-804]yyyy/m/d h:mm AM/PM", "2025/1/1 12:00 PM"),
        ("0.5", "h:mm", "12:00"),
        ("60000", "0.00E+00", "6.00E+04"),
        ("0.30000000000000004", "General", "0.3"),
        ("123456789012", "General", "123456789012"),
        ("5", '0.0" 米"', "5.0 米"),
        ("1.5", "0.##", "1.5"),
        ("2", "0.##", "2"),
        ("7", "00000", "00007"),
        ("1234567", "[$¥-804]#,##0", "¥1,234,567"),
        ("12345", "#,##0,", "12"),
        ("abc", "0.00", "abc"),
        ("NaN", "0.00", "NaN"),
        ("9e999", "yyyy", "9e999"),
    ],
)
def test_numbers_as_they_are_shown(number, form, shown):
    """By the cell's format; what is not understood is the number as it is."""
    assert shown == shown_number(number, form)


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (10, "chineseCounting", "十"),
        (21, "ideographDigital", "二十一"),
        (28, "lowerLetter", "bb"),
        (4, "upperRoman", "IV"),
        (3, "decimalEnclosedCircle", "③"),
        (3, "decimalZero", "03"),
    ],
)
def test_list_numbers(number, form, shown):
    """As Word counts."""
    assert shown == numeral(number, form)


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.epub"])
def test_another_package_is_not_what_its_suffix_says(name):
    """Any other ZIP, and any other Office file."""
    for data in (office_samples.packed({"a.txt": "x"}), office_samples.packed({"word/x": "x"})):
        with pytest.raises(DocumentError) as error:
            read_document(data, name)
        assert "not what its suffix says" == error.value.reason
