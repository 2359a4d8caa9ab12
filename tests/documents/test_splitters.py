"""Each splitter cuts where its name says."""

from __future__ import annotations

import pytest
from chat_server import running
from strategies import markdown_document

from hf_sft_builders.documents import Chunking, split_document
from hf_sft_builders.documents.base import Document
from hf_sft_builders.errors import ConfigurationError, MissingExtra, UnknownName


def texts(text, splitter, min_size=0, uri="memory://a.md", **options):
    """Give what the chunks of a Markdown text say."""
    chunking = Chunking(splitter=splitter, min_size=min_size, **options)
    document = markdown_document(text)
    if not uri.endswith(".md"):
        document = Document(uri, "0", "", text)
    return [chunk.text.strip() for chunk in split_document(document, chunking)]


def test_sentences_of_two_languages():
    """Decimals, abbreviations, addresses and list numbers end no sentence; quotes belong to it."""
    text = (
        "It costs 36.5 yuan, e.g. on Sundays. Dr. Li asks: see https://a.b/c.d now! "
        "他说：“可以退款！”早餐另付；电话是 0699-5550201。Open? Yes."
    )
    expected = [
        "It costs 36.5 yuan, e.g. on Sundays.",
        "Dr. Li asks: see https://a.b/c.d now!",
        "他说：“可以退款！”",
        "早餐另付；",
        "电话是 0699-5550201。",
        "Open?",
        "Yes.",
    ]
    assert expected == texts(text, "sentence")


def test_short_sentences_are_joined_up_to_min_size():
    """`min_size` joins; `max_size` is never passed, even where a chunk then stays short."""
    text = "甲乙丙丁。" * 4 + "子" * 12 + "。"
    assert ["甲乙丙丁。甲乙丙丁。"] * 2 + ["子" * 12 + "。"] == texts(
        text, "sentence", 8, max_size=14
    )


def test_a_paragraph_keeps_its_heading_and_its_table():
    """A heading goes with the first paragraph below it; a table is one paragraph."""
    text = "# A\n\nOne. Two.\n\nThree.\n\n| a | b |\n\n## B\n\nFour."
    expected = ["# A\n\nOne. Two.", "Three.", "| a | b |", "## B\n\nFour."]
    assert expected == texts(text, "paragraph")


def test_recursive_fills_chunks_across_sections():
    """Sections begin no chunk by themselves, yet headings stay with their words."""
    text = "# A\n\n" + "a " * 20 + "\n\n# B\n\n" + "b " * 20 + "\n\n# C\n\nccc"
    whole = texts(text, "recursive", 30, max_size=60)
    assert 2 == len(whole)
    assert whole[1].startswith("# B")
    assert "# C" in whole[1]


def test_pages_are_never_joined():
    """A short page is a chunk all the same; one without words goes with its neighbour."""
    document = Document("a.pdf", "0", "", "one\n\ntwo\n\n  three", page_starts=(0, 5, 10, 12))
    chunks = list(split_document(document, Chunking(splitter="pages")))
    assert ["one", "two", "three"] == [chunk.text.strip() for chunk in chunks]
    assert [(1,), (2,)] == [chunk.pages for chunk in chunks[:2]]


def test_a_separator_stays_at_the_end_of_its_chunk():
    """Nothing is lost, and `min_size` joins nothing that a person has parted."""
    chunking = Chunking(splitter="separator", separator="\n---\n")
    chunks = split_document(markdown_document("one\n---\ntwo\n---\nthree"), chunking)
    assert ["one\n---\n", "two\n---\n", "three"] == [chunk.text for chunk in chunks]


CODE = {
    "python": (
        "import os\n\n",
        '# Says hello.\n@cache\ndef hello():\n    return "x. y"\n\n',
        "class A:\n    def f(self):\n        pass\n\n    def g(self):\n        pass\n",
    ),
    "javascript": (
        "import a from 'a';\n\n",
        "/** Doc. */\nexport async function f() {\n  return 1;\n}\n\n",
        "const g = () => 2;\n\n",
        "class B {\n  m() {\n  }\n}\n",
    ),
    "typescript": ("interface A {\n  a: string;\n}\n\n", "export type B = A | null;\n"),
    "java": (
        "package a;\n\n",
        "@Entity\npublic final class A {\n    void f() {}\n}\n\n",
        "interface B {}\n",
    ),
    "go": ("package main\n\n", "// F does.\nfunc F() {}\n\n", "type T struct {\n\tA int\n}\n"),
    "rust": (
        "use std::fs;\n\n",
        "#[derive(Debug)]\npub struct A;\n\n",
        "impl A {\n    fn f() {}\n}\n\n",
        "pub async fn g() {}\n",
    ),
    "c": ("#include <a.h>\n\n", "static int a;\n\n", "int main(void)\n{\n  if (a) f();\n}\n"),
    "cpp": ("#include <a>\n\n", "template <class T>\n", "class A {\n};\n\n", "void A::f() {\n}\n"),
    "sql": ("-- All.\nselect *\nfrom a;\n\n", "CREATE TABLE b (\n  c int\n);\n"),
    "markdown": ("# A\n\nx\n\n", "## B\n\n```\n# no heading\n```\n"),
}


@pytest.mark.parametrize("language", CODE)
def test_code_is_cut_between_definitions(language):
    """Comments, decorators and attributes stay with what they belong to."""
    text = "".join(CODE[language])
    chunking = Chunking(splitter="code", code_language=language, min_size=0)
    document = markdown_document(text) if language == "markdown" else Document("a", "0", "", text)
    assert list(CODE[language]) == [chunk.text for chunk in split_document(document, chunking)]


def test_the_suffix_names_the_language_and_a_long_class_is_cut_between_methods():
    """A definition that is too long is cut where an inner one begins."""
    methods = [f"    def f{n}(self):\n        return {n}\n\n" for n in range(4)]
    text = "class A:\n" + "".join(methods)
    chunks = texts(text, "code", max_size=80, uri="a.py")
    assert all(chunk.startswith(("class A", "def f")) for chunk in chunks)
    assert len(chunks) > 1


def test_semantic_cuts_where_the_subject_changes(tmp_path, monkeypatch):
    """Embeddings come from an endpoint, and are asked for once."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    hotel = "The hotel room has a bed. A bed is in the hotel room. The room of the hotel is big."
    pump = "Pump oil pressure drops. Check pump oil pressure. Oil the pump under pressure."
    options = {"embedding_model": "test-embed", "min_size": 20, "max_size": 300}
    with running() as server:
        options["embedding_url"] = server.base_url
        assert [hotel, pump] == texts(f"{hotel} {pump}", "semantic", **options)
        assert [hotel, pump] == texts(f"{hotel} {pump}", "semantic", **options)
        asked = [kept for kept in server.requests() if kept["path"].endswith("/embeddings")]
        assert 1 == len(asked)


def test_tiktoken_counts_tokens(monkeypatch):
    """`tiktoken:<name>` is a tokenizer too; tokens of several characters keep their offsets."""
    import tiktoken
    import tiktoken.registry

    ranks = {bytes([value]): value for value in range(256)} | {b"ab": 256}
    encoding = tiktoken.Encoding(
        "tiny", pat_str=r"\w+|\W", mergeable_ranks=ranks, special_tokens={}
    )
    monkeypatch.setattr(tiktoken, "list_encoding_names", lambda: ["tiny"])
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: encoding)
    found = texts("ababcdefgh高", "token", tokenizer="tiktoken:tiny", max_size=4)
    assert ["ababcd", "efgh", "高"] == found


def test_without_tiktoken_the_error_names_it(monkeypatch):
    """The extra is named."""
    import sys

    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(MissingExtra, match="pip install tiktoken"):
        texts("a", "token", tokenizer="tiktoken:none")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"splitter": "token"}, "no tokenizer is named"),
        ({"splitter": "separator"}, "Pass separator="),
        ({"separator": "---"}, "option of the splitter 'separator'"),
        ({"splitter": "semantic"}, "embedding_model='bge-m3'"),
        ({"splitter": "pages", "code_language": "go"}, "option of the splitter 'code'"),
        ({"splitter": "sentence", "min_size": 20, "max_size": 10}, "min_size <= max_size"),
    ],
)
def test_options_are_checked_together(options, words):
    """What contradicts itself is refused before any file is opened."""
    with pytest.raises(ConfigurationError, match=words):
        Chunking(**options)


def test_unknown_names_come_with_the_nearest():
    """Of splitters and of languages."""
    with pytest.raises(UnknownName, match="'sentence'"):
        Chunking(splitter="sentences")
    with pytest.raises(UnknownName, match="'python'"):
        Chunking(splitter="code", code_language="pyton")


def test_builders_take_the_splitter(load, docs):
    """`splitter=` is an option of every builder that reads documents."""
    rows = load(
        "documents", data_dir=str(docs), split="train", splitter="paragraph", min_chunk_size=0
    )
    assert rows.num_rows == 4
    assert "".join(rows["text"]) == (docs / "guide.md").read_text(encoding="utf-8")


def test_source_files_are_read_where_code_is_asked_for(load, docs):
    """Among documents they are left out and counted, as before."""
    (docs / "a.py").write_text("".join(CODE["python"]), encoding="utf-8")
    rows = load("documents", data_dir=str(docs), split="train")
    assert ["guide.md"] == list({uri.rpartition("/")[2] for uri in rows["uri"]})
    rows = load("documents", data_dir=str(docs), split="train", splitter="code", min_chunk_size=0)
    assert list(CODE["python"]) == [r["text"] for r in rows if r["uri"].endswith("a.py")]
