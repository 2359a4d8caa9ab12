"""`sft.check` and `hf-sft check`: every bad row is counted, explained, and mended where that is safe."""

import json

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict

import hf_sft_builders as sft
from hf_sft_builders import errors
from hf_sft_builders.cli import main
from hf_sft_builders.formats.mending import mend_file


def chat(*turns):
    """A row of messages."""
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


GOOD = chat(("user", "问"), ("assistant", "答"))
ALIASES = chat(("human", "问"), ("gpt", "答"))
EMPTY = chat(("user", "问"), ("assistant", ""))
ODD = chat(("user", "问"), ("assistant", "答"), ("user", "再问"))
SYSTEM_LATE = chat(("user", "问"), ("system", "令"), ("assistant", "答"))


def write(path, rows):
    """A JSON Lines file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def everything(rows, folder):
    """The same rows in everything that `check` takes."""
    ds = Dataset.from_list(rows)
    return {
        "dataset": ds,
        "dict": DatasetDict(train=ds),
        "stream": ds.to_iterable_dataset(),
        "table": ds.data.table,
        "file": write(folder / "rows.jsonl", rows),
        "path": folder / "rows.jsonl",
    }


@pytest.mark.parametrize("kind", ["dataset", "dict", "stream", "table", "file", "path"])
def test_every_kind_of_rows_gives_the_same_report(kind, tmp_path):
    """Rows, bad rows, rules and places are the same for datasets, streams, tables and files."""
    rows = [GOOD, EMPTY, GOOD, ODD, SYSTEM_LATE]
    report = sft.check(everything(rows, tmp_path)[kind])
    assert not report.ok
    assert ("messages", 5, 3) == (report.format, report.rows, report.bad_rows)
    found = {f.rule: (f.count, [row.index for row in f.rows]) for f in report.findings}
    assert (1, [1]) == found["words-in-every-message"]
    assert (1, [3]) == found["assistant-last"]
    assert (1, [4]) == found["system-first"]
    assert {"train" if kind == "dict" else ""} == {
        row.split for f in report.findings for row in f.rows
    }
    assert "expected: words in every message" in str(report)
    with pytest.raises(errors.FormatError, match="assistant-last"):
        report.raise_if_bad()


def test_good_rows_are_good():
    """Nothing to say, and the text says so."""
    report = sft.check(Dataset.from_list([GOOD] * 3))
    assert report.ok
    assert "3 rows as messages: all good." == str(report)
    report.raise_if_bad()


def test_no_rows_are_not_good():
    """An empty dataset would train nothing."""
    report = sft.check(Dataset.from_list([GOOD]).select([]))
    assert ["no-rows"] == [finding.rule for finding in report.findings]


def test_places_and_counts_go_over_all_batches():
    """The index is that of the split, not of the batch; only the first rows are shown."""
    rows = [GOOD] * 10_050
    for place in (3, 10_000, 10_001, 10_049):
        rows[place] = EMPTY
    [finding] = [f for f in sft.check(Dataset.from_list(rows)).findings if "words" in f.rule]
    assert 4 == finding.count
    assert [3, 10_000, 10_001] == [row.index for row in finding.rows]


def test_rows_of_no_format_are_told_their_columns():
    """The error says what the rows have, and names a format that is near, if one is."""
    with pytest.raises(errors.ConfigurationError, match=r"columns: a: int64\. `hf-sft formats`"):
        sft.check(pa.table({"a": [1]}))
    with pytest.raises(errors.ConfigurationError, match=r"The nearest is \w+ \(prompt, "):
        sft.check(pa.table({"prompt": ["a"]}))
    with pytest.raises(errors.UnknownName, match="mesages"):
        sft.check(pa.table({"a": [1]}), "mesages")


def test_mending_counts_rows_and_changes_no_other(tmp_path):
    """Aliases are renamed; good rows stay as they were, and what has no safe answer is left."""
    path = write(tmp_path / "rows.jsonl", [GOOD, ALIASES, SYSTEM_LATE])
    mended = mend_file(path)
    assert {"roles-known": 1} == dict(mended.changed)
    assert "mended roles-known: 1 rows" == str(mended)
    found = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [GOOD, GOOD, SYSTEM_LATE] == found
    assert ["system-first"] == [finding.rule for finding in mended.left.findings]


def test_a_file_with_nothing_to_mend_is_not_touched(tmp_path):
    """Not even rewritten."""
    path = write(tmp_path / "rows.jsonl", [GOOD, SYSTEM_LATE])
    before = (tmp_path / "rows.jsonl").stat().st_ino
    assert "nothing to mend" == str(mend_file(path))
    assert before == (tmp_path / "rows.jsonl").stat().st_ino


def test_exit_codes_for_ci(tmp_path, capsys):
    """0 all good, 1 bad rows, 2 what cannot be checked."""
    good, bad = write(tmp_path / "good.jsonl", [GOOD]), write(tmp_path / "bad.jsonl", [GOOD, ODD])
    assert 0 == main(["check", good])
    assert 1 == main(["check", good, bad])
    assert "row 1:" in capsys.readouterr().out
    assert 2 == main(["check", str(tmp_path / "none.jsonl")])
    assert 2 == main(["check", good, "--output", "x.jsonl"])
    assert 2 == capsys.readouterr().err.count("hf-sft: ")


def test_json_for_programs(tmp_path, capsys):
    """One object per file, with all that the table says."""
    assert 1 == main(["check", write(tmp_path / "bad.jsonl", [ODD, ALIASES]), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (False, 2, 2) == (told["ok"], told["rows"], told["bad_rows"])
    assert {"rule", "field", "expected", "fix", "count", "rows", "mendable"} == set(
        told["findings"][0]
    )


def test_fix_from_the_shell(tmp_path, capsys):
    """The result goes where --output says, in the kind that its name says; the file stays."""
    path = write(tmp_path / "rows.jsonl", [GOOD, ALIASES])
    out = tmp_path / "out.json.gz"
    assert 0 == main(["check", path, "--fix", "--output", str(out)])
    assert "mended roles-known: 1 rows" in capsys.readouterr().out
    assert sft.check(out).ok
    assert not sft.check(path).ok


def test_labels_of_0_and_1_are_found_and_mended(tmp_path):
    """TRL takes any number for yes, LLaMA-Factory drops the rows; the columns are those of KTO."""
    path = tmp_path / "kto.jsonl"
    rows = [{"prompt": "q", "completion": "a", "label": label} for label in (1, 0)]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    report = sft.check(path)
    assert ("kto_text", ["types"]) == (report.format, [f.rule for f in report.findings])
    assert mend_file(path).left.ok
    lines = path.read_text("utf-8").splitlines()
    assert [True, False] == [json.loads(line)["label"] for line in lines]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"问题": "多高？", "回答": "28 米"}], "hf-sft convert FILE --to messages"),
        ([{"题干": "多高？", "标准答案": "28 米"}], "Name yours: columns="),
        ([], "no rows"),
    ],
)
def test_what_cannot_be_checked_says_what_comes_first(rows, told, tmp_path):
    """A known layout is to be converted, an unknown one named; nothing is nothing."""
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), "utf-8")
    with pytest.raises(errors.ConfigurationError, match=told) as error:
        sft.check(path)
    assert 400 > len(str(error.value))
