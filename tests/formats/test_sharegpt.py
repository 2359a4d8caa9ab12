"""What is special about ShareGPT."""

import json

import pytest

from hf_sft_builders import errors
from hf_sft_builders.formats import get_format
from hf_sft_builders.records import record_table

CALL = json.dumps([{"name": "weather", "arguments": {"city": "云溪"}}], ensure_ascii=False)
TOOLS = json.dumps([{"name": "weather", "parameters": {}}])


def conversation():
    """A conversation with a tool call."""
    return [
        {"role": "user", "content": "天气如何？"},
        {"role": "assistant", "content": "", "tool_calls": CALL},
        {"role": "tool", "content": "晴"},
        {"role": "assistant", "content": "晴天。"},
    ]


def test_tool_calls_become_function_call_turns_and_back():
    """Tool calls stay JSON text, and the round trip is exact."""
    records = record_table({"messages": [conversation()], "tools": [TOOLS]}, 1)
    table = get_format("sharegpt").from_records(records)
    [turns] = table["conversations"].to_pylist()
    assert ["human", "function_call", "observation", "gpt"] == [turn["from"] for turn in turns]
    assert CALL == turns[1]["value"]
    assert [TOOLS] == table["tools"].to_pylist()
    assert [True] == get_format("sharegpt").check(table).to_pylist()
    back = get_format("sharegpt").to_records(table)
    assert records["messages"].to_pylist() == back["messages"].to_pylist()


def test_words_beside_calls_have_no_place():
    """A message with both is refused with its row."""
    both = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "tool_calls": CALL},
    ]
    with pytest.raises(errors.FormatError, match="row 0.*both"):
        get_format("sharegpt").from_records(record_table({"messages": [both]}, 1))


def test_order_of_turns_is_checked_and_explained():
    """A conversation that starts with the model would be dropped by LLaMA-Factory."""
    said = [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
    table = get_format("sharegpt").from_records(record_table({"messages": [said]}, 1))
    with pytest.raises(errors.FormatError, match="turn 1 is 'gpt', expected human or observation"):
        get_format("sharegpt").require(table)


def test_no_system_and_no_tools_are_empty_strings():
    """Absent columns are "" and never null, which LLaMA-Factory's reader needs."""
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    table = get_format("sharegpt").from_records(record_table({"messages": [said]}, 1))
    assert ([""], [""]) == (table["system"].to_pylist(), table["tools"].to_pylist())
