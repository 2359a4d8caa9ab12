"""One function reads every kind of file, and says in a few words why it cannot."""

import hashlib
import pickle

import pytest

from hf_sft_builders.documents import READERS, Document, read_document, readable_suffixes
from hf_sft_builders.errors import DocumentError


def reason(data, uri):
    """Give the reason for which a file cannot be read."""
    with pytest.raises(DocumentError) as error:
        read_document(data, uri)
    assert uri in str(error.value)
    assert error.value.reason == pickle.loads(pickle.dumps(error.value)).reason
    return error.value.reason


def test_suffixes_are_known_in_any_case():
    """The suffix picks the reader, however it is written."""
    assert {".pdf", ".md", ".txt"} <= set(readable_suffixes())
    assert "text" == read_document(b"text", "A.TXT").text
    assert "no reader for its suffix" == reason(b"text", "a.xyz")


@pytest.mark.parametrize("suffix", readable_suffixes())
def test_an_empty_file_is_an_empty_file(suffix):
    """0 bytes have a reason of their own with every reader."""
    assert "empty file" == reason(b"", "a" + suffix)


@pytest.mark.parametrize("blank", ["a.txt", "a.md", "a.html", "a.csv"])
def test_spaces_are_no_text(blank):
    """A file of spaces and line breaks is counted, not cut into an empty chunk."""
    assert "no text" == reason(b" \t\n\n", blank)


@pytest.mark.parametrize(
    ("data", "uri"),
    [
        (b"%PDF-1.7\n...", "a.txt"),
        (b"PK\x03\x04...", "a.pdf"),
        (b"\x89PNG\r\n\x1a\n...", "a.pdf"),
        (b"\x89PNG\r\n\x1a\n...", "a.md"),
        (b"\n <!DOCTYPE html><html><body>404</body></html>", "a.pdf"),
        (b"just words", "a.pdf"),
    ],
)
def test_files_that_are_not_what_their_suffix_says(data, uri):
    """The first bytes tell a disguised file."""
    assert "not what its suffix says" == reason(data, uri)


def test_binary_data_is_not_text():
    """Unknown binary data with the suffix of a text is no text."""
    assert "not text" == reason(b"\x00\x01\x02\x03" * 20, "a.txt")


@pytest.mark.parametrize("reader", sorted({reader.name for reader in READERS.values()}))
def test_readers_have_what_the_contract_asks(reader):
    """Each reader names itself, its suffixes with dots in lower case, and reads."""
    found = next(value for value in READERS.values() if value.name == reader)
    assert found.name
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in found.suffixes)
    assert callable(found.read)


def test_documents_carry_the_hash_of_the_file():
    """sha256 is that of the bytes, not of the text."""
    document = read_document("茶".encode("gb18030") * 8, "a.txt")
    assert isinstance(document, Document)
    assert hashlib.sha256("茶".encode("gb18030") * 8).hexdigest() == document.sha256
