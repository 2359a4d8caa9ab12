"""Pictures as documents: files, archives, pages of a PDF."""

import io

import office_samples
import pdf_samples
import pytest
from hostile_samples import HUGE_PAGE
from PIL import Image

import hf_sft_builders as sft
from hf_sft_builders.documents import read_document
from hf_sft_builders.documents.images import PageImage
from hf_sft_builders.errors import DocumentError


@pytest.mark.parametrize(
    ("kind", "uri"), [("PNG", "a.png"), ("JPEG", "a.JPG"), ("WEBP", "a.webp"), ("GIF", "a.gif")]
)
def test_a_picture_keeps_its_bytes(kind, uri):
    """Size and type are known, pixels are not touched."""
    data = office_samples.picture(kind)
    [image] = sft.read_images(data, uri)
    assert (40, 30, f"image/{kind.lower()}", data) == (
        image.width,
        image.height,
        image.media_type,
        image.data,
    )


def test_an_archive_of_pictures():
    """Each member; what is none is told."""
    data = office_samples.packed(
        {"a.png": office_samples.picture(), "../b.png": b"x", "c.txt": b"x", "d.png": b"no picture"}
    )
    found = {one.uri: one for one in sft.read_images(data, "a.zip")}
    assert isinstance(found["a.zip#a.png"], PageImage)
    reasons = [one.reason for one in found.values() if isinstance(one, DocumentError)]
    assert ["path leaves the archive", "no reader for .txt", "damaged"] == reasons


def test_pages_of_a_pdf_and_a_mark_on_one():
    """Drawn at the size asked for; the boxes of a stretch hold its ink."""
    data = pdf_samples.pdf(["Only these words.", "第二页"])
    pages = list(sft.read_images(data, "a.pdf", dpi=72))
    assert [(1, 596, 842), (2, 596, 842)] == [(p.page, p.width, p.height) for p in pages]
    document = read_document(data, "a.pdf")
    [box] = document.boxes(0, 17, data)
    drawn = Image.open(io.BytesIO(pages[0].data)).convert("L")
    left, top, right, bottom = drawn.point(lambda value: 255 * (value < 128)).getbbox()
    assert box.x0 - 2 <= left and box.y0 - 2 <= top and right <= box.x1 + 2 and bottom <= box.y1 + 2


def test_huge_pages_and_pictures_are_bounded(monkeypatch):
    """A page of a mile is drawn small; a picture beyond the limit is refused."""
    [page] = sft.read_images(HUGE_PAGE, "a.pdf")
    assert page.width * page.height <= 30_000_000
    monkeypatch.setattr("hf_sft_builders.documents.images.MAX_PIXELS", 100)
    with pytest.raises(DocumentError) as error:
        list(sft.read_images(office_samples.picture(), "a.png"))
    assert "unpacks to too much" == error.value.reason


@pytest.mark.parametrize(
    ("data", "uri", "reason"),
    [
        (b"", "a.png", "empty file"),
        (b"x", "a.docx", "no reader for its suffix"),
        (b"x", "a.pdf", "damaged"),
        (pdf_samples.encrypted_pdf("a", "b"), "a.pdf", "encrypted"),
    ],
)
def test_what_is_no_picture(data, uri, reason):
    """Has a reason."""
    with pytest.raises(DocumentError) as error:
        list(sft.read_images(data, uri))
    assert reason == error.value.reason
