"""What every registered splitter promises; a new one is tested the day it is born."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from chat_server import running
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import chunkings, documents
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from hf_sft_builders.documents import Chunking, split_document
from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import next_grapheme
from hf_sft_builders.documents.splitters import SPLITTERS


@pytest.fixture(scope="module")
def needs(tmp_path_factory):
    """What some splitters cannot work without: a tokenizer, a separator, an endpoint."""
    folder = tmp_path_factory.mktemp("splitters")
    words = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|\s|[^\w\s]"), "isolated")
    words.save(str(folder / "tokenizer.json"))
    with running() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_SFT_REPLIES", str(folder / "replies.sqlite"))
        yield {
            "token": {"tokenizer": str(folder / "tokenizer.json")},
            "separator": {"separator": "。"},
            "code": {"code_language": "python"},
            "semantic": {"embedding_model": "test-embed", "embedding_url": server.base_url},
        }


@pytest.mark.parametrize("name", SPLITTERS)
@given(data=st.data())
@settings(max_examples=60)
def test_chunks_cover_the_document_without_loss(name, needs, data):
    """In order, nothing lost, nothing repeated but the overlap, none longer than `max_size`."""
    document, sizes = data.draw(documents()), data.draw(chunkings())
    chunking = replace(sizes, splitter=name, **needs.get(name, {}))
    chunks = list(split_document(document, chunking))
    assert document.text == "".join(chunk.text[chunk.overlap :] for chunk in chunks)
    for before, after in pairwise(chunks):
        assert before.end == after.start + after.overlap
        assert before.start < after.start
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert document.pages(chunk.start, chunk.end) == chunk.pages
        assert chunk.text.strip() or len(chunks) == 1
        assert size(chunking, chunk.text) <= chunking.max_size or is_one_character(chunk.text)


def size(chunking, text):
    """Give the length of a chunk but for white space around it, which may ride along."""
    words = text.strip()
    if chunking.tokenizer is None:
        return len(words)
    return len(loaded(chunking.tokenizer).encode(words).ids)


@cache
def loaded(path):
    """Load a tokenizer once."""
    return Tokenizer.from_file(path)


def is_one_character(text):
    """Tell whether the words are a single visible character."""
    words = text.strip()
    return next_grapheme(words, 0) >= len(words)


@pytest.mark.parametrize("name", SPLITTERS)
def test_splits_alike_every_time_and_knows_the_headings(name, needs):
    """The same document gives the same chunks, each with the headings that it lies under."""
    text = "# 望云楼\n\n" + "高 28.6 米。" * 30 + "\n\n## Hotel\n\n" + "It is open. " * 30
    document = Document("a.md", "0", "", text, page_starts=(0, 100))
    chunking = Chunking(splitter=name, min_size=20, max_size=80, **needs.get(name, {}))
    first, second = (list(split_document(document, chunking)) for _ in range(2))
    assert first == second
    assert len(first) > 1


@pytest.mark.parametrize("name", SPLITTERS)
def test_an_empty_document_has_no_chunks(name, needs):
    """No text, no chunks; a document of white space has one."""
    chunking = Chunking(splitter=name, **needs.get(name, {}))
    assert [] == list(split_document(Document("a.md", "0", "", ""), chunking))
    [blank] = split_document(Document("a.md", "0", "", " \n\n "), chunking)
    assert " \n\n " == blank.text
