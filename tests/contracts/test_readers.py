"""What every registered reader promises; a new one needs only its sample in `reader_samples`."""

import hashlib

import pytest
from reader_samples import SAMPLES

from hf_sft_builders.documents import (
    READERS,
    Chunking,
    Document,
    ReadingLimits,
    documents_in,
    read_document,
    split_document,
)
from hf_sft_builders.errors import DocumentError

NAMES = sorted({reader.name for reader in READERS.values()})


@pytest.fixture(params=NAMES)
def sample(request):
    """The sample of each reader: name, bytes, words."""
    return SAMPLES[request.param]


@pytest.fixture
def document(sample):
    """The sample as it is read."""
    return read_document(sample[1], sample[0])


def test_text_title_and_hash(sample, document):
    """The words are there; there is a title; the hash is that of the bytes that were read."""
    name, data, words = sample
    assert words in document.text
    assert document.title
    if name.rpartition(".")[2] not in ("zip", "json"):
        assert hashlib.sha256(data).hexdigest() == document.sha256


def test_reading_is_deterministic(sample, document):
    """The same bytes are the same document."""
    assert document == read_document(sample[1], sample[0])


def test_headings_stand_where_they_say(document):
    """In order, at the beginning of a line that has their words."""
    starts = [heading.start for heading in document.headings]
    assert sorted(starts) == starts
    for heading in document.headings:
        assert heading.start == 0 or "\n" == document.text[heading.start - 1]
        line = document.text[heading.start :].split("\n")[0]
        assert line.lstrip("# ").startswith(heading.title.split()[0])
        assert 1 <= heading.level


def test_blocks_are_whole_tables_and_fences(document):
    """In order, apart, and each from its first to its last line."""
    edges = [edge for span in document.blocks for edge in (span.start, span.end)]
    assert sorted(edges) == edges
    for span in document.blocks:
        block = document.text[span.start : span.end]
        assert block[0] in "|`~" and block[-1] in "|`~"


def test_pages_and_pictures_lie_in_the_text(document):
    """Pages begin in order, the first at 0; pictures stand in the text."""
    assert sorted(document.page_starts) == list(document.page_starts)
    assert not document.page_starts or document.page_starts[0] == 0
    offsets = [*document.page_starts, *(picture.start for picture in document.images)]
    assert all(0 <= offset <= len(document.text) for offset in offsets)


def test_chunks_cover_the_text(document):
    """What is read can be cut without loss."""
    assert document.text == "".join(chunk.text for chunk in split_document(document, Chunking()))


def test_the_worker_reads_the_same(sample, document):
    """A process of its own gives the very same document."""
    assert [document] == list(documents_in(sample[1], sample[0], limits=ReadingLimits()))


@pytest.mark.parametrize("limits", [None, ReadingLimits()])
def test_an_empty_file_is_an_empty_file(sample, limits):
    """0 bytes have a reason of their own."""
    with pytest.raises(DocumentError) as error:
        list(documents_in(b"", sample[0], limits=limits))
    assert "empty file" == error.value.reason


@pytest.mark.parametrize(
    "garbage", [b"\x00\x01\x02\x03" * 50, b"PK\x03\x04" + b"\xff" * 99, b"%PDF-"]
)
def test_garbage_is_refused_in_one_way(sample, garbage):
    """Whatever the bytes, the answer is a document or a `DocumentError` with a reason."""
    with pytest.raises(DocumentError) as error:
        read_document(garbage, sample[0])
    assert error.value.reason


def test_half_a_file_is_read_or_refused(sample):
    """A download that broke off raises nothing else."""
    name, data, _ = sample
    for end in range(1, len(data), max(1, len(data) // 25)):
        try:
            found = list(documents_in(data[:end], name))
        except DocumentError as error:
            assert error.reason
        else:
            assert all(isinstance(one, (Document, DocumentError)) for one in found)


def test_every_suffix_is_lower_case_with_its_dot():
    """As `suffix_of` gives it."""
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in READERS)
