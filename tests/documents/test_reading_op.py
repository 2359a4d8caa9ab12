"""`sft.read_documents`: a column of files becomes rows of text."""

import json

import datasets
import office_samples
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError


def test_paths_bytes_and_both(tmp_path):
    """Three ways to hold a file; kinds without a name are told by their bytes."""
    path = tmp_path / "a.docx"
    path.write_bytes(office_samples.word())
    archive = office_samples.packed({"a.md": "# A", "b.md": "# B", "c.bin": "x"})
    for column, values in {
        "path": [str(path)],
        "file": [{"path": "x/a.zip", "bytes": archive}],
        "raw": [office_samples.word(), archive],
    }.items():
        ds = datasets.Dataset.from_dict({column: values})
        rows = ds.map(sft.read_documents(column), batched=True)
        expected = {"path": 1, "file": 2, "raw": 3}[column]
        assert expected == len(rows)
        assert column == "path" or {"no reader for .bin": 1} == dict(sft.last_run().drops)
    outline = json.loads(ds.map(sft.read_documents("raw"), batched=True)[0]["outline"])
    assert {"level": 1, "title": "云溪古城", "start": 0} == outline[0]


def test_contents_of_a_kind():
    """A column of pages."""
    ds = datasets.Dataset.from_dict({"html": ["<h1>A</h1><p>b", "", None]})
    rows = ds.map(sft.read_documents("html", kind=".html"), batched=True)
    assert ["# A\n\nb\n"] == rows["text"]
    assert {"empty file": 1, "no file": 1} == dict(sft.last_run().drops)


def test_what_cannot_be_fetched_is_a_failure(tmp_path):
    """A missing file may be there tomorrow."""
    good = tmp_path / "a.md"
    good.write_text("# A")
    ds = datasets.Dataset.from_dict({"path": [str(good), str(tmp_path / "none.md")]})
    rows = sft.map(ds, sft.read_documents())
    assert 1 == len(rows)
    expected = [(str(tmp_path / "none.md"), "could not be fetched")]
    assert expected == [(failure.input, failure.reason) for failure in sft.last_run().failures]


def test_a_wrong_column_is_named():
    """As with every op."""
    with pytest.raises(ConfigurationError, match="'path'"):
        sft.map(datasets.Dataset.from_dict({"a": ["x"]}), sft.read_documents())
