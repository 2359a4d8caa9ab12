"""`hf-sft convert` from a shell."""

import json

import pytest

from hf_sft_builders.cli import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, rows):
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def read(path):
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_file_is_converted_beside_itself(here, capsys):
    """The format is found and told; the file has readable Chinese."""
    write(here / "rows.jsonl", [{"instruction": "多高？", "input": "", "output": "28.6 米"}])
    assert 0 == main(["convert", "rows.jsonl", "--to", "sharegpt"])
    assert "alpaca: the columns instruction, input, output" in capsys.readouterr().out
    [row] = read(here / "rows.sharegpt.jsonl")
    assert [{"from": "human", "value": "多高？"}, {"from": "gpt", "value": "28.6 米"}] == row[
        "conversations"
    ]
    assert "多高" in (here / "rows.sharegpt.jsonl").read_text("utf-8")


def test_columns_and_losses_are_options(here, capsys):
    """Names are mapped; a loss stops with its name, or is counted."""
    write(here / "rows.jsonl", [{"q": "a", "r": "hm", "a": "b"}])
    columns = ["--columns", "q=prompt", "r=reasoning", "a=content"]
    assert 2 == main(["convert", "rows.jsonl", "--to", "alpaca", *columns])
    assert "messages.reasoning" in capsys.readouterr().err
    assert not list(here.glob("*alpaca*"))
    assert 0 == main(["convert", "rows.jsonl", "--to", "alpaca", *columns, "--allow-loss"])
    assert "field messages.reasoning 1" in capsys.readouterr().out


def test_what_is_not_certain_is_asked(here, capsys):
    """Two readings: without a person at the keyboard it stops, with --yes it takes the first."""
    write(here / "rows.jsonl", [{"question": "a", "answer": "b", "problem": "c", "solution": "d"}])
    assert 2 == main(["convert", "rows.jsonl", "--to", "alpaca"])
    assert "--from FORMAT, or --yes" in capsys.readouterr().err
    assert 0 == main(["convert", "rows.jsonl", "--to", "alpaca", "--yes"])
    assert "a" == read(here / "rows.alpaca.jsonl")[0]["instruction"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.jsonl", "--to", "alpaca"], "No file"),
        (["rows.xml", "--to", "alpaca"], "expected one of"),
        (["rows.jsonl", "--to", "alpca"], "Did you mean 'alpaca'"),
        (["rows.jsonl", "--to", "alpaca", "--columns", "a"], "YOURS=FIELD"),
        (["rows.jsonl", "--to", "multimodal", "--output", "a.jsonl"], "parquet"),
        (["rows.jsonl", "--to", "alpaca", "--output", "a.txt"], "expected one of"),
    ],
)
def test_mistakes_are_one_line(here, capsys, arguments, problem):
    """What the user can mend is exit code 2 and one line."""
    assert 2 == main(["convert", *arguments])
    assert problem in capsys.readouterr().err
