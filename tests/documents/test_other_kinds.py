"""HTML, EPUB, CSV, JSON, subtitles and archives."""

import office_samples
import pytest
from reader_samples import HTML, SRT

import hf_sft_builders as sft
from hf_sft_builders.documents import Document, ReaderOptions, read_document
from hf_sft_builders.errors import DocumentError, MissingExtra


def read(text, uri, **options):
    """Read a text or bytes."""
    data = text if isinstance(text, bytes) else text.encode()
    return read_document(data, uri, ReaderOptions(**options))


def test_main_text_of_a_page():
    """Menus, imprint and scripts are left out and told; structure is kept."""
    document = read(HTML, "a.html")
    assert (
        """# 望云楼

高 28.6 米
共五层

- one
    - inner
- two

  more
3. three

Cap

| A | B |
| --- | --- |
| A | 1\\|2 |

```
x = 1
  y = 2
```

> quoted

![pic](a.png)

Fig. 1
"""
        == document.text
    )
    assert "望云楼" == document.title
    assert "menus and the like" in document.notes[0]


@pytest.mark.parametrize("encoding", ["gb2312", "big5", "utf-8", "utf-16"])
def test_pages_in_their_encodings(encoding):
    """By what the page says, if it is not UTF-8."""
    page = f'<html><meta charset="{encoding}"><body><p>中文的一頁。</p></body></html>'
    data = page.replace("頁", "页" if encoding == "gb2312" else "頁").encode(encoding)
    assert "中文的一" in read(data, "a.html").text


def test_without_the_parser_its_package_is_named(monkeypatch):
    """The one error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "selectolax.lexbor", None)
    with pytest.raises(MissingExtra, match=r"pip install selectolax"):
        read(HTML, "a.html")


def test_a_book_in_its_order_with_nested_headings():
    """The spine orders, the table of contents gives the levels, each file is a page."""
    document = read(office_samples.book(), "a.epub")
    assert (
        """# 卷上

茶者，南方之嘉木也。

## 一之源

一尺、二尺 乃至数十尺。

### 注

注文。

## 二之具

籯，一曰篮。
"""
        == document.text
    )
    assert ("茶经", (0, document.text.index("## 二"))) == (document.title, document.page_starts)
    assert ["OEBPS/i.png"] == [picture.name for picture in document.images]


def test_a_protected_book_says_so():
    """DRM is not read around; obfuscated fonts are none."""
    locked = '<e xmlns="x"><EncryptionMethod Algorithm="http://www.w3.org/aes256-cbc"/></e>'
    fonts = '<e xmlns="x"><EncryptionMethod Algorithm="http://ns.adobe.com/pdf/enc#fonts"/></e>'
    read(office_samples.book(**{"META-INF/encryption.xml": fonts}), "a.epub")
    with pytest.raises(DocumentError) as error:
        read(office_samples.book(**{"META-INF/encryption.xml": locked}), "a.epub")
    assert "encrypted" == error.value.reason


@pytest.mark.parametrize("text", ["a;b\n1,5;2\n", "a\tb\n1,5\t2\n", 'a,b\n"1,5",2\n'])
def test_delimiters_are_found(text):
    """Semicolons, tabs and quoted commas."""
    assert "| a | b |\n| --- | --- |\n| 1,5 | 2 |\n" == read(text, "a.csv").text


def test_subtitles_become_sentences():
    """A sentence over two cues is one; a pause is a paragraph."""
    assert "Hello there my friend.\n\n再见。\n" == read(SRT, "a.srt").text
    live = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\none\n\n00:02.000 --> 00:03.000\none\n<v Ann>two</v>\n"
    )
    assert "one Ann: two\n" == read(live, "a.vtt").text


def test_json_of_documents():
    """One document each; the text is found by its name, or named; what has none is told."""
    lines = '{"正文": "# 甲\\n\\n乙"}\n{"x": 1}\n{bad\n\n"plain"\n'.encode()
    found = list(sft.documents_in(lines, "a.jsonl"))
    assert ["a.jsonl#1", "a.jsonl#2", "a.jsonl#3", "a.jsonl#5"] == [one.uri for one in found]
    texts = [one.text if isinstance(one, Document) else one.reason for one in found]
    assert ["# 甲\n\n乙", "no text field", "not valid JSON", "plain"] == texts
    assert "甲" == found[0].title
    assert "y" == read('{"data": [{"text": "x", "b": "y"}]}', "a.json", text_field="b").text
    with pytest.raises(DocumentError) as error:
        read_document(lines, "a.jsonl")
    assert "several documents" == error.value.reason


def test_an_archive_gives_each_member():
    """Nested archives too; what is not read is told with its reason."""
    data = office_samples.packed(
        {
            "x/a.md": "# A\n\nb",
            "copy.md": "# A\n\nb",
            "../evil.md": "evil",
            "/etc/evil.md": "evil",
            "C:\\evil.md": "evil",
            "c.bin": "x",
            ".hidden.md": "x",
            "in.zip": office_samples.packed({"文/b.txt": "中文"}),
        }
    )
    found = {one.uri.partition("#")[2]: one for one in sft.documents_in(data, "a.zip")}
    reasons = {name: one.reason for name, one in found.items() if isinstance(one, DocumentError)}
    assert {
        "../evil.md": "path leaves the archive",
        "/etc/evil.md": "path leaves the archive",
        "C:/evil.md": "path leaves the archive",
        "c.bin": "no reader for .bin",
        ".hidden.md": "hidden file",
        "x/a.md": "copy of a file that is read",
    } == reasons
    assert ("A", "b") == (found["copy.md"].title, found["in.zip#文/b.txt"].title)


def test_names_packed_on_chinese_windows():
    """Names without the UTF-8 flag are GB18030."""
    data = office_samples.packed({"xx.md": "# A"}).replace(
        b"xx.md", "茶".encode("gb18030") + b".md"
    )
    assert ["a.zip#茶.md"] == [one.uri for one in sft.documents_in(data, "a.zip")]


def test_builders_count_members(load, tmp_path):
    """Each member of an archive is a document of its own, in rows and in the ledger."""
    data = office_samples.packed({"a.md": "# A\n\nOne.", "b.html": HTML, "c.bin": "x"})
    (tmp_path / "docs.zip").write_bytes(data)
    rows = load("documents", data_files=str(tmp_path / "docs.zip"), split="train")
    assert ["docs.zip#a.md", "docs.zip#b.html"] == sorted(
        {uri.rpartition("/")[2] for uri in rows["uri"]}
    )
    run = sft.last_run()
    assert (2, ["no reader for .bin"]) == (run.counts["documents"], list(run.unreadable.values()))
