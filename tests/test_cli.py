"""`hf-sft`: what a shell user sees."""

import json
import re
import shlex

import pyarrow as pa
import pytest
from chat_server import running

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.formats.files import write_tables
from hf_sft_builders.llm.replies import ReplyStore, StoredReply

PAIRS = '{"pairs": [{"question": "门票多少钱？", "answer": "80 元／人", "evidence": "80 元／人"}]}'


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A server, a store of its own, and the options that name it."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    with running(answer=PAIRS) as server:
        yield server, ["--model", "m", "--base-url", server.base_url]


def test_lists(capsys):
    """Builders and formats are listed, one a line."""
    assert 0 == main(["builders"]) == main(["formats"])
    names = [*sft.list_builders(), *sft.list_formats()]
    assert names == capsys.readouterr().out.splitlines()


def test_what_the_user_can_mend_is_one_line(capsys, docs):
    """An unknown format is exit code 2 and a message without a traceback."""
    assert 2 == main(["build", "pdf_qa", "--data-dir", str(docs), "--format", "alpca"])
    told = capsys.readouterr().err
    assert told.startswith("hf-sft: Unknown format 'alpca'. Did you mean 'alpaca'?")
    assert 1 == told.count("\n")


def test_estimate_asks_nothing(capsys, docs, asked):
    """Calls, tokens and cost of the actual chunks, without one request."""
    server, model = asked
    build = ["build", "pdf_qa", "--data-dir", str(docs), *model, "--prices", "1", "2"]
    assert 0 == main([*build, "--estimate"])
    told = capsys.readouterr().out
    assert "1 document, 1 chunk: 1 call, 0 of them stored already" in told
    assert "estimated" in told
    assert "cost about" in told
    assert 0 == server.stats()["requests"]


def test_preview_makes_and_shows_rows(capsys, docs, asked):
    """So many rows are made and printed, and nothing is written."""
    server, model = asked
    assert 0 == main(["build", "pdf_qa", "--data-dir", str(docs), *model, "--preview", "1"])
    told = capsys.readouterr().out
    assert "门票多少钱？" in told
    assert "Nothing was written" in told
    assert 1 == server.stats()["requests"]


def test_replies_are_listed_exported_and_pruned(capsys, docs, asked, monkeypatch, tmp_path):
    """What the store holds can be seen, taken elsewhere and deleted."""
    _, model = asked
    main(["build", "pdf_qa", "--data-dir", str(docs), *model, "--preview", "1"])
    capsys.readouterr()
    main(["replies", "list"])
    assert "m: 1 reply" in capsys.readouterr().out
    main(["replies", "export"])
    exported = capsys.readouterr().out
    assert "m" == json.loads(exported)["model"]
    main(["replies", "prune", "--model", "m", "--dry-run"])
    assert "Would be deleted: 1 reply" in capsys.readouterr().out
    main(["replies", "prune", "--model", "m"])
    with (tmp_path / "lines").open("w+", encoding="utf-8") as lines:
        lines.write(exported)
        lines.seek(0)
        monkeypatch.setattr("sys.stdin", lines)
        main(["replies", "import"])
    assert "New: 1 reply" in capsys.readouterr().out
    main(["replies", "export", str(tmp_path / "kept.jsonl")])
    main(["replies", "import", str(tmp_path / "kept.jsonl")])
    assert "New: 0 replies" in capsys.readouterr().out


def test_replies_say_what_to_name(capsys, tmp_path, monkeypatch):
    """A mistyped path makes no store; what would delete all says the options."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "none.sqlite"))
    assert 2 == main(["replies", "list"])
    assert "There is no reply store at" in capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())
    assert 2 == main(["replies", "import", str(tmp_path / "missing.jsonl")])
    assert "missing.jsonl cannot be opened" in capsys.readouterr().err
    ReplyStore(tmp_path / "none.sqlite").summary()
    assert 2 == main(["replies", "prune"])
    assert "--older-than-days" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["-1", "nan", "inf"])
def test_a_slip_deletes_no_reply(days, capsys, tmp_path, monkeypatch):
    """A number of days that is none is an error, not all replies."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "replies.sqlite"))
    ReplyStore().put(bytes(16), StoredReply(raw="{}", model="m"))
    assert 2 == main(["replies", "prune", "--older-than-days", days])
    assert f"older_than_days={float(days)}" in capsys.readouterr().err
    assert 1 == ReplyStore().summary().replies


def test_a_damaged_store_names_the_command_that_saves_it(caplog, capsys, tmp_path, monkeypatch):
    """What the warning says can be typed as it stands, and brings back what is whole."""
    path = tmp_path / "my replies.sqlite"
    monkeypatch.setenv("HF_SFT_REPLIES", str(path))
    with ReplyStore() as store:
        for number in range(50):
            store.put(number.to_bytes(16, "big"), StoredReply(raw=f'{{"n": {number}}}', model="m"))
    with path.open("r+b") as file:
        file.write(b"no database any more")
    main(["replies", "list"])
    assert ": 0 replies" in capsys.readouterr().out
    named = re.search(r"`hf-sft (replies merge .*?)` takes", caplog.text)
    with next(tmp_path.glob("*.damaged-*")).open("r+b") as file:
        file.write(b"SQLite format 3\0\x10\0\2\2")
    main(shlex.split(named[1]))
    assert "New: 50 replies" in capsys.readouterr().out
    assert 2 == main(["replies", "merge", str(tmp_path / "none")])
    assert "There is no reply store" in capsys.readouterr().err


def test_export_from_a_file(tmp_path, capsys):
    """Rows of a file as a trainer reads them; what became of them is said."""
    (tmp_path / "rows.jsonl").write_text(
        '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n',
        encoding="utf-8",
    )
    given = ["export", str(tmp_path / "rows.jsonl"), "--trainer", "trl"]
    assert 0 == main([*given, "--output", str(tmp_path / "out")])
    assert "export to trl: 1 input, 1 row" in capsys.readouterr().out
    assert (tmp_path / "out" / "train.py").is_file()
    given[1] = str(tmp_path / "none.jsonl")
    assert 2 == main([*given, "--output", str(tmp_path / "out")])
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.csv", "rows.tsv", "rows.arrow"])
def test_export_from_every_kind_of_file(tmp_path, name):
    """What `check` reads, `export` reads; 010020 is not a number, NA is not nothing."""
    answers = ["010020", "NA", "null"]
    table = pa.table({"instruction": ["邮编？", "缩写？", "空值？"], "output": answers})
    write_tables([table], tmp_path / name)
    given = ["export", str(tmp_path / name), "--trainer", "trl", "--output", str(tmp_path / "out")]
    assert 0 == main(given)
    lines = (tmp_path / "out" / "train.jsonl").read_text("utf-8").splitlines()
    assert answers == [json.loads(line)["messages"][1]["content"] for line in lines]


@pytest.mark.parametrize(
    ("text", "told"), [("", "no rows"), ('{"instruction": "a"}\n{"instruction":', "line 2")]
)
def test_export_of_a_broken_file_is_one_line(tmp_path, capsys, text, told):
    """No traceback of the reader."""
    (tmp_path / "rows.jsonl").write_text(text, "utf-8")
    given = ["export", str(tmp_path / "rows.jsonl"), "--trainer", "trl"]
    assert 2 == main([*given, "--output", str(tmp_path / "out")])
    assert told in capsys.readouterr().err
