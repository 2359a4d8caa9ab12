"""torchtune's own dataset builders read each export, by the configuration that was written."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torchtune.datasets
import yaml
from records import KINDS, Records
from results import record

import hf_sft_builders as sft
from hf_sft_builders.errors import FormatError


class Words:
    """Stands for a tokenizer: keeps the messages, so that the test sees what would be tokenised."""

    eos_id, pad_id = 1, 0
    max_seq_len = None
    seen: list[Any]

    def __init__(self) -> None:
        self.seen = []

    def __call__(self, sample: Any, inference: bool = False) -> Any:
        """Take messages as a model's tokenizer does."""
        tokens, mask = self.tokenize_messages(sample.pop("messages"))
        return {**sample, "tokens": tokens, "mask": mask}

    def tokenize_messages(self, messages: Any, **options: Any) -> tuple[list[int], list[bool]]:
        """Give one token per message, masked as the message is."""
        self.seen.append([(m.role, m.text_content, m.masked) for m in messages])
        return list(range(len(messages))), [m.masked for m in messages]

    def encode(self, text: str, **options: Any) -> list[int]:
        """Give one token per letter."""
        self.seen.append(text)
        return [ord(letter) for letter in text]


def load(kind: str, folder: Path) -> tuple[Any, Words]:
    """Export, build the dataset that the configuration names, fetch every row."""
    ds, words = KINDS[kind], Words()
    sft.export(ds, folder, trainer="torchtune", from_format=Records())
    given = yaml.safe_load((folder / "train.yaml").read_text(encoding="utf-8"))["dataset"]
    build = getattr(torchtune.datasets, given.pop("_component_").rpartition(".")[2])
    given["data_files"] = [str(folder / name) for name in given["data_files"]]
    rows = build(words, **given)
    assert len(ds) == len(rows)
    for index in range(len(rows)):
        rows[index]
    return rows, words


def note(kind: str, shown: str) -> None:
    """Keep a line of the table."""
    rows = len(KINDS[kind])
    record("torchtune", version("torchtune"), kind, f"{rows:,} of {rows:,} rows; {shown}")


def test_chat(tmp_path: Path) -> None:
    """Replies are learnt, the rest is masked."""
    _, words = load("chat", tmp_path / "out")
    assert words.seen[0] == [("user", "门票多少钱？", True), ("assistant", "80 元／人。", False)]
    assert len(words.seen[1]) == 5
    note("chat", "all turns seen, every reply learnt, no question")


def test_reasoning(tmp_path: Path) -> None:
    """Reasoning stands in the reply."""
    _, words = load("reasoning", tmp_path / "out")
    assert words.seen[0][1][1] == "<think>\n一加一\n等于二\n</think>\n\n2"
    note("reasoning", "between `<think>` tags in the reply")


def test_tools(tmp_path: Path) -> None:
    """Rows that call tools are refused before torchtune would leave the calls out."""
    with pytest.raises(FormatError, match="tools-not-read"):
        load("tools", tmp_path / "out")
    record("torchtune", version("torchtune"), "tools", "refused: torchtune leaves calls out")


def test_preference(tmp_path: Path) -> None:
    """Two whole conversations."""
    _, words = load("preference", tmp_path / "out")
    last = [messages[-1][1] for messages in words.seen]
    assert last == ["80 元／人。", "不知道。", "In 1441.", "Long ago."]
    note("preference", "two whole conversations")


def test_text(tmp_path: Path) -> None:
    """Bare text."""
    _, words = load("text", tmp_path / "out")
    assert "云溪古城位于岚江上游。" in words.seen
    note("text", "the column that the configuration names")
