"""What can be reviewed by its name: files, saved and published folders; the rest has one clear error."""

import json

import datasets
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.reviewing import Query

ROWS = [{"instruction": f"第{n}问", "input": "", "output": "答"} for n in range(3)]


def _jsonl(path):
    path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")


def _saved(path):
    datasets.DatasetDict(train=datasets.Dataset.from_list(ROWS)).save_to_disk(str(path))


def _published(path):
    sft.publish(datasets.Dataset.from_list(ROWS), path, license="cc0-1.0")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("rows.jsonl", _jsonl),
        ("rows.csv", lambda path: datasets.Dataset.from_list(ROWS).to_csv(str(path))),
        ("rows.parquet", lambda path: datasets.Dataset.from_list(ROWS).to_parquet(str(path))),
        ("saved", _saved),
        ("published", _published),
    ],
)
def test_rows_are_opened_by_name(tmp_path, opened, name, write):
    """A file, a saved folder and a published one show all their rows; the review lies beside them."""
    write(tmp_path / name)
    session = opened(str(tmp_path / name), overlay=None)
    assert ["第0问", "第1问", "第2问"] == [row.question for row in session.page(Query()).rows]
    assert str(tmp_path / f"{name}.review.sqlite") == session.kept_in


def test_of_several_configs_one_is_reviewed_and_the_others_are_named(tmp_path, opened):
    """The default config is reviewed; without one, nothing is guessed."""
    rows = datasets.Dataset.from_list(ROWS)
    folder = tmp_path / "both"
    sft.publish(rows, folder, configs={"extra": rows}, license="cc0-1.0")
    with pytest.warns(UserWarning, match="extra"):
        assert len(ROWS) == opened(str(folder), overlay=None).total


def test_configs_without_a_default_are_named(monkeypatch, opened):
    """Which of several configs is meant is the user's to say."""
    monkeypatch.setattr(
        "hf_sft_builders.publishing.opened.open_rows", lambda source: (None, {"zh": 1, "en": 2})
    )
    with pytest.raises(ConfigurationError, match="zh, en"):
        opened("user/name")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rows.csv", "instruction,output\n什么是云,水汽\n".encode("gb18030"), "--encoding gb18030"),
        ("empty.jsonl", b"", "no rows"),
        ("broken.jsonl", b'{"a": 1}\nnot json\n', "cannot be read as rows"),
        ("note.txt", b"hello", "not a file of rows"),
    ],
)
def test_a_file_that_cannot_be_read_has_one_clear_error(tmp_path, opened, name, data, words):
    """Nothing is asked of the network, and no error of a library is left to be guessed at."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=words):
        opened(str(tmp_path / name), overlay=None)


def test_a_stream_is_refused_with_what_to_do(opened):
    """Rows of a stream cannot be jumped about in."""
    with pytest.raises(ConfigurationError, match="without streaming=True"):
        opened(datasets.Dataset.from_list(ROWS).to_iterable_dataset())
