"""Published files are read by the oldest supported version of `datasets`, and by the newest."""

import json
import os
import subprocess
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import FORMATS
from hf_sft_builders.publishing.oldest_form import oldest_schema, oldest_yaml

OLD = os.environ.get("HF_SFT_OLD_PYTHON")
SOURCE = Path(__file__).parents[2] / "src"
text = datasets.Value("string")

# It ends without tearing down: threads of that version's libraries now and then abort while they are.
READ = """
import json, os, sys
import datasets
ds = datasets.load_dataset(sys.argv[1], split="train", cache_dir=sys.argv[2])
print(json.dumps([datasets.__version__, ds.to_list()]), flush=True)
os._exit(0)
"""
WRITE = """
import sys
import datasets
import hf_sft_builders as sft
ds = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=sys.argv[3])
sft.publish(ds, sys.argv[2], license="mit")
"""


def described(features):
    """Give what the Parquet metadata says of features."""
    return json.loads(oldest_schema(features).metadata[b"huggingface"])["info"]["features"]


def test_lists_are_written_as_old_versions_write_them():
    """`List` becomes `[…]`, at every depth."""
    features = datasets.Features({"history": [[text]], "messages": [{"role": text}]})
    value = {"dtype": "string", "_type": "Value"}
    assert {"history": [[value]], "messages": [{"role": value}]} == described(features)


@pytest.mark.skipif(not hasattr(datasets, "List"), reason="datasets before 4 has no List")
def test_lists_of_fixed_length_are_sequences():
    """A length is kept in the one form that old versions keep it in."""
    features = datasets.Features({"box": datasets.List(datasets.Value("int32"), length=4)})
    expected = {"feature": {"dtype": "int32", "_type": "Value"}, "length": 4, "_type": "Sequence"}
    assert {"box": expected} == described(features)
    assert oldest_yaml(features) == [{"name": "box", "sequence": "int32", "length": 4}]


@pytest.mark.skipif(not hasattr(datasets, "List"), reason="datasets before 4 has no List")
def test_the_old_form_means_the_same_features():
    """What is written is read back as the same features, from metadata and from YAML."""
    features = datasets.Features(
        {
            "history": [[text]],
            "messages": [{"role": text, "parts": [text]}],
            "box": datasets.List(datasets.Value("int32"), length=4),
            "label": datasets.ClassLabel(names=["a", "b"]),
            "image": datasets.Image(decode=False),
            "large": datasets.LargeList(text),
            "where": {"start": datasets.Value("int64")},
        }
    )
    assert features == datasets.Features.from_arrow_schema(oldest_schema(features))
    assert features == datasets.Features._from_yaml_list(oldest_yaml(features))


@pytest.mark.skipif(not hasattr(datasets, "Json"), reason="datasets before 4.7 has no Json")
def test_types_that_old_versions_do_not_know_are_refused(tmp_path):
    """A column that only new versions could read is an error that names it."""
    features = datasets.Features({"arguments": datasets.Json()})
    ds = datasets.Dataset.from_dict({"arguments": [{"a": 1}]}, features=features)
    with pytest.raises(ConfigurationError, match=r"'arguments' holds Json.*json\.dumps"):
        sft.publish(ds, tmp_path / "out")


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_published_files_hold_no_new_names(name, rows, tmp_path):
    """No metadata of a published file names `List`."""
    sft.publish(rows(format_name=name), tmp_path / "out")
    schema = pq.read_schema(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    assert b'"List"' not in schema.metadata[b"huggingface"]


@pytest.mark.skipif(not OLD, reason="HF_SFT_OLD_PYTHON names no Python with datasets 3.6")
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_old_version_reads_the_rows(name, rows, tmp_path):
    """Written on this version, read on the old one, row by row equal."""
    ds = rows(format_name=name)
    folder = sft.publish(ds, tmp_path / "out")
    version, read = json.loads(run_old(READ, folder, tmp_path / "cache").splitlines()[-1])
    assert version[0] == "3"
    expected = ds.to_list()
    for row in expected:
        row["provenance"][0]["uri"] = "guide.pdf"
    assert expected == read


@pytest.mark.skipif(not OLD, reason="HF_SFT_OLD_PYTHON names no Python with datasets 3.6")
def test_this_version_reads_what_the_old_one_published(rows, read, tmp_path):
    """Published on the old version, read on this one, row by row equal."""
    ds = rows(format_name="alpaca").remove_columns("provenance")
    ds.to_json(tmp_path / "rows.jsonl", force_ascii=False)
    run_old(WRITE, tmp_path / "rows.jsonl", tmp_path / "out", tmp_path / "cache")
    assert ds.to_list() == read(tmp_path / "out", split="train").to_list()


def run_old(code, *arguments):
    """Run code with the old version; it has this package on its path."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
    done = subprocess.run(
        [OLD, "-c", code, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
