"""JSON columns of no one type, and the tool calls of the OpenAI protocol, as people have them."""

import json

import datasets
import pyarrow as pa
import pytest

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.files import read_tables
from hf_sft_builders.formats.mending import mend_file

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SUM = {"name": "sum", "parameters": {"type": "object", "properties": {"terms": {"items": {}}}}}


def called(function_name, arguments, answer, call_id="call_7", **more):
    """One conversation with one call, as the OpenAI protocol has it."""
    function = {"name": function_name, "arguments": arguments}
    call = {"id": call_id, "type": "function", "function": function}
    return {
        "messages": [
            {"role": "user", "content": "云溪天气？"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": answer, **more},
            {"role": "assistant", "content": "晴。"},
        ],
        "tools": [WEATHER],
    }


ROWS = [
    called("weather", {"city": "云溪"}, "晴", name="weather"),
    {**called("sum", '{"terms": [1, 2]}', "3"), "tools": [{"type": "function", "function": SUM}]},
    {
        **called("sum", {"terms": [3]}, "3"),
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "sum",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "terms": {"type": "array"},
                            "unit": {"type": ["string", "null"]},
                        },
                    },
                },
            }
        ],
    },
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]},
]


@pytest.fixture(params=["file", "dataset", "streaming"])
def calls(request, tmp_path):
    """The same rows, however they are read."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), "utf-8")
    if request.param == "file":
        return next(read_tables(path))
    if not hasattr(datasets, "Json"):
        pytest.skip("datasets before 4.7 fills such rows with null itself")
    streaming = request.param == "streaming"
    return datasets.load_dataset(
        "json", data_files=str(path), split="train", streaming=streaming, cache_dir=str(tmp_path)
    )


def rows_of(ds):
    """Give rows as Python objects."""
    return ds.to_pylist() if isinstance(ds, pa.Table) else list(ds)


def test_tool_calls_of_the_protocol_are_known(calls):
    """Arguments as object or text, ids and names of results: found, and converted whole."""
    assert "messages_tools" == sft.detect(calls).format
    first, second, third, last = rows_of(sft.convert(calls, to="sharegpt"))
    assert ["human", "function_call", "observation", "gpt"] == [
        turn["from"] for turn in first["conversations"]
    ]
    [call] = json.loads(first["conversations"][1]["value"])
    assert {"city": "云溪"} == call["function"]["arguments"]
    assert "call_7" == call["id"]
    [call] = json.loads(second["conversations"][1]["value"])
    assert '{"terms": [1, 2]}' == call["function"]["arguments"]
    assert [WEATHER] == json.loads(first["tools"])
    assert [row["tools"] for row in ROWS[1:3]] == [json.loads(r["tools"]) for r in (second, third)]
    assert ["hi", "ho"] == [turn["value"] for turn in last["conversations"]]


def test_the_builder_reads_tool_calls_too(tmp_path):
    """Arguments of other keys in every row, as object or text: nothing is filled in."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS), "utf-8")
    made = datasets.load_dataset(
        "hf_sft_builders/convert",
        data_files=str(path),
        split="train",
        format="sharegpt",
        cache_dir=str(tmp_path / "cache"),
    )
    calls = [json.loads(row["conversations"][1]["value"])[0]["function"] for row in list(made)[:2]]
    assert [{"city": "云溪"}, '{"terms": [1, 2]}'] == [call["arguments"] for call in calls]


def test_results_out_of_order_are_told(tmp_path):
    """A result that answers another call than the next would be learnt as that one's."""
    row = called("weather", {"city": "云溪"}, "晴")
    row["messages"][2]["tool_call_id"] = "call_8"
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    with pytest.raises(FormatError, match=r"row 0, message 2.*call_8.*call_7"):
        sft.convert(next(read_tables(path)), to="sharegpt")


@pytest.fixture
def mixed(tmp_path):
    """Texts with a number among them."""
    path = tmp_path / "rows.jsonl"
    rows = [
        {"instruction": "多高？", "input": "", "output": '28.6 "米"'},
        {"instruction": "几个？", "input": "", "output": 42},
    ]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def test_texts_among_numbers_keep_their_own_words(mixed):
    """A text is not given the quotes of its JSON; a number is written as text."""
    made = sft.convert(next(read_tables(mixed)), to="messages").to_pylist()
    assert ['28.6 "米"', "42"] == [row["messages"][1]["content"] for row in made]


def test_numbers_among_texts_are_found_and_mended(mixed):
    """LLaMA-Factory drops a row whose output is a number."""
    report = sft.check(mixed)
    assert [("texts-only", [1])] == [(f.rule, [r.index for r in f.rows]) for f in report.findings]
    mended = mend_file(mixed)
    assert mended.left.ok
    assert {"texts-only": 1} == dict(mended.changed)
    outputs = [json.loads(line)["output"] for line in mixed.read_text("utf-8").splitlines()]
    assert ['28.6 "米"', "42"] == outputs


def test_ids_of_two_kinds_are_text(tmp_path, monkeypatch):
    """An id is not given quotes because another row's is a number."""
    monkeypatch.chdir(tmp_path)
    rows = [{"instruction": "a", "output": "b", "id": name} for name in ("a1", 2)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert 0 == main(["convert", "rows.jsonl", "--to", "messages"])
    made = (tmp_path / "rows.messages.jsonl").read_text("utf-8").splitlines()
    assert ["a1", "2"] == [json.loads(line)["id"] for line in made]
