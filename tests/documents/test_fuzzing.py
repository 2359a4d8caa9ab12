"""Mutated files: whatever the bytes, a document or a `DocumentError`, and offsets that hold."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_samples import SAMPLES

from hf_sft_builders.documents import Document, documents_in
from hf_sft_builders.errors import DocumentError

REGRESSIONS = sorted((Path(__file__).parent / "regressions").iterdir())


def members(data):
    """Give the parts of a ZIP that can be changed, so that its checksums still hold."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@st.composite
def mutated(draw, data):
    """Cut, repeat, swap and overwrite stretches of the bytes."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(changed) - 1)))
        end = min(len(changed), start + draw(st.integers(0, 60)))
        kind = draw(st.sampled_from(["cut", "repeat", "write"]))
        if kind == "cut":
            del changed[start:end]
        elif kind == "repeat":
            changed[start:start] = changed[start:end] * draw(st.integers(1, 40))
        else:
            changed[start:end] = draw(st.binary(max_size=20))
    return bytes(changed)


def check(data, name):
    """Read, and check what every document promises."""
    try:
        found = list(documents_in(data, name))
    except DocumentError as error:
        assert error.reason
        return
    for document in found:
        if isinstance(document, DocumentError):
            continue
        assert isinstance(document, Document)
        length = len(document.text)
        edges = [edge for span in document.blocks for edge in (span.start, span.end)]
        assert sorted(edges) == edges and (not edges or edges[-1] <= length)
        assert sorted(document.page_starts) == list(document.page_starts)
        assert all(0 <= start <= length for start in document.page_starts)
        for heading in document.headings:
            assert heading.start == 0 or document.text[heading.start - 1] == "\n"
        assert all(0 <= picture.start <= length for picture in document.images)


@pytest.mark.parametrize("reader", sorted(SAMPLES))
@settings(max_examples=40)
@given(st.data())
def test_mutated_bytes(reader, data):
    """Of the file as it is."""
    name, sample, _ = SAMPLES[reader]
    check(data.draw(mutated(sample)), name)


@pytest.mark.parametrize("reader", ["docx", "epub", "pptx", "xlsx"])
@settings(max_examples=40)
@given(st.data())
def test_mutated_members(reader, data):
    """Of one part in a sound archive."""
    import office_samples

    name, sample, _ = SAMPLES[reader]
    parts = members(sample)
    part = data.draw(st.sampled_from(sorted(parts)))
    check(office_samples.repacked(sample, {part: data.draw(mutated(parts[part]))}), name)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.name)
def test_what_once_broke(path):
    """Files that fuzzing found."""
    check(path.read_bytes(), path.name)
