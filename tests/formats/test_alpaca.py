"""What is special about Alpaca."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders import errors
from hf_sft_builders.formats import get_format
from hf_sft_builders.records import record_table

TEXT = st.text(max_size=12)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=2)


def table(rows):
    """An Alpaca table."""
    names = ("instruction", "input", "output", "system")
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
    kind = pa.list_(pa.list_(pa.string()))
    history = pa.array([[list(pair) for pair in row["history"]] for row in rows], kind)
    return pa.table({**columns, "history": history})


ROWS = st.lists(
    st.fixed_dictionaries(
        {"instruction": TEXT, "input": TEXT, "output": TEXT, "system": TEXT, "history": PAIRS}
    ),
    max_size=6,
)


@given(rows=ROWS)
def test_instruction_and_input_come_back_apart(rows):
    """Alpaca → records → alpaca is exact, also where texts are empty or hold line breaks."""
    before = table(rows)
    after = get_format("alpaca").from_records(get_format("alpaca").to_records(before))
    assert before.to_pylist() == after.select(before.column_names).to_pylist()


def test_records_hold_the_question_as_trainers_read_it():
    """Instruction and input are joined by one line break; an empty part leaves none."""
    rows = [
        {
            "instruction": "Translate.",
            "input": "塔",
            "output": "tower",
            "system": "",
            "history": [],
        },
        {"instruction": "", "input": "塔", "output": "tower", "system": "", "history": []},
    ]
    said = get_format("alpaca").to_records(table(rows))["messages"].to_pylist()
    assert ["Translate.\n塔", "塔"] == [messages[0]["content"] for messages in said]


def test_history_that_is_no_pair_is_refused():
    """Three texts in one exchange are an error in conversion and a bad row in the check."""
    bad = table([{"instruction": "a", "input": "", "output": "b", "system": "", "history": []}])
    triple = pa.array([[["x", "y", "z"]]], pa.list_(pa.list_(pa.string())))
    bad = bad.set_column(4, "history", triple)
    assert [False] == get_format("alpaca").check(bad).to_pylist()
    with pytest.raises(errors.FormatError, match="pair"):
        get_format("alpaca").to_records(bad)


def test_tool_turns_are_refused_with_their_roles():
    """A conversation that is not question and answer in turn names its roles."""
    said = [{"role": role, "content": "x"} for role in ("user", "tool", "assistant")]
    with pytest.raises(errors.FormatError, match="row 0: found the roles user, tool, assistant"):
        get_format("alpaca").from_records(record_table({"messages": [said]}, 1))
