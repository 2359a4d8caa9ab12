"""Exams of others: a table of multiple choice, through `source`, as an exam of ours."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft

MMLU = {
    "question": ["云溪塔有多高？", "Which bus goes to the springs?"],
    "subject": ["travel", "travel"],
    "choices": [
        ["21.4 米", "28.6 米", "31 米", "40 米"],
        ["Line 3", "Line 5", "Line Y3", "None, they are walked to"],
    ],
    "answer": [1, 2],
}
CEVAL = "id,question,A,B,C,D,answer\n0,云溪塔有多高？,21.4 米,28.6 米,31 米,40 米,B\n"


def as_exam(options, key, row):
    """One item, its options by letters."""
    listed = [f"{letter}. {text}" for letter, text in zip("ABCD", options, strict=True)]
    said = [
        {"role": "user", "content": "\n".join([row["question"], *listed])},
        {"role": "assistant", "content": key},
    ]
    own = {"question_type": "single_choice", "options": "\n".join(listed), "answer": key}
    return {"messages": said, **own}


@pytest.fixture
def mmlu(load, tmp_path):
    """The layout of MMLU: a list of choices, and the number of the right one; with a license."""
    folder = tmp_path / "exam"
    folder.mkdir()
    pq.write_table(pa.table(MMLU), folder / "test-00000-of-00001.parquet")
    (folder / "LICENSE").write_text(
        "MIT License\n\nPermission is hereby granted, free of charge", "utf-8"
    )
    return load("source", data_dir=str(folder), split="train")


def test_the_table_comes_in_as_it_is(mmlu):
    """Every column and value, typed, with an id, the source and its license."""
    assert MMLU == {name: list(mmlu[name]) for name in MMLU}
    assert 2 == len(set(mmlu["id"]))
    [step] = mmlu[0]["provenance"]
    assert ("test-00000-of-00001.parquet", "mit") == (step["title"], step["license"]["id"])


def test_a_list_of_choices_becomes_an_exam(mmlu, tmp_path):
    """It scores what a model says, converts, and is published with its license."""
    exam = mmlu.map(
        lambda row: as_exam(row["choices"], "ABCD"[row["answer"]], row),
        remove_columns=["choices", "answer"],
    )
    assert 1.0 == sft.score_exam(exam, exam).accuracy
    scores = sft.score_exam(["选 B", "The answer is D."], exam)
    assert (0.5, {"single_choice": (1, 2)}, 0) == (scores.accuracy, scores.by_kind, scores.unread)
    alpaca = sft.convert(exam, to="alpaca")
    assert ["B", "C"] == list(alpaca["output"])
    assert alpaca[1]["instruction"].endswith("\nC. Line Y3\nD. None, they are walked to")
    assert ["travel", "travel"] == list(alpaca["subject"])
    sft.publish(exam, tmp_path / "published")
    assert "license: mit" in (tmp_path / "published" / "README.md").read_text("utf-8")


def test_a_column_for_each_choice_becomes_an_exam(load, tmp_path):
    """The layout of C-Eval and CMMLU: columns A to D, and the key a letter."""
    path = tmp_path / "ceval.csv"
    path.write_text(CEVAL, "utf-8")
    table = load("source", data_files=str(path), split="train")
    exam = table.map(lambda row: as_exam([row[x] for x in "ABCD"], row["answer"], row))
    assert 1.0 == sft.score_exam(["B. 28.6 米"], exam).accuracy
    assert 0.0 == sft.score_exam(["A. 21.4 米"], exam).accuracy
    assert [0] == list(table["source_id"])
