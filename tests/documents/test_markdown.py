"""Markdown is read as it is; its parts are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.documents import read_document
from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.errors import DocumentError


def read(text, uri="guide.md"):
    """Read a Markdown text."""
    return read_document(text.encode(), uri)


def test_headings_of_both_kinds():
    """`#` lines and underlined paragraphs are headings, where they begin in the text."""
    document = read("# One #\n\ntext\n\nTwo\nlines\n===\n\nThree\n---\n\n### Four\n")
    found = [(h.level, h.title) for h in document.headings]
    assert [(1, "One"), (1, "Two lines"), (2, "Three"), (3, "Four")] == found
    for heading in document.headings:
        assert document.text[heading.start :].lstrip("# ").startswith(heading.title.split()[0])


def test_hash_in_a_fence_is_no_heading():
    """Comments in code are code; the fence is a block; an open fence lasts to the end."""
    document = read("# A\n\n```sh\n# no heading\n```\n\n~~~\n# no\n```\n# no\n")
    assert ["A"] == [heading.title for heading in document.headings]
    blocks = [document.text[span.start : span.end] for span in document.blocks]
    assert ["```sh\n# no heading\n```", "~~~\n# no\n```\n# no"] == blocks


def test_tables_are_blocks():
    """A pipe table from its header to its last row is one block, without its line break."""
    document = read("a\n\n| x | y |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\nafter\n")
    (span,) = document.blocks
    assert "| x | y |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |" == document.text[span.start : span.end]


def test_front_matter_is_cut_off_and_names_the_title():
    """YAML front matter is about the document; its title is the document's."""
    document = read("---\ntitle: 旅行指南\ntags: [a]\n---\n\n# Other\n")
    assert ("旅行指南", "# Other\n") == (document.title, document.text)


def test_broken_front_matter_is_noted():
    """Front matter that is not YAML is cut off, and said."""
    document = read("---\ntitle: [\n---\ntext\n")
    assert "text\n" == document.text
    assert document.notes == ("the front matter is not valid YAML",)


def test_a_rule_is_no_front_matter():
    """Prose between two rules is text."""
    text = "---\nJust prose.\n---\n"
    assert text == read(text).text


@pytest.mark.parametrize(
    ("text", "title"),
    [("## B\n\n# A\n", "A"), ("## B\n", "B"), ("text\n", "my guide")],
)
def test_title(text, title):
    """The first top-level heading, else the first heading, else the file's name."""
    assert title == read(text, "hf://datasets/u/r/my guide.md").title


def test_line_breaks_are_made_one():
    """Windows and old Mac line breaks become newlines."""
    assert "a\nb\nc" == read("a\r\nb\rc").text


def test_lists_and_quotes_are_not_underlined():
    """A rule after a list item or a quote makes no heading."""
    assert () == read("- item\n---\n\n> quote\n---\n\n    code\n---\n").headings


def test_disguised_files():
    """An archive or a PDF with the suffix of Markdown is refused as such."""
    for data in (b"PK\x03\x04rest", b"%PDF-1.7 rest", b"\x89PNG\r\n\x1a\nrest"):
        with pytest.raises(DocumentError) as error:
            read_document(data, "a.md")
        assert "not what its suffix says" == error.value.reason


@given(st.text(alphabet="#=-`~| \nab1.>", max_size=80))
def test_parts_lie_in_the_text(text):
    """Whatever the text, headings begin lines, and blocks lie in it, in order, apart."""
    headings, blocks = markdown_parts(text)
    assert all(h.start == 0 or text[h.start - 1] == "\n" for h in headings)
    edges = [edge for span in blocks for edge in (span.start, span.end)]
    assert sorted(edges) == edges
    assert not edges or edges[-1] <= len(text)


@pytest.mark.parametrize("rule", ["---", "  * * *", "___", "- - -"])
def test_rules_are_no_headings(rule):
    """A line across the page parts sections; it is neither a title nor the underline of one."""
    headings, _ = markdown_parts(f"Words.\n\n{rule}\n{rule}\n\n# 标题\n")
    assert ["标题"] == [heading.title for heading in headings]
