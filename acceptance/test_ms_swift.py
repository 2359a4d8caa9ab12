"""ms-swift's own `load_dataset` reads each export, with strict=True as the written command says."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from records import KINDS, TOOLS, Records
from results import record
from swift.dataset import load_dataset

import hf_sft_builders as sft


def load(kind: str, folder: Path) -> Any:
    """Export for ms-swift, read with its loader; all rows must be there."""
    ds = KINDS[kind]
    sft.export(ds, folder, trainer="ms-swift", from_format=Records())
    assert "--strict true" in (folder / "train.sh").read_text(encoding="utf-8")
    rows, _ = load_dataset([str(folder / "train.jsonl")], strict=True, num_proc=1)
    assert len(ds) == len(rows)
    return rows


def note(kind: str, shown: str) -> None:
    """Keep a line of the table."""
    rows = len(KINDS[kind])
    record("ms-swift", version("ms_swift"), kind, f"{rows:,} of {rows:,} rows; {shown}")


def said(row: Any) -> list[tuple[str, str]]:
    """Role and content of each message."""
    return [(message["role"], message["content"]) for message in row["messages"]]


def test_chat(tmp_path: Path) -> None:
    """Messages as they were."""
    rows = load("chat", tmp_path / "out")
    assert said(rows[0]) == [("user", "门票多少钱？"), ("assistant", "80 元／人。")]
    assert said(rows[1])[0] == ("system", "你是导游。")
    note("chat", "messages as they were")


def test_reasoning(tmp_path: Path) -> None:
    """Reasoning in the reply."""
    rows = load("reasoning", tmp_path / "out")
    assert said(rows[0])[1] == ("assistant", "<think>\n一加一\n等于二\n</think>\n\n2")
    note("reasoning", "between `<think>` tags in the reply")


def test_tools(tmp_path: Path) -> None:
    """Calls as turns, tools without padding."""
    rows = load("tools", tmp_path / "out")
    turns = said(rows[1])
    assert turns[1] == ("assistant", "<think>\ntwo tools\n</think>\n\nI look it up.")
    calls = [json.loads(content) for role, content in turns if role == "tool_call"]
    assert calls[0] == {"name": "price", "arguments": {"place": "tower", "day": None}}
    assert calls[1] == {"name": "add", "arguments": {"numbers": [1, 2.5]}}
    results = [text for role, text in turns if role in ("tool", "tool_response")]
    assert results == ["80", "3.5"]
    assert rows[0]["tools"] == TOOLS
    assert not rows[2]["tools"]
    note("tools", "calls as `tool_call` turns, arguments and tools without padding")


def test_preference(tmp_path: Path) -> None:
    """Messages, and the worse reply beside them."""
    rows = load("preference", tmp_path / "out")
    assert said(rows[1])[-1] == ("assistant", "In 1441.")
    row = rows[1]
    worse = row.get("rejected_response") or row["rejected_messages"][-1]["content"]
    assert worse == "Long ago."
    note("preference", "better reply in `messages`, worse one as `rejected_response`")


def test_kto(tmp_path: Path) -> None:
    """Labels as they were."""
    rows = load("kto", tmp_path / "out")
    assert [bool(row["label"]) for row in rows] == [True, False]
    note("kto", "labels as they were")


def test_text(tmp_path: Path) -> None:
    """Text as a reply without a question, as `swift pt` reads it."""
    rows = load("text", tmp_path / "out")
    assert said(rows[0]) == [("assistant", "云溪古城位于岚江上游。")]
    note("text", "a reply without a question, for `swift pt`")


def test_images(tmp_path: Path) -> None:
    """Tags in the text, and as many pictures."""
    rows = load("images", tmp_path / "out")
    assert said(rows[1])[0][1] == "Compare <image> with <image>."
    assert [len(row["images"]) for row in rows] == [1, 2]
    note("images", "tags in the text, one picture for each")


def test_late_images(tmp_path: Path) -> None:
    """1,100 rows without images before one with them."""
    rows = load("late images", tmp_path / "out")
    assert sum(bool(row["images"]) for row in rows) == 1
    note("late images", "1,100 rows without a picture before one with it")
