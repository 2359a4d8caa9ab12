"""Blocks become Markdown, and every offset is right."""

from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.documents.markdown_blocks import Block, Markdown

KINDS = st.sampled_from(["heading", "paragraph", "item", "line", "table", "code"])
TEXTS = st.text("ab 山", min_size=1, max_size=8)


@st.composite
def block_lists(draw):
    """Blocks whose parts lie on pages that never go back."""
    blocks, page = [], 1
    for kind in draw(st.lists(KINDS, max_size=6)):
        parts = []
        for text in draw(st.lists(TEXTS, min_size=1, max_size=3)):
            page += draw(st.integers(0, 2))
            parts.append((page, text))
        blocks.append(Block(kind, parts, level=1, close=draw(st.booleans())))
    return blocks, page + draw(st.integers(0, 2))


@given(block_lists())
def test_offsets(drawn):
    """Headings, blocks and pages lie where their words are; pages are never out of order."""
    blocks, pages = drawn
    markdown = Markdown.of(blocks, pages)
    text = markdown.text
    assert pages == len(markdown.page_starts)
    assert sorted(markdown.page_starts) == markdown.page_starts
    assert all(text[h.start :].startswith("# " + h.title) for h in markdown.headings)
    assert sum(block.kind in ("table", "code") for block in blocks) == len(markdown.spans)
    for block in blocks:
        assert block.text in text


def test_lists_are_tight_and_paragraphs_are_not():
    """Items and lines that follow closely are lines; all else has a blank line between."""
    blocks = [
        Block("paragraph", [(1, "Intro:")]),
        Block("item", [(1, "- a")], close=True),
        Block("item", [(1, "- b")], close=True),
        Block("line", [(1, "x: 1")]),
        Block("line", [(2, "y: 2")], close=True),
    ]
    assert "Intro:\n\n- a\n- b\n\nx: 1\ny: 2\n" == Markdown.of(blocks, 2).text


def test_a_page_may_begin_inside_a_block():
    """The next page begins at the first character that lies on it."""
    markdown = Markdown.of([Block("paragraph", [(1, "first "), (2, "second")])], 2)
    assert ("first second\n", [0, 6]) == (markdown.text, markdown.page_starts)
