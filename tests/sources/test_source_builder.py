"""`load_dataset("hf_sft_builders/source", …)`: whatever is there, as rows."""

import contextlib
import gzip
import hashlib
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import GUIDE
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.builders.json_tables import json_schema, json_tables
from hf_sft_builders.builders.tables import TableFile
from hf_sft_builders.formats.json_rows import JsonFile

CSV = '编号,问题,答案\n007,塔有多高？,28.6 米\n008,"票价,多少？\n请说",80 元\n'


def parquet_of(table):
    """Give a table as the bytes of a Parquet file."""
    packed = io.BytesIO()
    pq.write_table(table, packed)
    return packed.getvalue()


def test_a_platforms_table_becomes_rows(server, load, platform):
    """Rows as they are, with an id, the pinned file, and the license that the platform states."""
    about = {"README.md": b"# About", "dataset-metadata.json": b"{}"}
    server.put("o/d", {"a.csv": CSV.encode(), **about}, license="CC-BY-SA-4.0")
    ds = load("source", data_files=f"{platform}://o/d", split="train")
    assert ["编号", "问题", "答案", "id", "provenance"] == ds.column_names
    assert ["007", "008"] == ds["编号"][:]
    assert "票价,多少？\n请说" == ds[1]["问题"]
    [step] = ds[0]["provenance"]
    assert step["uri"].startswith(f"{platform}://o/d@")
    assert ("cc-by-sa-4.0", "declared") == (step["license"]["id"], step["license"]["confidence"])
    assert 2 == len(set(ds["id"]))
    run = sft.last_run()
    ignored = {"tells about the dataset", "license text, used as evidence"}
    assert (2, ignored) == (run.counts["rows"], set(run.ignored.values()))
    assert [step["uri"]] == [source.uri for source in run.sources]


def test_ids_stay_when_the_dataset_gets_a_new_version(server, load):
    """The id names file and row, not the version; the rows are new ones."""
    server.put("o/d", {"a.csv": b"x\n1\n"})
    before = load("source", data_files="kaggle://o/d", split="train")
    server.put("o/d", {"a.csv": b"x\n2\n"})
    after = load("source", data_files="kaggle://o/d", split="train")
    assert ([1], [2]) == (before["x"][:], after["x"][:])
    assert before["id"][:] == after["id"][:]


def test_documents_become_chunks(server, load):
    """Markdown and PDFs give what `documents` gives."""
    server.put("o/d", {"guide.md": GUIDE.encode()})
    ds = load("source", data_files="modelscope://o/d", split="train")
    same = load("documents", data_files="modelscope://o/d", split="train")
    assert same[:] == ds[:]


def test_more_than_one_kind_is_an_error_that_shows_the_line(server, load):
    """The error lists what is there; the line that it shows works."""
    server.put("o/d", {"a.csv": b"x\n1\n", "b.jsonl": b'{"y": 1}\n', "c.pdf": b"%PDF-1.7"})
    with pytest.raises(errors.SourceError, match=r'(?s)files="\*\.csv".*files="\*\.jsonl".*\.pdf'):
        load("source", data_files="kaggle://o/d")
    assert [1] == load("source", data_files="kaggle://o/d", files="*.csv", split="train")["x"][:]
    with pytest.raises(errors.SourceError, match="names none of: a.csv"):
        load("source", data_files="kaggle://o/d", files="*.tsv")


def test_different_columns_are_an_error_that_shows_the_line(load, tmp_path):
    """Tables that do not go together are listed with their columns."""
    (tmp_path / "train.csv").write_text("x,y\n1,2\n")
    (tmp_path / "submission.csv").write_text("x\n1\n")
    with pytest.raises(errors.SourceError, match=r"files='submission.csv': x\n.*'train.csv': x, y"):
        load("source", data_dir=str(tmp_path))


def test_every_kind_of_table_is_read(load, tmp_path):
    """CSV, TSV, JSON lines, lists, Parquet, compressed; streamed and with workers."""
    made = [{"q": "一", "n": 1, "m": [{"role": "user"}]}, {"q": "二", "n": 2, "m": []}]
    lines = "\n".join(json.dumps(row) for row in made).encode()
    files = {
        "a.csv": "q,n\n一,1\n二,2\n".encode("gb18030"),
        "a.tsv": "q\tn\n一\t1\n二\t2\n".encode(),
        "a.jsonl": lines,
        "a.json": json.dumps(made, indent=1).encode(),
        "a.jsonl.gz": gzip.compress(lines),
        "b.jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in made).encode("gb18030"),
        "b.json": json.dumps(made, ensure_ascii=False).encode("utf-16"),
        "b.csv.zst": pa.compress("q,n\n一,1\n二,2\n".encode("gb18030"), "zstd", asbytes=True),
        "a.parquet": parquet_of(pa.Table.from_pylist(made)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        place = str(tmp_path / name)
        ds = load("source", data_files=place, split="train")
        assert (["一", "二"], [1, 2]) == (ds["q"][:], ds["n"][:]), name
        stream = load("source", data_files=place, split="train", streaming=True)
        assert ds.to_list() == list(stream)
        assert hashlib.sha256(data).hexdigest() == ds[0]["provenance"][0]["sha256"]
    ds = load(
        "source", data_files=[str(tmp_path / "a.jsonl"), str(tmp_path / "a.json")], num_proc=2
    )
    assert 4 == len(ds["train"])


def test_names_of_ours_in_the_data_keep_their_values(load, tmp_path):
    """A column `id` of the data is kept as `source_id`."""
    (tmp_path / "a.csv").write_text("id,source_id,x\nA1,B1,1\n")
    ds = load("source", data_dir=str(tmp_path), split="train")
    assert ("A1", "B1") == (ds[0]["source_source_id"], ds[0]["source_id"])


def test_rows_that_do_not_fit_are_counted_or_explained(load, tmp_path, monkeypatch):
    """A row with too many fields is a drop; a value of another type an error with the way out."""
    monkeypatch.setattr("hf_sft_builders.builders.tables.HEAD", 40)
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n3,4,5\n6,7\n")
    assert [1, 6] == load("source", data_files=str(path), split="train")["x"][:]
    assert {"row with 3 fields instead of 2": 1} == dict(sft.last_run().drops)
    path.write_text("x\n" + "1\n" * 30 + "N/A\n")
    with pytest.raises(errors.FormatError, match=r"(?s)N/A.*types=\{\"column\": \"string\"\}"):
        load("source", data_files=str(path))
    ds = load("source", data_files=str(path), types={"x": "string"}, split="train")
    assert "N/A" == ds[-1]["x"]
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"m": {"a": 1}}\n' * 9 + '{"m": {"a": 1, "b": 2}}\n')
    with pytest.raises(errors.FormatError, match=r"row 10 has 'm\.b'.*json"):
        load("source", data_files=str(lines))
    ds = load("source", data_files=str(lines), types={"m": "json"}, split="train")
    assert {"a": 1, "b": 2} == json.loads(ds[-1]["m"])


def test_a_cache_hit_reads_nothing_offline(server, load, monkeypatch):
    """The same call without a network gives the same rows."""
    server.put("o/d", {"a.csv": b"x\n1\n"}, license="CC0-1.0")
    first = load("source", data_files="kaggle://o/d", split="train")
    server.forget()
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    assert first[:] == load("source", data_files="kaggle://o/d", split="train")[:]
    assert [] == server.requests()


def test_preview_and_options(load, tmp_path):
    """`preview` is obeyed, and types are checked before any work."""
    place = tmp_path / "a.csv"
    place.write_text("x\n" + "1\n" * 5000)
    assert 3 == len(load("source", data_files=str(place), preview=3, split="train"))
    with pytest.raises(errors.ConfigurationError, match="types='number'"):
        load("source", data_files=str(place), types="number")
    with pytest.raises(errors.ConfigurationError, match="names 'zip'; the columns are x"):
        load("source", data_files=str(place), types={"zip": "string"})


def test_what_publish_writes_is_read_again(load, tmp_path):
    """Our own manifest tells about the rows, and is none of them; the card gives the license."""
    place = tmp_path / "a.csv"
    place.write_text("x\n1\n")
    made = load("source", data_files=str(place), license="cc-by-sa-4.0", split="train")
    sft.publish(made, tmp_path / "out")
    again = load("source", data_dir=str(tmp_path / "out"), split="train")
    assert (made["x"], made["id"]) == (again["x"], again["source_id"])
    assert "cc-by-sa-4.0" == again[0]["provenance"][0]["license"]["id"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.text(), _VALUES, max_size=3), max_size=20), st.booleans())
def test_json_rows_lose_nothing(made, as_list):
    """Any objects come back, from lines and from a list."""
    text = json.dumps(made) if as_list else "\n".join(map(json.dumps, made))
    file = JsonFile(lambda: contextlib.nullcontext(io.BytesIO(text.encode())), "a.json")
    assert made == [row for _, row in file.rows()]


@given(
    st.lists(st.dictionaries(st.text(), _VALUES, min_size=1, max_size=3), min_size=1, max_size=9),
    st.sampled_from(["lines", "list", "indented list", "indented objects"]),
    st.sampled_from([0, 0.2, 0.5, 0.7, 0.9, 1]),
)
def test_a_file_that_is_cut_gives_the_rows_before_the_cut(made, layout, share):
    """The beginning of a file has its first rows, all that are whole and no part of another."""
    indent = 2 if "indented" in layout else None
    texts = [json.dumps(row, ensure_ascii=False, indent=indent) for row in made]
    text = f"[{','.join(texts)}]" if "list" in layout else "\n".join(texts)
    data = text.encode()
    head = data[: int(share * len(data))]
    file = JsonFile(lambda: contextlib.nullcontext(io.BytesIO(head)), "a.json", whole=False)
    found = [row for _, row in file.rows()]
    assert made[: len(found)] == found
    ends = [len("\n".join(texts[: n + 1]).encode()) + ("list" in layout) for n in range(len(made))]
    seen = len(head) + (layout == "indented objects")  # elsewhere the next character tells the end
    assert sum(end < seen for end in ends) == len(found)


_KINDS = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "number": st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    "text": st.text() | st.just("2024-01-31"),
    "turns": st.lists(st.fixed_dictionaries({"role": st.text()}, optional={"tools": st.text()})),
    "object": st.fixed_dictionaries({"a": st.none() | st.integers(0, 9)}),
}


@given(
    st.lists(
        st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in _KINDS.items()}),
        min_size=1,
        max_size=9,
    )
)
def test_tables_hold_what_the_rows_hold(rows):
    """Rows that are read in bulk are the rows that `json` reads, filled with null only."""
    text = "\n".join(map(json.dumps, rows)).encode()
    file = JsonFile(lambda: contextlib.nullcontext(io.BytesIO(text)), "a.jsonl")
    schema = json_schema(file, lambda _: "")
    found = [row for table in json_tables(file, schema, lambda _: "") for row in table.to_pylist()]
    assert pa.Table.from_pylist(rows, schema).to_pylist() == found


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bytes_that_do_not_fit_are_told_wherever_they_come(encoding, load, tmp_path, monkeypatch):
    """The beginning tells the encoding; bytes later on that have another are an error."""
    monkeypatch.setattr("hf_sft_builders.builders.tables.HEAD", 200)
    path = tmp_path / "a.jsonl"
    line = '{"问题": "云溪古城的门票是多少钱？"}\n'
    path.write_bytes((line * 20).encode(encoding) + b'{"\xff\xff": 1}\n')
    with pytest.raises(errors.FormatError, match="Save it as"):
        load("source", data_files=str(path))


def test_a_column_whose_name_has_a_dot_is_named_whole(load, tmp_path, monkeypatch):
    """The line that the error shows works for any name."""
    monkeypatch.setattr("hf_sft_builders.builders.tables.HEAD", 40)
    path = tmp_path / "a.jsonl"
    path.write_text('{"m.n": {"a": 1}}\n' * 9 + '{"m.n": {"a": 1, "b": 2}}\n')
    with pytest.raises(
        errors.FormatError, match=r"line 10, byte 162: row 10 has 'm\.n\.b'"
    ) as told:
        load("source", data_files=str(path))
    assert """types={'m.n': "json"}""" in str(told.value)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=9,
    )
)
def test_csv_text_comes_back_as_it_was(tmp_path, rows):
    """Texts with commas, quotes and line breaks survive, read as text."""
    import csv

    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
            [["a", "b"], *rows]
        )
    file = TableFile(str(path), {}, "string")
    try:
        schema = file.schema()
    except errors.DocumentError:
        return  # nothing but control characters: refused as binary, not changed
    found = [row for table in file.batches(schema, pytest.fail) for row in table.to_pylist()]
    assert rows == [[row["a"], row["b"]] for row in found]
