"""`hf-sft convert` from a shell."""

import json

import pyarrow as pa
import pytest

from hf_sft_builders.cli import main
from hf_sft_builders.formats.files import write_tables


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
        (["none.jsonl", "--to", "alpaca"], "no such file"),
        (["rows.xml", "--to", "alpaca"], "Unknown kind of file"),
        (["rows.jsonl", "--to", "alpca"], "Did you mean 'alpaca'"),
        (["rows.jsonl", "--to", "alpaca", "--columns", "a"], "YOURS=FIELD"),
        (["rows.jsonl", "--to", "multimodal", "--output", "a.jsonl"], "parquet"),
        (["rows.jsonl", "--to", "alpaca", "--output", "a.txt"], "Unknown kind of file"),
        (["empty.jsonl", "--to", "alpaca"], "empty.jsonl: no rows"),
        (["list.json", "--to", "alpaca"], "list.json: no rows"),
        (["broken.jsonl", "--to", "alpaca"], "broken.jsonl: line 2"),
        (["gb.csv", "--to", "alpaca"], "gb18030"),
        (["good.jsonl", "--to", "alpaca", "--columns", "题=instruction"], "题"),
    ],
)
def test_mistakes_are_one_line(here, capsys, arguments, problem):
    """What the user can mend is exit code 2 and one line."""
    (here / "empty.jsonl").write_text("", "utf-8")
    (here / "list.json").write_text("[]", "utf-8")
    (here / "broken.jsonl").write_text('{"instruction": "a"}\n{"instruction":', "utf-8")
    (here / "gb.csv").write_text("instruction,output\n多高？,28.6 米\n", "gb18030")
    write(here / "good.jsonl", [{"instruction": "a", "output": "b"}])
    assert 2 == main(["convert", *arguments])
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.jsonl.gz", "rows.arrow"])
def test_every_kind_of_file_is_read_and_written(here, name):
    """What `check` reads, `convert` reads; and text that looks like a number stays as it is."""
    table = pa.table({"instruction": ["邮编？"], "output": ["010020"], "code": ["007"]})
    write_tables([table], name)
    assert 0 == main(["convert", name, "--to", "sharegpt", "--output", f"made-{name}"])
    assert 0 == main(["convert", f"made-{name}", "--to", "alpaca", "--output", "back.jsonl"])
    [row] = read(here / "back.jsonl")
    assert ("邮编？", "010020", "007") == (row["instruction"], row["output"], row["code"])


def test_the_encoding_is_an_option(here):
    """What Excel saves in China."""
    (here / "gb.csv").write_text("instruction,output\n多高？,28.6 米\n", "gb18030")
    assert 0 == main(["check", "gb.csv", "--encoding", "gb18030"])
    assert 0 == main(["convert", "gb.csv", "--to", "messages", "--encoding", "gb18030"])
    [row] = read(here / "gb.messages.jsonl")
    assert "多高？" == row["messages"][0]["content"]
