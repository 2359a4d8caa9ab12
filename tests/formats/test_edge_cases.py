"""The fifteen nasty cases of trainers, as raw files: what `sft.check` says of each."""

import json

import pytest

import hf_sft_builders as sft
from hf_sft_builders.formats.files import read_tables

Q, A = {"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}
CALL = {"type": "function", "function": {"name": "f", "arguments": {"city": "P"}}}


def calling(arguments):
    """A row whose assistant calls a tool."""
    call = {"type": "function", "function": {"name": "f", "arguments": arguments}}
    called = {"role": "assistant", "content": "", "tool_calls": [call]}
    return {"messages": [Q, called, {"role": "tool", "content": "晴"}, A]}


def chat(*turns):
    """A row of messages."""
    return {"messages": list(turns)}


def alpaca(**columns):
    """An Alpaca row."""
    return {
        "instruction": "问",
        "input": "",
        "output": "答",
        "system": "",
        "history": [],
        **columns,
    }


CASES = {
    "1 ends on user": ([chat(Q, A, Q)], "messages", "assistant-last"),
    "2 system in the middle": (
        [chat(Q, {"role": "system", "content": "令"}, A)],
        "messages",
        "system-first",
    ),
    "3 empty answer": ([alpaca(output="")], "alpaca", "answer"),
    "4 null content": (
        [chat(Q, {"role": "assistant", "content": None}), chat(Q, A)],
        "messages",
        "words-in-every-message",
    ),
    "5 nulls for absent columns": (
        [alpaca(system=None)] * 1100 + [alpaca(system="令")],
        "alpaca",
        "no-nulls",
    ),
    "12 human and gpt as roles": (
        [chat({"role": "human", "content": "问"}, {"role": "gpt", "content": "答"})],
        "messages",
        "roles-known",
    ),
    "14 history as structs": (
        [alpaca(history=[{"prompt": "问", "response": "答"}])],
        "alpaca",
        "types",
    ),
    "14 output as a list": ([alpaca(output=["步骤", "答"])], "alpaca", "types"),
    "14 output as a number": ([alpaca(output=42)], "alpaca", "types"),
}


def write(rows, path):
    """A JSON Lines file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("case", CASES)
def test_the_format_itself_says_what_is_wrong(case, tmp_path):
    """No trainer needs to be named for what is wrong for all."""
    rows, format_, rule = CASES[case]
    report = sft.check(write(rows, tmp_path / "rows.jsonl"), format_)
    assert rule in [finding.rule for finding in report.findings]


@pytest.mark.parametrize(
    "values", [[{"city": "P"}, {"expr": "1"}], [{"x": 1}, {"x": "1"}], ['{"x": 1}', '{"y": 2}']]
)
def test_tool_arguments_are_exact_after_reading(values, tmp_path):
    """Cases 6, 7, 8: keys and types that differ from row to row are neither filled nor refused."""
    path = write([calling(value) for value in values], tmp_path / "rows.jsonl")
    [table] = read_tables(path)
    calls = [json.loads(row[1]["tool_calls"]) for row in table["messages"].to_pylist()]
    assert values == [call[0]["function"]["arguments"] for call in calls]


FOR_TRAINERS = {
    "1 ends on user": ([chat(Q, A, Q)], "llamafactory"),
    "2 system in the middle": ([chat(Q, {"role": "system", "content": "令"}, A)], "llamafactory"),
    "3 empty answer": ([alpaca(output="")], "llamafactory"),
    "4 null content": ([chat(Q, {"role": "assistant", "content": None}), chat(Q, A)], "ms-swift"),
    "5 tools are empty text": ([{**chat(Q, A), "tools": ""}], "trl"),
    "8 arguments as text": ([calling('{"x": 1}')], "trl"),
    "9 image: null in parts": (
        [
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "image": None}]},
                    {"role": "assistant", "content": [{"type": "text", "image": None}]},
                ],
                "images": ["a.png"],
            }
        ],
        "trl",
    ),
    "11 reserved column": ([{**chat(Q, A), "prompt": "x"}], "trl"),
    "12 human and gpt": (
        [{"conversations": [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]}],
        "trl",
    ),
    "13 label is a number": ([{"prompt": "问", "completion": "答", "label": "true"}], "trl"),
    "14 output as a list": ([alpaca(output=["步骤", "答"])], "llamafactory"),
    "15 prompt text, chosen list": (
        [{"prompt": "问", "chosen": [A], "rejected": [{**A, "content": "错"}]}],
        "trl",
    ),
    "15 identical pair": ([{"prompt": "问", "chosen": "答", "rejected": "答"}], "trl"),
}


@pytest.mark.parametrize("case", FOR_TRAINERS)
def test_the_trainer_that_minds_is_named(case, tmp_path):
    """`trainer=` finds it in the raw file, whatever format it is."""
    pytest.importorskip("hf_sft_builders.formats.trainer_rules")
    rows, trainer = FOR_TRAINERS[case]
    report = sft.check(write(rows, tmp_path / "rows.jsonl"), trainer=trainer)
    assert not report.ok
    assert report.bad_rows


def test_rows_that_are_good_for_a_trainer(tmp_path):
    """No false alarm: the plain rows of three formats are good for who reads them."""
    pytest.importorskip("hf_sft_builders.formats.trainer_rules")
    turns = [{"from": "human", "value": "问"}, {"from": "gpt", "value": "答"}]
    for row, trainer in (
        (chat(Q, A), "trl"),
        (alpaca(), "llamafactory"),
        ({"conversations": turns, "system": "", "tools": ""}, "llamafactory"),
    ):
        report = sft.check(write([row], tmp_path / "rows.jsonl"), trainer=trainer)
        assert report.ok, str(report)
