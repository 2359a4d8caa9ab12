"""Chunks cover a document without loss, and are cut where a reader would cut."""

from __future__ import annotations

import re
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from strategies import VISIBLE_CHARACTERS, chunkings, documents, markdown_document

from hf_sft_builders.documents import text_length
from hf_sft_builders.documents.base import Chunk, Document, Span
from hf_sft_builders.documents.breakpoints import next_grapheme
from hf_sft_builders.documents.chunking import Chunking, split_document
from hf_sft_builders.documents.text_length import load_tokenizer
from hf_sft_builders.errors import ConfigurationError, MissingExtra

_NUMBER = re.compile(r"\d[\d.,]*\d")


def split(text: str, min_size: int = 300, max_size: int = 1500, overlap: int = 0) -> list[Chunk]:
    """Give the chunks of a Markdown text."""
    chunking = Chunking(min_size=min_size, max_size=max_size, overlap=overlap)
    return list(split_document(markdown_document(text), chunking))


def texts(chunks: list[Chunk]) -> list[str]:
    """Give what the chunks say."""
    return [chunk.text for chunk in chunks]


def first_word(text: str, start: int) -> int:
    """Give where the first word at or after `start` begins."""
    return start + len(text[start:]) - len(text[start:].lstrip())


def heading_runs(document: Document) -> list[Span]:
    """Give each heading up to its first words, headings with nothing between them as one."""
    runs: list[Span] = []
    for heading in document.headings:
        line_end = document.text.find("\n", heading.start) + 1 or len(document.text)
        end = first_word(document.text, line_end)
        start = runs.pop().start if runs and runs[-1].end == heading.start else heading.start
        runs.append(Span(start, end))
    return runs


def cuts(chunks: list[Chunk]) -> list[int]:
    """Give where one chunk ends and the new text of the next begins."""
    return [chunk.end for chunk in chunks[:-1]]


def blank_before(text: str, position: int) -> int:
    """Give where the white space before `position` begins."""
    return len(text[:position].rstrip())


def line_around(document: Document, position: int) -> Span:
    """Give the line that `position` is in."""
    line_end = document.text.find("\n", position) + 1 or len(document.text)
    return Span(document.text.rfind("\n", 0, position) + 1, line_end)


def needed_size(document: Document, stretch: Span) -> int:
    """Give the length of a stretch with the white space and headings that cannot leave it."""
    text, runs = document.text, heading_runs(document)
    start = next((run.start for run in runs if run.end == stretch.start), stretch.start)
    after = first_word(text, stretch.end)
    is_last = after == len(text) or Span(after, len(text)) in runs
    return (len(text) if is_last else stretch.end) - blank_before(text, start)


class TestPromises:
    """What holds for every document at all sizes."""

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_every_character_is_covered_in_order(self, document, chunking):
        """Chunks join to the document, and repeat exactly what they declare."""
        chunks = list(split_document(document, chunking))
        assert document.text == "".join(chunk.text[chunk.overlap :] for chunk in chunks)
        for chunk in chunks:
            assert document.text[chunk.start : chunk.end] == chunk.text
            assert document.pages(chunk.start, chunk.end) == chunk.pages
        for before, after in pairwise(chunks):
            assert before.end - after.start == after.overlap
            assert before.start < after.start
            assert 0 <= after.overlap <= chunking.overlap

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_no_chunk_is_without_words(self, document, chunking):
        """New words are in every chunk, except the only chunk of a blank document."""
        chunks = list(split_document(document, chunking))
        if document.text.strip():
            assert all(chunk.text[chunk.overlap :].strip() for chunk in chunks)
        else:
            assert [document.text] * bool(document.text) == texts(chunks)

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_no_chunk_is_too_long(self, document, chunking):
        """Only one visible character or a stretch of white space makes a chunk longer."""
        for chunk in split_document(document, chunking):
            words = chunk.text.strip()
            one = bool(words) and next_grapheme(words, 0) == len(words)
            leading = len(chunk.text) - len(chunk.text.lstrip())
            trailing = len(chunk.text) - len(chunk.text.rstrip())
            blank = max(leading, trailing) >= chunking.max_size
            assert len(chunk.text) <= chunking.max_size or one or blank

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_blocks_that_fit_are_whole(self, document, chunking):
        """A table or fence is in one chunk if it fits there with the headings that it needs."""
        ends = cuts(list(split_document(document, chunking)))
        for block in document.blocks:
            if needed_size(document, block) <= chunking.max_size:
                assert not [end for end in ends if block.start < end < block.end]

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_blocks_too_long_are_cut_between_lines(self, document, chunking):
        """A cut inside a row or line of code happens only where it is too long by itself."""
        for end in cuts(list(split_document(document, chunking))):
            in_block = any(block.start < end < block.end for block in document.blocks)
            if in_block and document.text[end - 1] != "\n":
                assert needed_size(document, line_around(document, end)) > chunking.max_size

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_headings_stay_with_their_words(self, document, chunking):
        """No cut parts a heading from its first words, or from the last ones if none follow."""
        text, chunks = document.text, list(split_document(document, chunking))
        for run in heading_runs(document):
            start, end = run.start, run.end
            if end == len(text):
                start = blank_before(text, start) - 1
                needed = len(text) - start + 12
            else:
                needed = next_grapheme(text, end) - blank_before(text, start)
            if needed <= chunking.max_size:
                assert not [cut for cut in cuts(chunks) if start < cut <= end]

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_sections_of_min_size_end_before_the_next_heading(self, document, chunking):
        """A chunk goes on past a heading only while it is shorter than `min_size`."""
        chunks = list(split_document(document, chunking))
        runs = [run for run in heading_runs(document) if run.end < len(document.text)]
        for chunk in chunks:
            fresh = first_word(document.text, chunk.start + chunk.overlap)
            inside = [run.start for run in runs if fresh < run.start < chunk.end]
            assert all(start - chunk.start < chunking.min_size for start in inside)

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_heading_paths_are_those_of_the_first_words(self, document, chunking):
        """The path is that of the first words that are no heading."""
        runs = heading_runs(document)
        for chunk in split_document(document, chunking):
            offset = first_word(document.text, chunk.start)
            offset = next((run.end for run in runs if run.start <= offset < run.end), offset)
            assert document.heading_path(offset) == chunk.headings

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_numbers_are_cut_only_where_nothing_else_is(self, document, chunking):
        """A number is cut only if no white space is between it and the chunk's first words."""
        text, runs = document.text, heading_runs(document)
        inside = {at for m in _NUMBER.finditer(text) for at in range(m.start() + 1, m.end())}
        for chunk in split_document(document, chunking):
            start = first_word(text, chunk.start + chunk.overlap)
            start = next((run.end for run in runs if run.start <= start < run.end), start)
            in_block = any(b.start < chunk.end and start < b.end for b in document.blocks)
            if chunk.end in inside and not in_block:
                assert not re.search(r"[^\S\xa0]", text[start : chunk.end])

    @given(documents(), chunkings())
    @settings(deadline=None)
    def test_visible_characters_are_whole(self, document, chunking):
        """No cut is inside an emoji, a flag, or a letter with its marks."""
        inside = {
            at
            for sign in VISIBLE_CHARACTERS
            for m in re.finditer(sign, document.text)
            for at in range(m.start() + 1, m.end())
        }
        chunks = list(split_document(document, chunking))
        assert not inside & {at for chunk in chunks for at in (chunk.start, chunk.end)}


class TestSections:
    """Headings and what is below them."""

    def test_each_heading_starts_a_chunk(self):
        """Sections of `min_size` are chunks of their own, heading included."""
        one, two = "# One\n\n" + "a b. " * 30 + "\n\n", "# Two\n\n" + "c d. " * 30
        assert [one, two] == texts(split(one + two, min_size=100))

    def test_small_sections_are_joined(self):
        """Sections below `min_size` are joined, and lie under the first of their headings."""
        chunks = split("# T\n\n## A\n\none\n\n## B\n\ntwo\n\n## C\n\nthree", min_size=20)
        assert texts(chunks) == ["# T\n\n## A\n\none\n\n## B\n\ntwo\n\n", "## C\n\nthree"]
        assert [chunk.headings for chunk in chunks] == [("T", "A"), ("T", "C")]

    def test_headings_are_not_dropped(self):
        """Each heading is in the text of a chunk, also where its section is too long."""
        text = "# First\n\n" + "word " * 900 + "\n\n## Second\n\n" + "word " * 900
        chunks = split(text)
        assert chunks[0].text.startswith("# First\n\nword")
        assert any(chunk.text.startswith("## Second\n\nword") for chunk in chunks)
        assert {("First",), ("First", "Second")} == {chunk.headings for chunk in chunks}

    def test_a_section_without_words_is_no_chunk(self):
        """Headings alone go with what follows, at the end with what is before."""
        chunks = split("# A\n\n## B\n\nwords\n\n# C\n\nmore\n\n# D\n\n## E\n", min_size=0)
        assert texts(chunks) == ["# A\n\n## B\n\nwords\n\n", "# C\n\nmore\n\n# D\n\n## E\n"]
        assert [chunk.headings for chunk in chunks] == [("A", "B"), ("C",)]

    def test_a_document_of_headings_alone_is_cut_between_them(self):
        """A table of contents longer than a chunk is cut at its lines."""
        text = "".join(f"# Chapter {number}\n" for number in range(100))
        chunks = split(text, min_size=0, max_size=100)
        assert all(chunk.text.endswith("\n") and len(chunk.text) <= 100 for chunk in chunks)
        assert text == "".join(texts(chunks))

    def test_pages_are_given(self):
        """A chunk names every page that it lies on."""
        text = "one two. " * 10
        document = markdown_document(text, (0, 30, 60))
        chunks = split_document(document, Chunking(min_size=10, max_size=45))
        assert [chunk.pages for chunk in chunks] == [(1, 2), (2, 3)]


class TestCuts:
    """Where a section is cut that is too long."""

    def test_the_tail_of_a_long_paragraph_is_kept(self):
        """What follows the last full stop of an over-long paragraph is not lost."""
        text = "A sentence of a report. " * 300 + "and a tail without its stop"
        chunks = split(text)
        assert text == "".join(texts(chunks))
        assert chunks[-1].text.endswith("and a tail without its stop")

    def test_nothing_is_repeated_after_a_hard_cut(self):
        """A text with no place to cut at appears once and in order."""
        text = "MARKER. " + "x" * 5000 + " END."
        assert text == "".join(texts(split(text)))

    def test_a_long_table_is_cut_between_rows(self):
        """All 220 rows are whole, to the last cell."""
        rows = [f"| item {row} | {row}82.21 | no. {row} |\n" for row in range(220)]
        chunks = split("".join(rows))
        assert rows == [line for chunk in chunks for line in chunk.text.splitlines(keepends=True)]

    def test_a_table_that_fits_is_not_cut(self):
        """A cut is before the table although the chunk is then below `min_size`."""
        table = "".join(f"| {row} | 1.5 |\n" for row in range(20))
        before = "Short words. " * 5 + "\n\n"
        chunks = split(before + table + "\nafter. " * 20, min_size=100, max_size=len(table) + 20)
        assert before == chunks[0].text
        assert chunks[1].text.startswith(table)

    def test_the_last_line_of_code_is_kept(self):
        """A fence too long for a chunk is cut between lines and ends with its last one."""
        code = "```python\n" + "total = total + 1.5  # e.g. a step.\n" * 100 + "return total\n```"
        chunks = split(code)
        assert code == "".join(texts(chunks))
        assert chunks[-1].text.endswith("return total\n```")
        assert all(chunk.text.endswith("\n") for chunk in chunks[:-1])

    def test_comments_in_code_are_no_headings(self):
        """`#` in a fence starts no chunk and is in no path."""
        text = "# Setup\n\nRun this:\n\n```sh\n# install\npip install x\n# run\n```\n"
        chunks = split(text, min_size=0)
        assert [(text, ("Setup",))] == [(chunk.text, chunk.headings) for chunk in chunks]

    @pytest.mark.parametrize(
        ("text", "size", "head"),
        [
            ("One line.\n\nThen two.\nAnd this is it", 30, "One line.\n\n"),
            ("One line. Then two\nand this. Is next", 30, "One line. Then two\n"),
            ("First one. Second, two three", 20, "First one. "),
            ("价格是182.21元。第二句话在这里", 15, "价格是182.21元。"),
            ("他说：“好！”然后走了，很远的路", 13, "他说：“好！”"),
            ("It is 3.14 and e.g. Dr. Li, v1.2 too", 32, "It is 3.14 and e.g. Dr. Li, "),
            ("第一部分，第二部分没有标点", 9, "第一部分，"),
            ("Total 1,280,500 and 9:00 to 17:00", 13, "Total "),
            ("1. First of a list of many words", 26, "1. First of a list of "),
            ("See https://a.cn/?q=中文!价 for it now", 29, "See https://a.cn/?q=中文!价 for "),
            ("It goes on... and on. Here too", 20, "It goes on... and "),
            ("共计人民币1，280，500元", 11, "共计人民币"),
            ("没有标点的句子写了182.21个字", 13, "没有标点的句子写了"),
            ("（没有）标点的句子“写”完", 10, "（没有）标点的句子"),
            ("xxxxxxxxx👨‍👩‍👧‍👦yyyyyyyyyyyyyyyyyyy", 13, "xxxxxxxxx"),
        ],
    )
    def test_the_best_place_is_taken(self, text, size, head):
        """Blank line, line, sentence, clause, space, character: the best in reach."""
        assert head == split(text, min_size=1, max_size=size)[0].text

    def test_the_rest_of_a_section_is_not_tiny(self):
        """A section a little longer than `max_size` leaves at least `min_size` for its end."""
        chunks = split("word " * 310)
        assert len(chunks) == 2
        assert all(len(chunk.text) >= 300 for chunk in chunks)

    def test_blank_documents(self):
        """No text gives no chunk; white space gives one."""
        assert [texts(split(text)) for text in ("", "\n \n", " " * 5000)] == [
            [],
            ["\n \n"],
            [" " * 5000],
        ]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("word" + " " * 5000, ["word" + " " * 5000]),
            (" " * 5000 + "one two", [" " * 5000 + "one two"]),
            ("a" + " " * 5000 + "b", ["a" + " " * 9, " " * 4991 + "b"]),
            ("👨\u200d👩\u200d👧\u200d👦👨\u200d👩\u200d👧\u200d👦" + "\n" * 9, None),
        ],
    )
    def test_white_space_is_no_chunk_of_its_own(self, text, expected):
        """White space that is too long stays with words, whatever the size."""
        chunks = split(text, min_size=0, max_size=10)
        assert text == "".join(texts(chunks))
        assert expected in (None, texts(chunks))
        assert all(chunk.text.strip() for chunk in chunks)


class TestOverlap:
    """What a chunk repeats of the one before."""

    def test_overlap_begins_with_a_sentence(self):
        """The repeated text is whole sentences, and is declared."""
        text = "".join(f"This is sentence {number}. " for number in range(40))
        chunks = split(text, min_size=50, max_size=200, overlap=60)
        for before, after in pairwise(chunks):
            assert 0 < after.overlap <= 60
            assert before.text.endswith(after.text[: after.overlap])
            assert after.text.startswith("This is sentence")

    def test_no_overlap_into_another_section(self):
        """A chunk that begins with its heading repeats nothing of the section before."""
        text = "# A\n\n" + "one two. " * 20 + "\n\n# B\n\n" + "three. " * 20
        assert [chunk.overlap for chunk in split(text, min_size=50, overlap=30)] == [0, 0]

    def test_no_overlap_beyond_a_heading(self):
        """Where small sections were joined, what is repeated begins after the last heading."""
        text = "# A\n\nSmall one.\n\n# B\n\nShort. Long " + "x" * 70
        chunks = split(text, min_size=40, max_size=60, overlap=40)
        assert chunks[1].headings == ("B",)
        assert chunks[1].text.startswith("# B")

    def test_overlap_repeats_no_fragment_of_a_table(self):
        """A table that the chunk before holds whole is not begun again in its middle."""
        table = "".join(f"| {row} | 1.5 |\n" for row in range(9))
        chunks = split(
            "Above.\n\n" + table + "\nBelow. " * 30, min_size=5, max_size=130, overlap=60
        )
        assert table in chunks[0].text
        assert "|" not in chunks[1].text

    def test_overlap_gives_way_to_a_whole_block(self):
        """Where a table fits only without the repeated words, they are left out."""
        table = "".join(f"| {row:2} | 1.5 |\n" for row in range(20))
        text = "Words before it. " * 20 + "\n\n" + table
        chunks = split(text, min_size=10, max_size=len(table), overlap=40)
        assert table == chunks[-1].text


class TestSizes:
    """What a `Chunking` may be."""

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"min_size": 5000, "max_size": 2000}, "min_size is 5000 and max_size is 2000"),
            ({"min_size": -1}, "min_size is -1"),
            ({"min_size": 0, "max_size": 0}, "max_size is 0"),
            ({"max_size": "1500"}, "max_size is '1500'"),
            ({"overlap": -1}, "overlap is -1"),
            ({"overlap": 1500}, "overlap is 1500 and max_size is 1500"),
        ],
    )
    def test_impossible_sizes_are_refused(self, options, words):
        """The error says what was given, what is expected and what to do."""
        with pytest.raises(ConfigurationError, match=re.escape(words)) as caught:
            Chunking(**options)
        assert re.search(r"expected .*\. (Lower|Give) ", str(caught.value))


class TestTokens:
    """Sizes counted in tokens."""

    @pytest.fixture
    def tokenizer(self, tmp_path):
        """Give the path of a byte-level tokenizer trained on one sentence."""
        package = pytest.importorskip("tokenizers")
        tokenizer = package.ByteLevelBPETokenizer()
        tokenizer.train_from_iterator(["internationalization of the hotel booking"] * 3, 300)
        path = tmp_path / "tokenizer.json"
        tokenizer.save(str(path))
        return str(path)

    def test_no_chunk_has_too_many_tokens(self, tokenizer):
        """A chunk tokenized by itself is within `max_size`, also cut inside words and emoji."""
        count = load_tokenizer(tokenizer)
        text = (
            "# Rooms\n\n"
            + "internationalization " * 40
            + "酒店预订" * 40
            + "👨‍👩‍👧‍👦" * 9
            + "hotel" * 90
        )
        chunking = Chunking(min_size=5, max_size=40, overlap=7, tokenizer=tokenizer)
        chunks = list(split_document(markdown_document(text), chunking))
        assert text == "".join(chunk.text[chunk.overlap :] for chunk in chunks)
        assert all(len(count.encode(chunk.text).ids) <= 40 for chunk in chunks)
        assert any(chunk.overlap for chunk in chunks)

    def test_words_cut_from_their_space_are_counted_as_they_are(self, tokenizer):
        """A word is more tokens without the space before it; the chunk is within size even so."""
        text = "words" + " hotel booking" * 200
        for min_size in (0, 40):
            chunking = Chunking(min_size=min_size, max_size=40, tokenizer=tokenizer)
            chunks = texts(list(split_document(markdown_document(text), chunking)))
            assert text == "".join(chunks)
            sizes = [len(load_tokenizer(tokenizer).encode(chunk).ids) for chunk in chunks]
            assert 30 < sizes[1] <= max(sizes) <= 40

    def test_long_texts_are_tokenized_piece_by_piece(self, tokenizer, monkeypatch):
        """Chunks do not depend on how much is tokenized at once."""
        document = markdown_document("the hotel booking\n" * 99)
        chunking = Chunking(min_size=5, max_size=40, tokenizer=tokenizer)
        at_once = list(split_document(document, chunking))
        monkeypatch.setattr(text_length, "_WINDOW", 50)
        assert at_once == list(split_document(document, chunking))

    def test_broken_characters_are_counted(self, tokenizer):
        """Half of a surrogate pair, which damaged files hold, stops nothing."""
        chunking = Chunking(min_size=1, max_size=5, tokenizer=tokenizer)
        chunks = split_document(markdown_document("the \ud83d hotel booking"), chunking)
        assert "the \ud83d hotel booking" == "".join(texts(list(chunks)))

    def test_an_unknown_tokenizer_is_a_clear_error(self, tmp_path):
        """A file that is no tokenizer is named in the error."""
        pytest.importorskip("tokenizers")
        path = tmp_path / "tokenizer.json"
        path.write_text("{}")
        with pytest.raises(ConfigurationError, match=r"tokenizer\.json' cannot be loaded"):
            list(split_document(markdown_document("a"), Chunking(tokenizer=str(path))))

    def test_without_the_package_the_error_says_what_to_install(self, monkeypatch):
        """The extra is named where `tokenizers` is missing."""
        monkeypatch.setitem(sys.modules, "tokenizers", None)
        with pytest.raises(MissingExtra, match=r"hf_sft_builders\[tokenizers\]"):
            list(split_document(markdown_document("a"), Chunking(tokenizer="any/missing")))


class TestSpeed:
    """Chunking is linear and streams."""

    def test_the_first_chunk_does_not_wait_for_the_rest(self):
        """Chunks come one by one."""
        assert next(split_document(markdown_document("a. " * 9999), Chunking())).text == "a. " * 500

    @pytest.mark.parametrize("unit", ["x", "汉字", ". ", "a\n\n", "# A\n\n", "\n", "e\u0301"])
    def test_a_monotonous_text_takes_seconds(self, unit):
        """A megabyte of what has broken regular expressions is cut in far less than 20 s."""
        document = markdown_document(unit * (1_000_000 // len(unit)))
        started = time.perf_counter()
        assert len(document.text) == sum(
            len(chunk.text) for chunk in split_document(document, Chunking())
        )
        assert time.perf_counter() - started < 20
