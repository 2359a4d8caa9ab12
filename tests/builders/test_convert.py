"""The builder `convert`: files of any known layout, in the format that is asked for."""

import json

import pytest
from datasets import load_dataset

import hf_sft_builders as sft
from hf_sft_builders import errors

ALPACA = [
    {"instruction": f"第 {n} 座塔多高？", "input": "", "output": f"{n} 米", "topic": "塔"}
    for n in range(1, 8)
]


@pytest.fixture
def rows(tmp_path):
    """A file of Alpaca rows with a column of its own."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ALPACA), "utf-8")
    return path


def load(**options):
    """The rows of the builder."""
    return load_dataset("hf_sft_builders/convert", split="train", **options)


def test_rows_are_those_of_source_and_convert(rows):
    """The builder is `source` and `sft.convert`, one after the other."""
    ds = load(data_files=str(rows), format="sharegpt")
    plain = load_dataset("hf_sft_builders/source", data_files=str(rows), split="train")
    expected = sft.convert(plain, to="sharegpt")
    assert set(expected.column_names) == set(ds.column_names)
    assert expected.select_columns(ds.column_names).to_list() == ds.to_list()
    assert "塔" == ds[0]["topic"]


def test_streams_and_workers_give_the_same(rows, tmp_path):
    """`streaming=True` and `num_proc=2`."""
    lines = rows.read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "more.jsonl").write_text("".join(reversed(lines)), "utf-8")
    options = {"data_dir": str(tmp_path), "format": "messages"}
    ds = load(**options)
    assert 14 == len(ds)
    assert ds.to_list() == list(load(**options, streaming=True))
    assert ds.to_list() == load(**options, num_proc=2).to_list()


def test_columns_of_ones_own(tmp_path):
    """`columns=` names the format's for yours; without it the error says what is near."""
    path = tmp_path / "own.csv"
    path.write_text("提问,回复\n塔多高？,28 米\n", "utf-8")
    ds = load(data_files=str(path), columns={"提问": "instruction", "回复": "output"})
    assert ["塔多高？", "28 米"] == [message["content"] for message in ds[0]["messages"]]


def test_losses_are_named_or_counted(tmp_path):
    """What has no place raises, or is counted where it may be lost."""
    path = tmp_path / "pairs.jsonl"
    row = {"prompt": "塔多高？", "chosen": "28 米", "rejected": "3 米"}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    with pytest.raises(errors.LossyConversion, match="rejected"):
        load(data_files=str(path), format="alpaca")
    ds = load(data_files=str(path), format="alpaca", allow_loss=True)
    assert "28 米" == ds[0]["output"]
    assert 1 == sft.last_run().drops["field rejected"]


def test_second_call_is_a_cache_hit_and_knows_its_account(rows):
    """The account survives; another option is another dataset."""
    first = load(data_files=str(rows), format="alpaca")
    assert 7 == sft.last_run().counts["rows"]
    again = load(data_files=str(rows), format="alpaca")
    assert first.cache_files == again.cache_files
    assert first.cache_files != load(data_files=str(rows), format="sharegpt").cache_files


def test_licenses_and_sources_ride_along(rows):
    """Each row knows the file and license that it is from."""
    (rows.parent / "LICENSE").write_text("CC0 1.0 Universal", "utf-8")
    ds = load(data_files=str(rows))
    [step] = ds[0]["provenance"]
    assert ("source", "rows.jsonl") == (step["step"], step["title"])
    assert 7 == len(set(ds["id"]))
