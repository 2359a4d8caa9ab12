"""Each stretch of a PDF's text is found again on its pages."""

from pathlib import Path

import pdf_samples
import pypdfium2
import pytest

from hf_sft_builders.documents import read_document
from hf_sft_builders.errors import DocumentError

EXAMPLES = Path(__file__).parents[2] / "examples" / "docs"


def words_in(data, box):
    """Ask pdfium which words stand in a rectangle."""
    page = pypdfium2.PdfDocument(data)[box.page - 1]
    height = page.get_height()
    text = page.get_textpage().get_text_bounded(
        box.x0 - 1, height - box.y1 - 1, box.x1 + 1, height - box.y0 + 1
    )
    return "".join(filter(str.isalnum, text))


@pytest.mark.parametrize("name", ["tidewater-manual.pdf", "yunxi-travel-guide.pdf"])
def test_every_line_of_a_document_is_found_where_it_stands(name):
    """Over a whole document, the words in the boxes are the words of the text."""
    data = (EXAMPLES / name).read_bytes()
    document = read_document(data, name)
    start, found, looked = 0, 0, 0
    for line in document.text.split("\n"):
        words = "".join(filter(str.isalnum, line))
        boxes = document.boxes(start, start + len(line), data) if words else ()
        start += len(line) + 1
        shown = "".join(words_in(data, box) for box in boxes)
        looked += bool(words)
        found += bool(words) and words[:6] in shown and words[-6:] in shown
    assert looked > 50
    assert found >= 0.97 * looked


def test_the_same_words_twice_are_told_apart():
    """The second of two equal lines is the lower one."""
    data = pdf_samples.pdf(["First same words.\n\nOther things here.\n\nsame words."])
    document = read_document(data, "a.pdf")
    first, second = (document.text.find("same words"), document.text.rfind("same words"))
    [upper], [lower] = (document.boxes(at, at + 10, data) for at in (first, second))
    assert upper.y1 < lower.y0
    assert "samewords" == words_in(data, upper) == words_in(data, lower)


def test_a_stretch_over_two_pages_has_boxes_on_both():
    """Pages are counted from 1."""
    data = pdf_samples.pdf(["The first page.", "第二页的文字。"])
    document = read_document(data, "a.pdf")
    assert [1, 2] == [box.page for box in document.boxes(0, len(document.text), data)]


def test_other_bytes_are_refused_and_other_kinds_have_no_boxes():
    """Boxes of another file would be wrong ones."""
    document = read_document(b"# A", "a.md")
    assert () == document.boxes(0, 3, b"# A")
    with pytest.raises(DocumentError) as error:
        document.boxes(0, 3, b"# B")
    assert "another file" == error.value.reason
