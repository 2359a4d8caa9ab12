"""Axolotl's own schema and prompt strategies read each export by the configuration written."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import tiny_model
import yaml
from axolotl.prompt_strategies.chat_template import load as load_chat
from axolotl.prompt_strategies.dpo.chat_template import default as dpo
from axolotl.prompt_strategies.kto.chatml import argilla_chat
from axolotl.utils.dict import DictDefault
from axolotl.utils.schemas.config import AxolotlInputConfig
from datasets import load_dataset
from records import KINDS, Records
from results import record

import hf_sft_builders as sft

TEMPLATE = (Path(__file__).parent / "chatml_tools.jinja").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def words(tmp_path_factory: Any) -> Any:
    """A tokenizer with a template that shows tools, calls and results."""
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    tiny_model.tokenizer(folder, TEMPLATE)
    return AutoTokenizer.from_pretrained(folder)


def load(kind: str, folder: Path) -> tuple[Any, Any]:
    """Export, check the configuration with Axolotl's schema, read the file that it names."""
    ds = KINDS[kind]
    sft.export(ds, folder, trainer="axolotl", from_format=Records())
    given = yaml.safe_load((folder / "train.yaml").read_text(encoding="utf-8"))
    AxolotlInputConfig(**given)
    source = given["datasets"][0]
    files = [str(folder / name) for name in source["data_files"]]
    rows = load_dataset(source["path"], data_files=files, split=source["split"])
    assert len(ds) == len(rows)
    return DictDefault(given), rows


def note(kind: str, shown: str) -> None:
    """Keep a line of the table."""
    rows = len(KINDS[kind])
    record("axolotl", version("axolotl"), kind, f"{rows:,} of {rows:,} rows; {shown}")


def tokenised(kind: str, folder: Path, words: Any) -> list[tuple[str, str]]:
    """What the model sees of each row, and what of it is learnt."""
    given, rows = load(kind, folder)
    given["sequence_len"] = 4096
    strategy = load_chat(words, given, ds_cfg=dict(given["datasets"][0]))
    found = []
    for row in rows:
        made = strategy.tokenize_prompt(row)
        learnt = [label for label in made["labels"] if label != -100]
        found.append((words.decode(made["input_ids"]), words.decode(learnt)))
    return found


def test_chat(words: Any, tmp_path: Path) -> None:
    """All turns are seen, the replies of all turns are learnt."""
    (_, first), (text, learnt) = tokenised("chat", tmp_path / "out", words)
    assert first.strip() == "80 元／人。<|im_end|>"
    assert text.startswith("<|im_start|>system\n你是导游。<|im_end|>")
    assert "28.6 m.<|im_end|>" in learnt
    assert "In 1441.<|im_end|>" in learnt
    assert "How high" not in learnt
    note("chat", "all turns seen, every reply learnt, no question")


def test_reasoning(words: Any, tmp_path: Path) -> None:
    """Reasoning stands in the reply."""
    (_, learnt), _ = tokenised("reasoning", tmp_path / "out", words)
    assert learnt.strip() == "<think>\n一加一\n等于二\n</think>\n\n2<|im_end|>"
    note("reasoning", "between `<think>` tags, once, and learnt")


def test_tools(words: Any, tmp_path: Path) -> None:
    """Arguments are objects when the template gets them."""
    first, second, third = tokenised("tools", tmp_path / "out", words)
    assert '{"name": "price", "arguments": {"place": "望云楼"}}' in first[1]
    assert '{"name": "add", "arguments": {"numbers": [1, 2.5]}}' in second[1]
    assert "two tools" in second[1]
    assert '"description": "票价"' in first[0]
    assert "Tools" not in third[0]
    note("tools", "arguments parsed once; no null from other rows")


def test_preference(words: Any, tmp_path: Path) -> None:
    """Prompt, better and worse reply as text."""
    given, rows = load("preference", tmp_path / "out")
    transform, _ = dpo(given)
    made = transform(rows[1], tokenizer=words)
    assert made["prompt"].startswith("<|im_start|>system\n你是导游。<|im_end|>")
    assert made["chosen"] == "In 1441.<|im_end|>"
    assert made["rejected"] == "Long ago.<|im_end|>"
    note("preference", "prompt, better and worse reply as they were")


def test_kto(words: Any, tmp_path: Path) -> None:
    """All turns in the prompt, labels as they were."""
    given, rows = load("kto", tmp_path / "out")
    made = [argilla_chat(given)(dict(row)) for row in rows]
    assert (
        "<|im_start|>system\n你是导游。<|im_end|>\n<|im_start|>user\nHow high?" in made[1]["prompt"]
    )
    assert made[1]["completion"] == "In 1441.<|im_end|>"
    assert [row["label"] for row in made] == [True, False]
    note("kto", "all turns in the prompt (ChatML), labels as they were")


def test_text(tmp_path: Path) -> None:
    """Bare text."""
    given, rows = load("text", tmp_path / "out")
    assert rows[0][given["datasets"][0]["field"]] == "云溪古城位于岚江上游。"
    note("text", "the field that the configuration names")
