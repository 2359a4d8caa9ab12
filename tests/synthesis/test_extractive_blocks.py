"""What the extractive model sees in a text: blocks, attribute lines, sentences, titles."""

from __future__ import annotations

import pytest

from hf_sft_builders.synthesis.extractive.attribute_lines import attribute_parts
from hf_sft_builders.synthesis.extractive.blocks import blocks
from hf_sft_builders.synthesis.extractive.scripts import language_of
from hf_sft_builders.synthesis.extractive.sections import sections
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended, sentences
from hf_sft_builders.synthesis.extractive.titles import clean, work_of


def _kinds(text):
    return [block.kind for block in blocks(text)]


def _split(text):
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


def test_blocks_of_a_small_document():
    """Each kind of block is told apart, and a fence hides what looks like a heading."""
    text = (
        "# A\n\nWords.\n\nPrice: 5\n\n- x\n- y\n\n| a | b |\n|---|---|\n| 1 | 2 |"
        "\n\n```\n# no\n```\n"
    )
    assert _kinds(text) == ["heading", "paragraph", "attribute", "list", "table", "fence"]


def test_cells_have_the_spans_of_their_words():
    """A cell's span is its words without the blanks; an escaped bar stays inside the cell."""
    text = "| 名称 | 价格 |\n| --- | --- |\n| a \\| b |  80元 |\n"
    rows = [[text[s:e] for s, e in row] for row in blocks(text)[0].rows]
    assert rows == [["名称", "价格"], ["a \\| b", "80元"]]


def test_list_items_keep_what_is_nested():
    """A nested list belongs to the item above it."""
    text = "1. one\n   - inner\n2. two\n"
    items = [text[s:e] for s, e in blocks(text)[0].parts]
    assert items == ["one\n   - inner", "two"]


def test_a_list_ends_before_a_paragraph():
    """A blank line and words without an indent end a list."""
    assert _kinds("- a\n- b\n\nWords.\n") == ["list", "paragraph"]


def test_front_matter_comments_and_captions_are_no_words():
    """Front matter is skipped; comments, captions and images are of no use as answers."""
    text = "---\ntitle: x\n---\n\n<!-- a\n\n# b -->\n\n表 1　四季速览\n\n![x](y.png)\n"
    assert set(_kinds(text)) == {"other"}


def test_underlined_and_bold_headings():
    """A line underlined with dashes, and a line of bold words alone, are headings."""
    found = blocks("Title\n-----\n\n**Part**\n\nWords.\n")
    assert [(block.kind, block.level) for block in found] == [
        ("heading", 2), ("heading", 7), ("paragraph", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("门票：80元", ("门票", "80元")),
        ("**Opening hours:** daily 9–17", ("Opening hours", "daily 9–17")),
        ("- ok", None),
        ("https://example.org/a", None),
        ("每天 8:30 开门", None),
        ("他在会上说：今年不会涨价", None),
        ("第五条 奖励标准为：特等奖1000元", None),
        ("客户自行维修：客户应负责完成维修工作。我们将提供详细的维修指导和手册。", None),
        ("the price is: five", None),
    ],
)
def test_attribute_lines(line, expected):
    """A key and a value are told from prose, times and addresses that hold a colon."""
    parts = attribute_parts(line)
    assert expected == (parts and tuple(line[start:end] for start, end in parts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全程3.5公里。走完要2小时！", ["全程3.5公里。", "走完要2小时！"]),
        ("他说（真的。没错）很好。好。", ["他说（真的。没错）很好。", "好。"]),
        ("It draws 4.2 A. See e.g. Dr. Ott. No.", ["It draws 4.2 A.", "See e.g. Dr. Ott.", "No."]),
        ("Go to example.com now! “Yes.” Fine.", ["Go to example.com now!", "“Yes.”", "Fine."]),
        ("no end", ["no end"]),
    ],
)  # fmt: skip
def test_sentences(text, expected):
    """Decimals, abbreviations, addresses and brackets end no sentence."""
    assert expected == _split(text)


def test_cut_sentences_are_seen():
    """A sentence that lacks its beginning or its end is known by its first and last letters."""
    assert is_begun("The pump") and not is_begun("and the pump") and not is_begun("，以及")
    assert (
        is_ended("Done.”") and is_ended("好。") and not is_ended("Done:") and not is_ended("如下：")
    )


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("3.2 Calibrating the sensor", "Calibrating the sensor"),
        ("一、认识云溪", "认识云溪"),
        ("第三章　移交", "移交"),
        ("（二）交通", "交通"),
        ("1. 望云楼", "望云楼"),
        ("5 路公交车", "5 路公交车"),
        ("2026 年版", "2026 年版"),
        ("v2.4.21", "v2.4.21"),
        ("**Bold** [link](x)", "Bold link"),
        ("第三条 试用期", "第三条 试用期"),
    ],
)
def test_numbering_is_no_part_of_a_subject(heading, expected):
    """Numbering and marks go; numbers that belong to the name stay."""
    assert expected == clean(heading)


@pytest.mark.parametrize(
    ("title", "name", "genre"),
    [
        ("云溪古城旅行指南", "云溪古城", "guide"),
        ("Tidewater 3 Controller: Operator’s Manual", "Tidewater 3 Controller", "manual"),
        ("海川HC-200家用增压泵使用说明书", "海川HC-200家用增压泵", "manual"),
        ("晨溪K2电水壶常见问题", "晨溪K2电水壶", "faq"),
        ("云帆科技休假管理制度", "云帆科技休假管理制度", "policy"),
        ("Visitor's Guide to Skerry Bay", "Skerry Bay", "guide"),
        ("scan_0042.pdf", "", ""),
        ("Cover crops and soil moisture", "Cover crops and soil moisture", ""),
    ],
)
def test_what_a_title_names(title, name, genre):
    """A title gives the subject of the work and its genre; a file's name gives nothing."""
    work = work_of(title)
    assert (work.name, work.genre) == (name, genre)


def test_the_path_is_joined_with_the_headings_of_the_text():
    """A chunk's own first heading is the end of its path, not a second heading below it."""
    text = "### 望云楼\n\n木楼。\n\n### 双虹桥\n\n石桥。\n\n## 住宿\n\n酒店。\n"
    found = list(sections(text, ("云溪旅行指南", "主要景点", "望云楼"), "云溪旅行指南", ""))
    assert [section.path for section in found] == [
        ("主要景点", "望云楼"), ("主要景点", "双虹桥"), ("住宿",),
    ]  # fmt: skip


def test_a_chunk_that_begins_below_its_heading_has_none():
    """Only a heading in the text itself tells that the section's beginning is in the text."""
    (section,) = sections("剩下的话。", ("指南", "望云楼"), "指南", "")
    assert (section.path, section.heading) == (("望云楼",), "")


def test_language_is_told_by_script():
    """Chinese with some English words is Chinese, and a wish overrules."""
    assert language_of("用 USB 导入 programs.ini 文件") == "zh"
    assert language_of("Labor omnia vincit 劳动") == "en"
    assert language_of("用水泵", "en") == "en"
