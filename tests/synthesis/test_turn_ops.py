"""`unroll_turns` and `unmark_questions`: conversations by the turn, questions as people type them."""

import json

from conftest import EXAMPLES
from datasets import Dataset

import hf_sft_builders as sft
from hf_sft_builders.synthesis.conversations import messages_of

SAID = [
    {"role": "system", "content": "简短回答。"},
    {"role": "user", "content": "望云楼有多高？"},
    {"role": "assistant", "content": "28.6 米。"},
    {"role": "user", "content": "门票呢 ?"},
    {"role": "assistant", "content": "80 元。"},
]


def talks(number=1):
    """Conversations of two rounds."""
    return Dataset.from_list([{"id": f"t{n}", "messages": SAID} for n in range(number)])


def test_each_answer_ends_a_row_with_all_before_it():
    """Nothing of the context is lost, and ids lead back to the conversation."""
    rows = talks().map(sft.unroll_turns(), batched=True)
    assert [SAID[:3], SAID] == rows["messages"][:]
    assert ["t0:unroll_turns:0", "t0:unroll_turns:1"] == rows["id"][:]


def test_rows_keep_their_format():
    """ShareGPT stays ShareGPT, Alpaca keeps its history."""
    for name in ("sharegpt", "alpaca"):
        before = sft.convert(talks(), to=name)
        rows = before.map(sft.unroll_turns(), batched=True)
        assert [*before.column_names, "provenance"] == rows.column_names
        assert [3, 5] == [len(messages_of(row)) for row in rows]


def test_calls_are_answers_or_not(load):
    """A tool dialogue has a row for its call, too, unless only replies are wanted."""
    files = {n: str(EXAMPLES / "hotel_booking" / f"{n}{s}") for n, s in (("tool", ".json"),)}
    files["data_files"] = str(EXAMPLES / "hotel_booking" / "hotels.csv")
    rows = load("tool_dialogue", split="train", dialogues=5, extra_turns=0, closings=0, **files)
    both = rows.map(sft.unroll_turns(), batched=True)
    assert [2, 4] * 5 == [len(row["messages"]) for row in both]
    assert all(
        json.loads(row["messages"][-1]["tool_calls"]) for row in both.select(range(0, 10, 2))
    )
    replies = rows.map(sft.unroll_turns(calls=False), batched=True)
    assert [4] * 5 == [len(row["messages"]) for row in replies]


def test_a_conversation_without_an_answer_is_counted():
    """It is dropped, not lost."""
    rows = Dataset.from_list([{"id": "t", "messages": SAID[:2]}, {"id": "u", "messages": SAID}])
    assert 2 == len(rows.map(sft.unroll_turns(), batched=True))
    assert {"no answer to end a row with": 1} == dict(sft.last_run().drops)


def test_question_marks_go_from_the_share_that_is_asked_for():
    """Of either width, only at the end, only what the user says; the rest of the row stays."""
    rows = talks(400).map(sft.unmark_questions(0.6), batched=True)
    bare = [row for row in rows if row["messages"][1]["content"] == "望云楼有多高"]
    assert 200 < len(bare) < 280
    assert all("门票呢" == row["messages"][3]["content"] for row in bare)
    assert all(SAID[2] == row["messages"][2] for row in rows)
    assert len(bare) == sft.last_run().noted["question unmarked"]
    assert rows.to_list() == talks(400).map(sft.unmark_questions(0.6), batched=True).to_list()


def test_a_column_of_questions_is_unmarked():
    """`？` alone stays: an empty question is none."""
    rows = Dataset.from_dict({"question": ["多高？", "？", "高？低？", "多高。"]})
    made = rows.map(sft.unmark_questions(1.0, column="question"), batched=True)
    assert ["多高", "？", "高？低", "多高。"] == made["question"][:]
