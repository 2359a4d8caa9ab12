"""Pages read as pictures: which ones, by whom, and how they stand in their document."""

from __future__ import annotations

import base64
import io
import json

import pytest
from chat_server import running
from mineru_server import mineru
from pdf_samples import (
    broken_font_pdf,
    empty_pages_pdf,
    encrypted_pdf,
    partly_scanned_pdf,
    pdf,
    scanned_pdf,
    stamped_scan_pdf,
)
from PIL import Image

import hf_sft_builders as sft
from hf_sft_builders.documents import PageText, ReaderOptions, read_document
from hf_sft_builders.documents.heading_levels import levels_by_numbering
from hf_sft_builders.documents.page_choice import is_garbled
from hf_sft_builders.documents.page_images import page_images
from hf_sft_builders.documents.pages import PageHeading
from hf_sft_builders.errors import ConfigurationError, DocumentError, ModelError

ENGLISH = "The controller opens the valve when the tide is low. " * 3
CHINESE = "望云楼是古城的标志，建于明正统六年，共有四层，登上楼可以看到全城和江上的景色。" * 4


class Listed:
    """A page reader that gives what it was told, and remembers the pages."""

    name = "listed"

    def __init__(self, *texts):
        self.texts, self.pages = list(texts), []

    def read(self, images, language):
        """Give the texts in order."""
        for image in images:
            self.pages.append(image.number)
            yield PageText(self.texts.pop(0))


def read(data, reader, pages="auto", **options):
    """Read a PDF with a page reader."""
    return read_document(data, "a.pdf", ReaderOptions(pages=pages, page_reader=reader, **options))


def lines(text, width=60):
    """Break a text into the lines of a page."""
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pdf([lines(ENGLISH), lines(CHINESE, 30)]), []),
        (pdf(["Chapter 7"]), []),
        (scanned_pdf(2), [1, 2]),
        (partly_scanned_pdf(lines(ENGLISH)), [2]),
        (stamped_scan_pdf("Archive 2024-118"), [1]),
        (broken_font_pdf([lines(ENGLISH)], 29), [1]),
        (broken_font_pdf([lines(ENGLISH)], 0xE000), [1]),
        (broken_font_pdf([lines(ENGLISH)], 0), []),
    ],
)
def test_auto_takes_the_pages_without_a_true_text_layer(data, expected):
    """Image-only, stamped, shifted and meaningless fonts; good pages are left alone."""
    reader = Listed("# 第一页", "# 第二页")
    document = read(data, reader)
    assert expected == reader.pages
    assert bool(expected) == any("read by listed" in note for note in document.notes)


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        (ENGLISH * 3, False),
        (CHINESE, False),
        ("這個城市的人都說，來到這裡要先看塔，後看江，時間最好是春天或者秋天。" * 4, False),
        (
            "Der Regler öffnet das Ventil, wenn die Tide fällt; die Prüfung erfolgt jährlich. " * 3,
            False,
        ),
        ("7KH FRQWUROOHU RSHQV WKH YDOYH ZKHQ WKH WLGH LV ORZ " * 4, True),
        (CHINESE.encode("gb18030").decode("latin-1"), True),
        ("".join(chr(0x6000 + 37 * n % 4000) for n in range(300)), True),
        ("\ue001\ue002\ue003 ok", True),
        ("28.6 80 320 580 0699-5550201 " * 20, False),
    ],
)
def test_words_of_no_language_are_garbled(text, garbled):
    """The rules by themselves."""
    assert garbled == is_garbled(text)


def test_read_pages_stand_in_their_places():
    """Text layer before, transcription after; each with its page, headings and tables found."""
    reader = Listed("```markdown\n# 二、票价\n\n| 票 | 价 |\n| --- | --- |\n| 成人 | 80 元 |\n```")
    document = read(partly_scanned_pdf(lines(ENGLISH)), reader)
    first, second = document.page_starts
    assert 0 == first
    assert document.text[second:].startswith("# 二、票价\n\n| 票 |")
    assert ENGLISH.split()[0] in document.text[:second]
    assert "二、票价" == document.headings[-1].title
    assert (2,) == document.pages(second, len(document.text))
    [table] = document.blocks
    assert "| 成人 | 80 元 |" in document.text[table.start : table.end]


def test_every_page_on_demand_and_blank_ones_stay_pages():
    """`pages="vision"` leaves the text layer aside; a blank page keeps its number."""
    reader = Listed("# Title\n\none", "[blank page]", "three")
    document = read(pdf(["a", "b", "c"]), reader, pages="vision")
    assert [1, 2, 3] == reader.pages
    assert "# Title\n\none\n\nthree\n" == document.text
    assert ("Title", 3) == (document.title, len(document.page_starts))
    assert (3,) == document.pages(document.text.index("three"), len(document.text))


def test_pages_with_nothing_on_them_are_not_asked_about():
    """And a document of nothing is refused as before."""
    with pytest.raises(DocumentError, match="no text"):
        read(empty_pages_pdf(), Listed(), pages="vision")
    with pytest.raises(DocumentError, match="no text"):
        read(scanned_pdf(1), Listed("[空白页]"))


def test_pictures_are_true_pictures_also_of_protected_files():
    """PNG that any reader opens, no larger than models take."""
    [image] = page_images(encrypted_pdf("hello", "secret"), ("wrong", "secret"), [1])
    picture = Image.open(io.BytesIO(image.png))
    assert 2000 == max(picture.size)
    assert "RGB" == picture.mode
    assert {0, 255} <= {value for value, _ in enumerate(picture.convert("L").histogram()) if _}


def test_a_reader_that_stops_early_is_a_failure():
    """Never a document with a hole."""

    class Short(Listed):
        def read(self, images, language):
            yield PageText("one")

    with pytest.raises(ModelError, match="1 of 2 pages"):
        read(scanned_pdf(2), Short())


def test_numbering_decides_levels_where_nobody_else_does():
    """Kinds of numbering in the order in which they begin; the title above them."""
    titles = ["旅行指南", "第一章 景点", "一、望云楼", "（一）票价", "第二章 住宿", "1. A", "1.1 B"]
    headings = [PageHeading(page, 1, title) for page, title in enumerate(titles, 1)]
    assert [1, 2, 3, 4, 2, 5, 6] == levels_by_numbering(headings)
    assert [1, 2, 1] == levels_by_numbering([PageHeading(1, 3, t) for t in ("1 A", "1.1 B", "2 C")])


# A vision model over the wire

PAGES = ["# 望云楼\n\n高 28.6 米。", "# 票价\n\n80 元。"]


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A vision model, and a reply store of the test's own."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    with running() as server:
        yield server


def vision(server, **limits):
    """A reader that asks the server, one page at a time."""
    from hf_sft_builders.llm import Runtime

    return sft.VisionReader(
        "test-vl", server.base_url, runtime=Runtime(max_concurrency=1, **limits)
    )


def test_a_vision_model_reads_pages_and_then_compares_headings(server):
    """Pictures go as data URLs; the second pass sets the levels; the store keeps no picture."""
    server.control(script=[*PAGES, '{"levels": [1, 2]}'])
    document = read(scanned_pdf(2), vision(server))
    assert "# 望云楼\n\n高 28.6 米。\n\n## 票价\n\n80 元。\n" == document.text
    assert [1, 2] == [heading.level for heading in document.headings]
    assert 3 == document.usage["calls"]
    first, _, last = (kept["body"] for kept in server.requests())
    [_, picture] = first["messages"][1]["content"]
    url = picture["image_url"]["url"]
    assert base64.b64decode(url.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert "2. (p. 2) # 票价" in last["messages"][1]["content"]

    again = read(scanned_pdf(2), vision(server))
    assert document == again
    assert (0, 3) == (again.usage.get("calls", 0), again.usage["cached"])
    assert 3 == len(server.requests())


def test_pictures_are_stored_nowhere(server, tmp_path):
    """A store of replies holds replies."""
    server.control(script=[*PAGES, '{"levels": [1, 2]}'])
    read(scanned_pdf(2), vision(server))
    stored = sum(path.stat().st_size for path in tmp_path.glob("replies.sqlite*"))
    [sent] = {len(json.dumps(kept["body"])) for kept in server.requests()[:1]}
    assert b"iVBOR" not in b"".join(path.read_bytes() for path in tmp_path.glob("replies.sqlite*"))
    assert stored > 0 < sent


def test_levels_that_do_not_fit_are_left_to_the_numbering(server):
    """One number too few: the pages are kept, with a note."""
    server.control(script=["# 一、望云楼", "# （一）票价", '{"levels": [1]}'])
    document = read(scanned_pdf(2), vision(server))
    assert [1, 2] == [heading.level for heading in document.headings]
    assert any("heading levels by their numbering" in note for note in document.notes)


def test_an_interrupted_file_goes_on_where_it_was(server, load, tmp_path):
    """A page that fails leaves a counted failure; the same call asks for that page alone."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "scan.pdf").write_bytes(scanned_pdf(2))
    (tmp_path / "docs" / "a.md").write_text("# A\n\nb", encoding="utf-8")
    options = {
        "data_dir": str(tmp_path / "docs"),
        "split": "train",
        "pages": "auto",
        "vision_model": "test-vl",
        "vision_url": server.base_url,
        "max_concurrency": 1,
        "max_retries": 0,
        "max_failures": 1.0,
    }
    server.control(script=PAGES[:1], faults=[{"kind": "400", "every": 2, "message": "too long"}])
    rows = load("documents", **options)
    assert ["A"] == list(dict.fromkeys(rows["title"]))
    [failure] = sft.last_run().failures
    assert ("page not read", True) == (failure.reason, "too long" in failure.detail)
    before = server.stats()["requests"]

    server.control(script=[PAGES[1], '{"levels": [1, 2]}'], faults=[])
    rows = load("documents", **options)
    assert {"A", "望云楼"} == set(rows["title"])
    assert not sft.last_run().failures
    assert 2 == sft.last_run().usage["calls"]
    assert before + 2 == server.stats()["requests"]


# MinerU


def test_mineru_reads_pages(server):
    """One form for each page; levels by numbering; nothing is sent twice."""
    with mineru(["# 一、望云楼\n\n高 28.6 米。", "# （一）票价"]) as mine:
        document = read(scanned_pdf(2), sft.MinerU(mine.url))
        assert [1, 2] == [heading.level for heading in document.headings]
        assert (2,) == document.pages(document.text.index("（一）"), len(document.text))
        assert ["ch", "ch"] == [asked["lang"] for asked in mine.asked]
        assert all(asked["png"].startswith(b"\x89PNG") for asked in mine.asked)
        assert document == read(scanned_pdf(2), sft.MinerU(mine.url))
        assert 2 == len(mine.asked)


def test_mineru_is_waited_for_no_longer_than_said(server):
    """A page that hangs ends as a failure; one that breaks once is asked for again."""
    with mineru(["# A"], seconds=5.0) as slow, pytest.raises(ModelError, match="3 tries"):
        read(scanned_pdf(1), sft.MinerU(slow.url, timeout=0.05))
    with mineru(["# A"], failures=1) as broken:
        assert "# A\n" == read(scanned_pdf(1), sft.MinerU(broken.url)).text


def test_mineru_that_says_something_else_is_explained(server):
    """The reply's words are shown."""
    with (
        running() as chat,
        pytest.raises(sft.SFTError, match="404"),
    ):
        read(scanned_pdf(1), sft.MinerU(chat.base_url))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pages": "auto"}, "Pass vision_model="),
        ({"vision_model": "x"}, "Pass pages='auto'"),
        ({"pages": "auto", "vision_model": "mineru"}, "vision_url='http://localhost:8000'"),
        ({"pages": "all"}, "Unknown pages 'all'"),
    ],
)
def test_options_are_checked_before_any_file(load, docs, options, words):
    """What contradicts itself, and what is missing."""
    with pytest.raises(ConfigurationError, match=words):
        load("documents", data_dir=str(docs), split="train", **options)


def test_the_mineru_option_reaches_the_reader(load, tmp_path, server):
    """By name and address, as from a shell."""
    (tmp_path / "scan.pdf").write_bytes(scanned_pdf(1))
    with mineru(["# 望云楼\n\n高 28.6 米。"]) as mine:
        options = {"pages": "auto", "vision_model": "mineru", "vision_url": mine.url}
        [row] = load("documents", data_files=str(tmp_path / "scan.pdf"), split="train", **options)
    assert ["望云楼"] == row["headings"]
    assert "mineru:pipeline" == row["provenance"][-1]["model"]


@pytest.mark.parametrize(
    "options",
    [
        {"pages": "auto", "vision_model": "x"},
        {"splitter": "semantic", "embedding_model": "x"},
    ],
)
def test_an_estimate_pays_for_nothing(docs, options):
    """What has to be paid for to be counted is refused."""
    with pytest.raises(ConfigurationError, match="without paying"):
        sft.estimate("pdf_qa", data_dir=str(docs), model="m", base_url="http://x/v1", **options)
