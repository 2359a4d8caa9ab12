"""LLaMA-Factory's own loader reads each export, by the configuration that the export wrote.

Run by `make acceptance`, in an environment with LLaMA-Factory. The token ids and labels that its
`get_dataset` gives are decoded and compared with texts written here by hand.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import tiny_model
import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer
from records import KINDS, Records
from results import record

import hf_sft_builders as sft

SIMPLE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
EMPTY = "<think>\n\n</think>\n\n"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: Any) -> Path:
    """A tiny Qwen3."""
    return tiny_model.model(tmp_path_factory.mktemp("model"), SIMPLE)


def load(ds: Any, folder: Path, model: Path, **changes: Any) -> tuple[Any, Any]:
    """Export for LLaMA-Factory, read with its loader; give the rows and the tokenizer."""
    sft.export(ds, folder, trainer="llamafactory", from_format=Records())
    given = yaml.safe_load((folder / "train.yaml").read_text(encoding="utf-8"))
    assert "Qwen/" in given["model_name_or_path"]
    given |= {
        "model_name_or_path": str(model),
        "dataset_dir": str(folder),
        "output_dir": str(folder / "out"),
        "bf16": False,
        "use_cpu": True,
        "max_steps": 2,
        "report_to": "none",
        "overwrite_cache": True,
        **changes,
    }
    if "media_dir" in given:
        given["media_dir"] = str(folder)
    model_args, data_args, training_args, finetuning_args, _ = get_train_args(given)
    module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    stage = {"dpo": "rm"}.get(finetuning_args.stage, finetuning_args.stage)
    found = get_dataset(template, model_args, data_args, training_args, stage=stage, **module)
    return found["train_dataset"], module["tokenizer"]


def target(row: Any, words: Any, labels: str = "labels") -> str:
    """What is learnt."""
    return str(words.decode([label for label in row[labels] if label != -100]))


def turn(role: str, words: str) -> str:
    """One turn of ChatML."""
    return f"<|im_start|>{role}\n{words}<|im_end|>\n"


def note(kind: str, rows: Any, ds: Any, shown: str) -> None:
    """Keep a line of the table."""
    assert len(ds) == len(rows)
    told = f"{len(rows):,} of {len(ds):,} rows; {shown}"
    record("llamafactory", version("llamafactory"), kind, told)


def test_chat(tiny: Path, tmp_path: Path) -> None:
    """All turns are seen, the replies of all turns are learnt."""
    ds = KINDS["chat"]
    rows, words = load(ds, tmp_path / "out", tiny)
    expected = (
        turn("system", "你是导游。")
        + turn("user", "How high?")
        + turn("assistant", EMPTY + "28.6 m.")
        + turn("user", "When was it built?")
        + turn("assistant", EMPTY + "In 1441.")
    )
    assert expected == words.decode(rows[1]["input_ids"])
    replies = f"{EMPTY}28.6 m.<|im_end|>\n{EMPTY}In 1441.<|im_end|>\n"
    assert replies == target(rows[1], words)
    note("chat", rows, ds, "all turns seen, every reply learnt, no question")


def test_reasoning(tiny: Path, tmp_path: Path) -> None:
    """Reasoning stands between its tags, once."""
    ds = KINDS["reasoning"]
    rows, words = load(ds, tmp_path / "out", tiny)
    reply = "<think>\n一加一\n等于二\n</think>\n\n2"
    assert turn("user", "1+1?") + turn("assistant", reply) == words.decode(rows[0]["input_ids"])
    assert reply + "<|im_end|>\n" == target(rows[0], words)
    note("reasoning", rows, ds, "between `<think>` tags, once, and learnt")


def test_tools(tiny: Path, tmp_path: Path) -> None:
    """Calls have the keys and types that the row had; words, reasoning and results stay."""
    ds = KINDS["tools"]
    rows, words = load(ds, tmp_path / "out", tiny)
    learnt = target(rows[0], words)
    assert (
        '<tool_call>\n{"name": "price", "arguments": {"place": "望云楼"}}\n</tool_call>' in learnt
    )
    assert '"name": "price", "description": "票价"' in words.decode(rows[0]["input_ids"])
    learnt, text = target(rows[1], words), words.decode(rows[1]["input_ids"])
    assert '{"name": "price", "arguments": {"place": "tower", "day": null}}' in learnt
    assert '{"name": "add", "arguments": {"numbers": [1, 2.5]}}' in learnt
    assert "<think>\ntwo tools\n</think>\n\nI look it up." in learnt
    assert "<tool_response>\n80\n</tool_response>\n<tool_response>\n3.5\n</tool_response>" in text
    assert "# Tools" not in words.decode(rows[2]["input_ids"])
    note("tools", rows, ds, "arguments as they were; words, reasoning and all results kept")


def test_preference(tiny: Path, tmp_path: Path) -> None:
    """The better and the worse reply to one question."""
    ds = KINDS["preference"]
    rows, words = load(ds, tmp_path / "out", tiny)
    assert "In 1441.<|im_end|>\n" in target(rows[1], words, "chosen_labels")
    assert "Long ago.<|im_end|>\n" in target(rows[1], words, "rejected_labels")
    asked = turn("system", "你是导游。") + turn("user", "How high?")
    for side in ("chosen_input_ids", "rejected_input_ids"):
        assert words.decode(rows[1][side]).startswith(asked)
    note("preference", rows, ds, "better and worse reply under one prompt, as they were")


def test_kto(tiny: Path, tmp_path: Path) -> None:
    """Labels are those of the rows, and none is turned around."""
    ds = KINDS["kto"]
    rows, words = load(ds, tmp_path / "out", tiny)
    assert list(ds["desirable"]) == list(rows["kto_tags"])
    assert "80 元／人。<|im_end|>\n" in target(rows[0], words)
    note("kto", rows, ds, "labels true and false as they were, none turned around")


def test_text(tiny: Path, tmp_path: Path) -> None:
    """Bare text, with the end token."""
    ds = KINDS["text"]
    rows, words = load(ds, tmp_path / "out", tiny, packing=False)
    assert ds[1]["text"] + words.eos_token == words.decode(rows[1]["input_ids"])
    note("text", rows, ds, "text and end token, all learnt")


def test_a_mixed_file_would_have_stopped_it(tiny: Path, tmp_path: Path) -> None:
    """1,100 rows without images before one with them: its converter takes all of them."""
    from llamafactory.data.loader import _get_merged_dataset

    ds, folder = KINDS["late images"], tmp_path / "out"
    sft.export(ds, folder, trainer="llamafactory", from_format=Records())
    given = yaml.safe_load((folder / "train.yaml").read_text(encoding="utf-8"))
    given |= {
        "model_name_or_path": str(tiny),
        "dataset_dir": str(folder),
        "media_dir": str(folder),
        "output_dir": str(folder / "out"),
        "bf16": False,
        "use_cpu": True,
        "preprocessing_num_workers": 2,
    }
    model_args, data_args, training_args, _, _ = get_train_args(given)
    rows = _get_merged_dataset(data_args.dataset, model_args, data_args, training_args, "sft")
    assert len(ds) == len(rows)
    shown = [row for row in rows if row["_images"]]
    assert len(shown) == 1
    assert Path(shown[0]["_images"][0]).is_file()
    assert shown[0]["_prompt"][0]["content"] == "<image>What colour?"
    note("1,100 rows, then one with an image", rows, ds, "aligned by its converter, image found")
