"""Rows from files and into files: nothing changes on the way, and what cannot be read is named."""

import gzip
import io
import json

import pyarrow as pa
import pytest
from datasets import Dataset, load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_sft_builders import errors
from hf_sft_builders.formats.files import KINDS, read_tables, write_tables
from hf_sft_builders.formats.json_blocks import json_blocks
from hf_sft_builders.formats.json_reading import read_json_tables
from hf_sft_builders.formats.json_rows import JsonFile
from hf_sft_builders.formats.opening import created, opened
from hf_sft_builders.records import RECORD

COMPRESSIONS = ("", ".gz", ".bz2", ".xz", ".zst")
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


def values(kind):
    """Values of an Arrow type, null among them."""
    return st.none() | valid(kind)


def valid(kind):
    """Values of an Arrow type that are not null."""
    if pa.types.is_struct(kind):
        inner = st.fixed_dictionaries({f.name: values(f.type) for f in kind})
    elif pa.types.is_list(kind):
        inner = st.lists(valid(kind.value_type), max_size=2)
    elif pa.types.is_integer(kind):
        inner = st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    else:
        inner = {
            pa.string(): TEXT,
            pa.binary(): st.binary(max_size=6),
            pa.bool_(): st.booleans(),
            pa.float64(): st.floats(allow_nan=False, allow_infinity=False),
        }[kind]
    return inner


ROWS = st.lists(st.fixed_dictionaries({f.name: values(f.type) for f in RECORD}), max_size=4)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(rows=ROWS, data=st.data())
def test_records_come_back_from_every_kind_of_file(kind, rows, data, tmp_path_factory):
    """Every type of a record survives writing and reading, null and empty text apart."""
    path = (
        tmp_path_factory.mktemp("files") / f"rows{kind}{data.draw(st.sampled_from(COMPRESSIONS))}"
    )
    table = pa.Table.from_pylist(rows, schema=RECORD)
    assert len(rows) == write_tables([table], path)
    back = pa.concat_tables(read_tables(path, schema=RECORD))
    assert back.schema.equals(RECORD)
    assert table.to_pylist() == back.to_pylist()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(rows=st.lists(st.dictionaries(st.sampled_from("abc"), JSON_VALUES, min_size=1), max_size=5))
@pytest.mark.parametrize("kind", [".json", ".jsonl"])
def test_any_json_comes_back_as_it_was(kind, rows, tmp_path_factory):
    """Ragged values too: file → tables → file gives the same values; only null columns appear."""
    folder = tmp_path_factory.mktemp("json")
    before, after = folder / f"before{kind}", folder / f"after{kind}"
    text = json.dumps(rows) if kind == ".json" else "".join(json.dumps(row) + "\n" for row in rows)
    before.write_text(text, encoding="utf-8")
    write_tables(read_tables(before), after)
    found = after.read_text(encoding="utf-8")
    again = (
        json.loads(found) if kind == ".json" else [json.loads(x) for x in found.split("\n") if x]
    )
    names = {name for row in rows for name in row}
    assert [{name: row.get(name) for name in names} for row in rows] == again or not names


@settings(max_examples=25)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1 << 20])
@given(rows=st.lists(st.dictionaries(TEXT, JSON_VALUES, min_size=1), min_size=1, max_size=5))
def test_arrays_and_objects_are_cut_between_rows(indent, block_bytes, rows, tmp_path_factory):
    """Blocks of any size hold whole rows, each on a line, and each byte keeps its place."""
    path = tmp_path_factory.mktemp("blocks") / "rows.json"
    many = ("\ufeff " + json.dumps(rows, ensure_ascii=False, indent=indent) + "\n ").encode()
    apart = "\n".join(json.dumps(row, ensure_ascii=False, indent=indent) for row in rows).encode()
    for data in (many, apart):
        path.write_bytes(data)
        found = []
        with path.open("rb") as stream:
            for block in json_blocks(stream, "rows", block_bytes):
                for line in block.data.split(b"\n"):
                    found += [json.loads(line)] if line.strip() else []
                same = data[block.offset : block.offset + len(block.data)].translate(None, b"\n, ")
                assert same == block.data.translate(None, b"\n, ")
        assert rows == found


CALLS = (  # reference: what `datasets` does to tool arguments
    ([{"city": "P"}, {"expr": "1+1"}], "fields differ"),
    ([{"x": 1}, {"x": "one"}], "types differ"),
    (["plain", {"k": 1}], "text and object"),
)


@pytest.mark.parametrize("arguments", [case for case, _ in CALLS], ids=[name for _, name in CALLS])
def test_ragged_arguments_are_text_and_never_filled_with_null(arguments, tmp_path):
    """Tool arguments of any shape are kept exactly, in the call and in a column of one's own."""
    path = tmp_path / "calls.jsonl"
    rows = [
        {
            "messages": [
                {"role": "user", "content": "问"},
                {"role": "assistant", "tool_calls": [{"function": {"arguments": value}}]},
            ],
            "meta": value,
        }
        for value in arguments
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = pa.concat_tables(read_tables(path)).to_pylist()
    calls = [json.loads(row["messages"][1]["tool_calls"]) for row in found]
    assert arguments == [call[0]["function"]["arguments"] for call in calls]
    kept = [
        row["meta"] if isinstance(row["meta"], str) else json.dumps(row["meta"]) for row in found
    ]
    said = [json.loads(text) for text in kept]
    assert arguments == [
        {key: json.loads(inner) for key, inner in value.items()}
        if isinstance(raw["meta"], dict)
        else value
        for raw, value in zip(found, said, strict=True)
    ]
    assert [None, None] == [row["messages"][0]["tool_calls"] for row in found]


def test_names_with_dots_are_names_and_no_paths(tmp_path):
    """Arrow would read `a.b` as the `b` of `a`."""
    rows = [{"x": {"a": {"b": 1}, "a.b": 2, ".": 3}}, {"x": {"a": {"b": 4}, "a.b": 5, ".": 6}}]
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    before.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    write_tables(read_tables(before), after)
    assert rows == [json.loads(line) for line in after.read_text("utf-8").splitlines()]


def test_what_looks_like_a_date_or_a_large_number_is_kept(tmp_path):
    """Arrow's reader would make a timestamp of one and round the other."""
    rows = [{"output": "2024-01-01", "n": 2**60 + 1}, {"output": "2024-01-02", "n": 0.5}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = pa.concat_tables(read_tables(path)).to_pylist()
    assert ["2024-01-01", "2024-01-02"] == [row["output"] for row in found]
    assert [2**60 + 1, 0.5] == [json.loads(row["n"]) for row in found]


def test_words_of_two_kinds_in_turns_name_their_row(tmp_path):
    """Text in one turn and a number in another have no one type: line, column and a way out."""
    path = tmp_path / "words.jsonl"
    lines = [{"messages": [{"role": "user", "content": c}]} for c in ("a", 1)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(errors.FormatError, match=r"line 2, byte 49: messages\[\]\.content"):
        list(read_tables(path))


@pytest.mark.parametrize("large", [False, True], ids=["one block", "many blocks"])
def test_text_beside_typed_parts_is_the_one_part(large, tmp_path, monkeypatch):
    """Parts in the question, text in the answer, text rows before and after: all are parts."""
    if large:
        monkeypatch.setattr(
            "hf_sft_builders.formats.json_rows.json_blocks",
            lambda stream, name, _, whole: json_blocks(stream, name, 100, whole),
        )
    path = tmp_path / "parts.jsonl"
    shown = [{"type": "image"}, {"type": "text", "text": "图里是什么？"}]
    asked = ["几点？", shown, [{"type": "text", "text": "门票？"}], "哪里？"]
    rows = [
        {"messages": [{"role": "user", "content": c}, {"role": "assistant", "content": "塔"}]}
        for c in asked
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tables = list(read_tables(path))
    found = [row["messages"] for table in tables for row in table.to_pylist()]
    expected = [[{"type": "text", "text": c}] if isinstance(c, str) else c for c in asked]
    told = [
        [{k: v for k, v in part.items() if v is not None} for part in turns[0]["content"]]
        for turns in found
    ]
    assert expected == told
    assert [[{"type": "text", "text": "塔"}]] * 4 == [turns[1]["content"] for turns in found]
    out = tmp_path / "again.jsonl"
    write_tables(tables, out)
    again = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert expected == [row["messages"][0]["content"] for row in again]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".jsonl.gz", ".csv.zst"])
def test_a_mark_at_the_beginning_tells_the_encoding(encoding, suffix, tmp_path):
    """What Excel and Windows' Notepad save is read without a word."""
    plain, path = tmp_path / f"plain{suffix}", tmp_path / f"rows{suffix}"
    table = pa.table({"instruction": ["门票多少钱？", "👍"], "output": ["八十元", ""]})
    write_tables([table], plain)
    with opened(plain) as stream:
        text = stream.read().decode()
    with created(path) as stream:
        stream.write(text.encode(encoding))
    assert table.to_pylist() == pa.concat_tables(read_tables(path)).to_pylist()


@pytest.mark.parametrize("text", ['{"a": "门票"}\n', '{"a": "门票", "b": [{"c": 1}, {"d": 2}]}\n'])
def test_json_in_another_encoding_names_the_place(text, tmp_path):
    """Arrow's JSON reader takes any bytes for text; ours says where they are none."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": "x"}\n' + text.encode("gb18030"))
    with pytest.raises(errors.FormatError, match=r"line 2, byte 18: .*expected UTF-8.*gb18030"):
        list(read_tables(path))
    assert "门票" == list(read_tables(path, encoding="gb18030"))[-1]["a"].to_pylist()[-1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}\n{"a": \n{"a": 2}\n', "line 2, byte 9: not valid JSON"),
        ('{"a": 1}\n[1]\n', r"line 2, byte 9: found '\[1\]', expected an object"),
        ('[{"a": 1},\n {"a": 2}', "byte 20: the file ends before its JSON array does"),
        ('[{"a": 1}]\n{"a": 2}', "byte 11: found .* after the end of the JSON array"),
        ("instruction,output\n", "byte 0: found"),
        ('[null, {"a": 1}]', "line 1, byte 1: found 'null', expected an object"),
        ('{"a": 1}\r\nnull\r\n', "line 2, byte 10: found 'null', expected an object"),
        ('[{"a": 1}, null , {"b": 2}]', "byte 10: found 'null', expected an object"),
        ('[{"a": "one\ntwo"}]', "line 1, byte 1: not valid JSON"),
        ('{\n"a": "one\rtwo"}', "line 1, byte 0: not valid JSON"),
    ],
)
def test_damaged_json_names_line_and_byte(text, told, tmp_path):
    """The error leads to the place."""
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(errors.FormatError, match=told):
        list(read_tables(path))


def test_a_text_that_looks_like_a_null_row_is_a_text(tmp_path):
    """Only a row that is null is refused, wherever the word stands."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "}null"}\n{"a": null}\n', encoding="utf-8")
    assert [{"a": "}null"}, {"a": None}] == pa.concat_tables(read_tables(path)).to_pylist()


@pytest.mark.parametrize("late", ['"b": 1', '"b": "x"'])
def test_whole_numbers_beside_others_are_floats_wherever_they_stand(late, tmp_path):
    """Neither where a block ends nor what another column holds changes a column's type."""
    rows = b'{"a": 1, "b": 1}\n{"a": 0.5, %s}\n' % late.encode()
    for size in (4, 1 << 20):
        file = JsonFile(lambda: io.BytesIO(rows), "rows.jsonl", size)
        table = pa.concat_tables(read_json_tables(file))
        assert [1.0, 0.5] == table["a"].to_pylist()
        assert pa.float64() == table["a"].type


@pytest.mark.parametrize("wide", [2**53 + 1, -(2**62) - 1, 2**63, 10**30])
def test_whole_numbers_that_floats_would_round_are_not_rounded(wide, tmp_path):
    """Beside fractions they are JSON text: every digit stays."""
    rows = b'{"a": %d}\n{"a": 0.5}\n' % wide
    for size in (4, 1 << 20):
        file = JsonFile(lambda: io.BytesIO(rows), "rows.jsonl", size)
        table = pa.concat_tables(read_json_tables(file))
        assert [str(wide), "0.5"] == table["a"].to_pylist()


def test_rows_side_by_side_on_a_line_are_rows_in_every_file(tmp_path):
    """Whether Arrow reads a file, or it is read row by row, makes no difference."""
    path = tmp_path / "rows.jsonl"
    for last, kept in (("3", [1, 2, 3]), ('"x"', ["1", "2", '"x"'])):
        path.write_text(f'{{"a": 1}}{{"a": 2}} \n {{"a": {last}}}\n', encoding="utf-8")
        assert kept == pa.concat_tables(read_tables(path))["a"].to_pylist()


def test_columns_that_come_late_are_there_from_the_first_table(tmp_path, monkeypatch):
    """A column that appears late is there, null, from the first table on."""
    monkeypatch.setattr("hf_sft_builders.formats.json_reading._KEPT_BYTES", 10)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n' * 30 + '{"a": 2.5, "b": {"c": 1}}\n', encoding="utf-8")
    tables = list(read_tables(path, batch_rows=8))
    assert [8, 8, 8, 7] == [table.num_rows for table in tables]
    assert 1 == len({str(table.schema) for table in tables})
    assert [None] * 30 + [{"c": 1}] == pa.concat_tables(tables)["b"].to_pylist()


def test_csv_keeps_text_as_it_stands(tmp_path):
    """Leading zeros, line breaks and quotes stay; nothing is null, quoted nothing is empty text."""
    path = tmp_path / "rows.csv"
    path.write_text('id,text\n007,"a ""b""\nc"\n008,\n009,""\n', encoding="utf-8")
    [table] = read_tables(path)
    assert {"id": ["007", "008", "009"], "text": ['a "b"\nc', None, ""]} == table.to_pydict()


def test_text_of_excel_in_china_needs_its_encoding(tmp_path):
    """GB18030 is an error with the way out, and is read when it is named."""
    path = tmp_path / "rows.csv"
    path.write_bytes("问题,回答\n门票,80 元\n".encode("gb18030"))
    with pytest.raises(errors.SourceError, match="encoding='gb18030'"):
        list(read_tables(path))
    [table] = read_tables(path, encoding="gb18030")
    assert [{"问题": "门票", "回答": "80 元"}] == table.to_pylist()


def test_damage_and_unknown_kinds_are_told(tmp_path):
    """A cut-off archive, a file that is not there, and a suffix that says nothing."""
    cut = tmp_path / "rows.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"a": 1}\n' * 1000)[:-20])
    with pytest.raises(errors.SourceError, match="damaged"):
        list(read_tables(cut))
    with pytest.raises(errors.SourceError, match="no such file"):
        list(read_tables(tmp_path / "none.json"))
    with pytest.raises(errors.UnknownName, match=r"\.jsonl"):
        list(read_tables(tmp_path / "rows.jsonn"))


def test_a_failure_leaves_the_old_file(tmp_path):
    """A reader never sees half a file."""
    path = tmp_path / "rows.jsonl"
    table = pa.table({"a": [1]})
    write_tables([table], path)

    def failing():
        yield table
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        write_tables(failing(), path)
    assert '{"a":1}\n' == path.read_text(encoding="utf-8")
    assert ["rows.jsonl"] == [file.name for file in tmp_path.iterdir()]


def test_datasets_reads_what_is_written_and_the_other_way(tmp_path):
    """JSON Lines, CSV, Parquet and Arrow are those of `datasets`."""
    rows = [{"q": "问", "a": "答"}, {"q": "x\ny", "a": '"'}]
    ds = Dataset.from_list(rows)
    kinds = {"json": ".jsonl", "csv": ".csv", "parquet": ".parquet", "arrow": ".arrow"}
    for builder, kind in kinds.items():
        path = tmp_path / f"ours{kind}"
        write_tables([ds.data.table], path)
        loaded = load_dataset(builder, data_files=str(path), split="train", cache_dir=str(tmp_path))
        assert rows == loaded.to_list()
    ds.to_json(tmp_path / "theirs.jsonl")
    ds.to_parquet(tmp_path / "theirs.parquet")
    for name in ("theirs.jsonl", "theirs.parquet"):
        assert rows == pa.concat_tables(read_tables(tmp_path / name)).to_pylist()
