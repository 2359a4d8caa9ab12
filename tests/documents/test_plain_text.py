"""Plain text is read as it is, with the headings that are certain."""

from hf_sft_builders.documents import read_document


def test_chapters_and_numbers_that_stand_alone():
    """第一章, 第一节 and "1.2 Title" between blank lines are headings."""
    text = "第一章 总则\n\n第一节 范围\n\n正文。\n\n1.2 Installation\n\nText.\n"
    document = read_document(text.encode(), "a.txt")
    assert text == document.text
    found = [(h.level, h.title) for h in document.headings]
    assert [(1, "第一章 总则"), (2, "第一节 范围"), (2, "1.2 Installation")] == found


def test_what_only_looks_like_a_heading_is_text():
    """Sentences, list items and short lines are no headings."""
    text = "第一章讲述了古城的历史。\n\n1.2 is a number.\n\nSHORT LINE\n\n1.5 a\n1.6 b\n"
    assert () == read_document(text.encode(), "a.txt").headings


def test_other_encodings_are_noted():
    """The note says which encoding was found; the title is the file's name."""
    document = read_document(
        "门票八十元，学生半价。".encode("gb18030"), "https://x.org/a%20b.TXT?v=1"
    )
    assert ("门票八十元，学生半价。", ("decoded as gb18030",)) == (document.text, document.notes)
    assert ("a b", "zh") == (document.title, document.language)
