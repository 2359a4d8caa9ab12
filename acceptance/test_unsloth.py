"""Unsloth itself trains two steps on each export, on the CPU, by the program that the export wrote.

Run by `make acceptance`. Only the model, four-bit weights (which need a GPU) and the number of steps
are changed in the program. What the model sees, and what it learns, is read from the trainer's batches.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

os.environ.update(UNSLOTH_COMPILE_DISABLE="1", UNSLOTH_DISABLE_STATISTICS="1")

import unsloth  # noqa: I001  # before trl and transformers, which it patches
import pytest
import tiny_model
import trl
from records import KINDS, Records
from results import record

import hf_sft_builders as sft

EMPTY = "<think>\n\n</think>\n\n"
TEMPLATE = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: Any) -> Path:
    """A tiny Qwen3."""
    return tiny_model.model(tmp_path_factory.mktemp("model"), TEMPLATE)


def train(ds: Any, folder: Path, model: Path) -> Any:
    """Export for Unsloth, run the program that was written for two steps, give its trainer."""
    sft.export(ds, folder, trainer="unsloth", from_format=Records())
    code = (folder / "train.py").read_text(encoding="utf-8")
    quick = (
        f"output_dir={str(folder / 'out')!r}, max_steps=2, report_to='none', "
        "per_device_train_batch_size=2, save_strategy='no', disable_tqdm=True"
    )
    for written, wanted in (
        (r'MODEL = "unsloth/[^"]+"', f"MODEL = {str(model)!r}"),
        ("load_in_4bit=True", "load_in_4bit=False"),
        ('output_dir="out"', quick),
    ):
        code, changed = re.subn(written, wanted, code)
        assert changed == 1
    names = {"__file__": str(folder / "train.py"), "__name__": "__main__"}
    exec(compile(code, "train.py", "exec"), names)
    trainer = names["trainer"]
    assert trainer.state.global_step == 2
    assert len(ds) == len(trainer.train_dataset)
    return trainer


def seen(trainer: Any, index: int) -> tuple[str, str]:
    """What the model sees of a row, and what of it is learnt."""
    batch = trainer.data_collator([trainer.train_dataset[index]])
    ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
    words = trainer.processing_class
    return words.decode(ids), words.decode([label for label in labels if label != -100])


def note(kind: str, ds: Any, shown: str) -> None:
    """Keep a line of the table."""
    rows = f"{len(ds)} of {len(ds)} rows, 2 steps"
    record("unsloth", unsloth.__version__, kind, f"{rows}; {shown}")


def test_chat(tiny: Path, tmp_path: Path) -> None:
    """All turns are seen, the replies of all turns are learnt."""
    ds = KINDS["chat"]
    text, target = seen(train(ds, tmp_path / "out", tiny), 1)
    said = [
        *(("system", "你是导游。"), ("user", "How high?"), ("assistant", "28.6 m.")),
        *(("user", "When was it built?"), ("assistant", f"{EMPTY}In 1441.")),
    ]
    turns = "\n".join(f"<|im_start|>{role}\n{words}<|im_end|>" for role, words in said)
    assert turns == text
    assert f"28.6 m.<|im_end|>{EMPTY}In 1441.<|im_end|>" == target.replace("\n<think>", "<think>")
    note("chat", ds, "all turns seen, every reply learnt, no question")


def test_reasoning(tiny: Path, tmp_path: Path) -> None:
    """Reasoning stands between its tags, once."""
    ds = KINDS["reasoning"]
    text, target = seen(train(ds, tmp_path / "out", tiny), 0)
    reply = "<think>\n一加一\n等于二\n</think>\n\n2<|im_end|>"
    assert text.count(reply) == 1
    assert reply in target
    assert "1+1?" not in target
    note("reasoning", ds, "between `<think>` tags, once, and learnt")


def test_tools(tiny: Path, tmp_path: Path) -> None:
    """Calls have the keys and types that the row had, and no others."""
    ds = KINDS["tools"]
    trainer = train(ds, tmp_path / "out", tiny)
    first, target = seen(trainer, 0)
    assert '{"name": "price", "arguments": {"place": "望云楼"}}\n</tool_call>' in target
    assert '"name": "price", "description": "票价"' in first
    second, target = seen(trainer, 1)
    assert '"arguments": {"place": "tower", "day": null}}' in target
    assert '"arguments": {"numbers": [1, 2.5]}}' in target
    assert "<tool_response>\n80\n</tool_response>" in second
    assert "# Tools" not in seen(trainer, 2)[0]
    note("tools", ds, "arguments with exactly their own keys and types; no null from other rows")


def test_text(tiny: Path, tmp_path: Path) -> None:
    """Plain text is learnt whole, with one end token."""
    ds = KINDS["text"]
    trainer = train(ds, tmp_path / "out", tiny)
    text, target = seen(trainer, 0)
    assert ds[0]["text"] + "<|im_end|>" == text == target
    note("text", ds, "text and one end token, all learnt")


def test_preference(tiny: Path, tmp_path: Path) -> None:
    """Prompt, better and worse reply are as they were, each with one end token."""
    ds = KINDS["preference"]
    trainer = train(ds, tmp_path / "out", tiny)
    row, words = trainer.train_dataset[0], trainer.processing_class
    sides = [words.decode(row[name]) for name in ("prompt_ids", "chosen_ids", "rejected_ids")]
    assert [
        "<|im_start|>user\n门票多少钱？<|im_end|>\n<|im_start|>assistant\n",
        f"{EMPTY}80 元／人。<|im_end|>",
        f"{EMPTY}不知道。<|im_end|>",
    ] == sides
    note("preference", ds, "prompt, better and worse reply as they were, one end token each")


def test_kto(tiny: Path, tmp_path: Path) -> None:
    """Labels are those of the rows, and replies have one end token."""
    ds = KINDS["kto"]
    trainer = train(ds, tmp_path / "out", tiny)
    assert ds["desirable"] == list(trainer.train_dataset["label"])
    words = trainer.processing_class
    assert f"{EMPTY}80 元／人。<|im_end|>" == words.decode(
        trainer.train_dataset[0]["completion_ids"]
    )
    note("kto", ds, "labels true and false as they were")
