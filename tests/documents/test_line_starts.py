"""List marks and labels are told from sentences."""

import pytest

from hf_sft_builders.documents.line_starts import Mark, follows, is_label, mark_of


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("• item", "- item"),
        ("●项目", "- 项目"),
        ("- item", "- item"),
        ("1. item", "1. item"),
        ("12) item", "12. item"),
        ("3、项目", "3. 项目"),
        ("（二）项目", "（二）项目"),
        ("十二、项目", "十二、项目"),
        ("① 项目", "① 项目"),
        ("a) item", "a) item"),
    ],
)
def test_marks(line, markdown):
    """Bullets and numbers become Markdown's; other marks stay as they are."""
    mark = mark_of(line)
    assert mark is not None
    assert markdown == mark.markdown(line)


@pytest.mark.parametrize("line", ["1.5 bar", "2025 年", "-5 °C", "3D", "apple", "一些", "E01 x"])
def test_no_marks(line):
    """Numbers with decimals, years and words are no marks."""
    assert mark_of(line) is None


def test_numbers_follow_each_other():
    """A number is the next of its list only after the one before it."""
    assert follows(mark_of("3. c"), Mark("number", 2, 3))
    assert not follows(mark_of("3. c"), None)
    assert follows(mark_of("• x"), None)
    assert 12 == mark_of("十二、x").number


@pytest.mark.parametrize(
    "line", ["门票：80元", "开放时间：8:00", "Tel: 123", "Opening hours: daily"]
)
def test_labels(line):
    """A few words, a colon, a value."""
    assert is_label(line)


@pytest.mark.parametrize(
    "line", ["8:30—17:00", "他说，这里：好", "http://x.org", "see the list: a"]
)
def test_no_labels(line):
    """Times, addresses and sentences with a colon are none."""
    assert not is_label(line)
