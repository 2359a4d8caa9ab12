"""Files of rows: the same rows whatever the kind of file, its encoding and compression, and the builder."""

import gzip
import json
import re

import pyarrow as pa
import pytest
from conftest import GUIDE

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.formats.files import write_tables
from hf_sft_builders.synthesis.prompts import fenced_text

PAIRS = [
    ("云溪塔的门票是多少钱？", "门票 80 元一位，老人半价，儿童免票。"),
    ("望云楼有多高？", "望云楼高 28.6 米，共四层，三层可以登临。"),
]
ASKED = [question for question, _ in PAIRS]
TABLE = pa.table({"instruction": ASKED, "output": [answer for _, answer in PAIRS]})


def scripted(request):
    """Go on with a dialogue, spoil an answer, write an exam, or answer a prompt."""
    if request.schema is None:
        return "先看位置，再看价格。"
    text = fenced_text(request).splitlines()[-1]
    if request.schema.__name__ == "Flawed":
        number = re.search(r"\d+(\.\d+)?", text)[0]
        made = {"was": number, "now": "777", "answer": text.replace(number, "777")}
        return json.dumps(made, ensure_ascii=False)
    said = {"kind": "follow_up", "user": "真的？", "assistant": f"对：{text}", "evidence": text}
    return json.dumps({"rounds": [said]}, ensure_ascii=False)


OPTIONS = {
    "dialogue": {"rounds": (2, 2), "clarification": 0.0, "closing": 0.0},
    "preference": {"flaws": "factual_error"},
    "distillation": {},
}


def questions(name, row):
    """Find the question in a row of a builder."""
    return row["messages"][0]["content"] if name == "dialogue" else (
        row["prompt"] if name == "distillation" else row["prompt"][0]["content"]
    )  # fmt: skip


def written(path):
    """Write the two questions as the name of the file says."""
    name = path.name
    if name == "qa.gb18030.csv":
        lines = ["instruction,output", *(f"{q},{a}" for q, a in PAIRS)]
        path.write_bytes("\r\n".join(lines).encode("gb18030"))
    elif name == "qa.gb18030.jsonl.gz":
        rows = [json.dumps(row, ensure_ascii=False) for row in TABLE.to_pylist()]
        path.write_bytes(gzip.compress("\n".join(rows).encode("gb18030")))
    elif name == "qa.utf-16.tsv":
        lines = ["instruction\toutput", *(f"{q}\t{a}" for q, a in PAIRS)]
        path.write_bytes("\n".join(lines).encode("utf-16"))
    else:
        write_tables([TABLE], path)
    return str(path)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    "file",
    ["qa.jsonl", "qa.csv.zst", "qa.json.gz", "qa.parquet", "qa.arrow", "qa.gb18030.csv",
     "qa.gb18030.jsonl.gz", "qa.utf-16.tsv"],
)  # fmt: skip
def test_every_builder_reads_every_kind(load, tmp_path, name, file):
    """The questions of the file, in its order; ids and sources are of one shape."""
    path = written(tmp_path / file)
    model = sft.ScriptedModel(scripted)
    ds = load(name, data_files=path, split="train", model=model, **OPTIONS[name])
    assert ASKED == [questions(name, row) for row in ds]
    steps = [row["provenance"][0] for row in ds]
    assert {("source", path, file)} == {(s["step"], s["uri"], s["title"]) for s in steps}
    assert [f"{steps[0]['sha256'][:12]}:{n}" for n in (0, 1)] == [
        ":".join(row["id"].split(":")[:2]) for row in ds
    ]
    assert (1, 2) == tuple(sft.last_run().counts[count] for count in ("documents", "inputs"))


@pytest.mark.parametrize("name", OPTIONS)
def test_ids_and_provenance_of_rows_are_kept(load, tmp_path, docs, name):
    """Rows of another builder lead back to the document, not only to the file between."""
    path = tmp_path / "own.parquet"
    rows = load("pdf_qa", data_dir=str(docs), split="train")
    rows = rows.filter(lambda row: re.search(r"\d", row["messages"][1]["content"])).select([0])
    rows.to_parquet(str(path))
    model = sft.ScriptedModel(scripted)
    ds = load(name, data_files=str(path), split="train", model=model, **OPTIONS[name])
    assert ds[0]["id"].startswith(rows[0]["id"])
    assert rows[0]["provenance"] == ds[0]["provenance"][: len(rows[0]["provenance"])]


@pytest.mark.parametrize("name", ["dialogue", "preference", "exam"])
def test_chunks_from_parquet_are_chunks(load, tmp_path, docs, name):
    """What `documents` wrote gives the rows that the documents give."""
    path = tmp_path / "chunks.parquet"
    load("documents", data_dir=str(docs), split="train").to_parquet(str(path))
    from_rows = load(name, data_files=str(path), split="train")
    assert load(name, data_dir=str(docs), split="train").to_list() == from_rows.to_list()


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize(
    ("file", "data", "reason"),
    [
        ("bad.parquet", b"PAR1 and then nothing", "cannot be read"),
        ("bad.jsonl.gz", gzip.compress(b'{"instruction": "?"}' * 99, mtime=0)[:-9], "damaged"),
        ("binary.csv.gz", gzip.compress(bytes(range(256)) * 8, mtime=0), "not text"),
        ("other.jsonl.gz", gzip.compress(b'{"a": 1}\n{"a": 2}', mtime=0), "no "),
    ],
)
def test_what_gives_no_rows_is_counted(load, tmp_path, name, file, data, reason):
    """The other files go on, and the reason says what is wrong."""
    bad = tmp_path / file
    bad.write_bytes(data)
    files = [str(bad), written(tmp_path / "qa.jsonl")]
    model = sft.ScriptedModel(scripted)
    ds = load(name, data_files=files, split="train", model=model, **OPTIONS[name])
    assert ASKED == [questions(name, row) for row in ds]
    assert {str(bad)} == set(sft.last_run().unreadable)
    assert reason in sft.last_run().unreadable[str(bad)]


@pytest.mark.parametrize("name", ["dialogue", "preference"])
def test_labelled_texts_are_no_conversations(load, tmp_path, name):
    """A label is no answer: its text is read as a document."""
    path = tmp_path / "reviews.jsonl"
    path.write_text(json.dumps({"text": GUIDE, "label": "景点"}, ensure_ascii=False), "utf-8")
    ds = load(name, data_files=str(path), split="train")
    assert "chunk" in [step["step"] for step in ds[0]["provenance"]]


def test_a_row_that_cannot_be_read_is_named_with_its_file(load, tmp_path):
    """Where the rows of a file change beyond its beginning, the build stops and says where."""
    path = tmp_path / "qa.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in TABLE.to_pylist()]
    path.write_text("\n".join([*lines * 6000, '{"instruction": ']), "utf-8")
    with pytest.raises(errors.SFTError, match=r"qa\.jsonl"):
        load("preference", data_files=str(path), split="train")


def test_a_label_file_beyond_one_mebibyte_keeps_its_encoding(load, tmp_path):
    """One long line of Chinese, and GB18030 of many lines: what is cut off says nothing."""
    text = "望云楼高二十八米，" * 50_000
    one_line = tmp_path / "one.json"
    one_line.write_text(json.dumps([{"text": text, "label": "景点"}], ensure_ascii=False), "utf-8")
    lines = tmp_path / "many.csv"
    lines.write_bytes(("text,label\n" + f"{text[:60]},景点\n" * 10_000).encode("gb18030"))
    ds = load("classification", data_files=[str(one_line), str(lines)], split="train")
    assert {text, text[:60]} == set(ds["text"])


@pytest.mark.parametrize("builder", ["convert", "source"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_json_lines_of_any_encoding(load, tmp_path, builder, encoding):
    """A file that is read twice, for its columns and for its rows, is decoded both times."""
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) for row in TABLE.to_pylist()]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    options = {"format": "alpaca"} if builder == "convert" else {}
    ds = load(builder, data_files=str(path), split="train", **options)
    assert (
        TABLE.select(["instruction", "output"]).to_pylist()
        == ds.select_columns(["instruction", "output"]).to_list()
    )
