"""TRL itself trains two steps on each export, by the program that the export wrote.

Run by `make acceptance`, in an environment with TRL. What the model sees, and what it learns, are
read back from the trainer's own batches and compared with texts written here by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tiny_model
import trl
from records import KINDS, Records
from results import record

import hf_sft_builders as sft

TEMPLATE = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: Any) -> Path:
    """A tiny Qwen3."""
    return tiny_model.model(tmp_path_factory.mktemp("model"), TEMPLATE)


def train(ds: Any, folder: Path, model: Path) -> Any:
    """Export for TRL, run the program that was written for two steps, give its trainer."""
    sft.export(ds, folder, trainer="trl", from_format=Records())
    code = (folder / "train.py").read_text(encoding="utf-8")
    code, changed = re.subn(r'MODEL = "Qwen/[^"]+"', f"MODEL = {str(model)!r}", code)
    assert changed == 1
    quick = (
        f"output_dir={str(folder / 'out')!r}, max_steps=2, report_to='none', bf16=False, "
        "use_cpu=True, per_device_train_batch_size=2, save_strategy='no', disable_tqdm=True"
    )
    assert 'output_dir="out"' in code
    names = {"__file__": str(folder / "train.py"), "__name__": "__main__"}
    exec(compile(code.replace('output_dir="out"', quick), "train.py", "exec"), names)
    trainer = names["trainer"]
    assert trainer.state.global_step == 2
    return trainer


def seen(trainer: Any, index: int) -> tuple[str, str]:
    """What the model sees of a row, and what of it is learnt."""
    batch = trainer.data_collator([trainer.train_dataset[index]])
    ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
    words = trainer.processing_class
    return words.decode(ids), words.decode([label for label in labels if label != -100])


def note(kind: str, ds: Any, shown: str) -> None:
    """Keep a line of the table."""
    record("trl", trl.__version__, kind, f"{len(ds)} of {len(ds)} rows, 2 steps; {shown}")


EMPTY = "<think>\n\n</think>\n\n"


def turn(role: str, words: str) -> str:
    """One turn of ChatML."""
    return f"<|im_start|>{role}\n{words}<|im_end|>\n"


def test_chat(tiny: Path, tmp_path: Path) -> None:
    """All turns are seen, the replies of all turns are learnt."""
    ds = KINDS["chat"]
    trainer = train(ds, tmp_path / "out", tiny)
    assert len(ds) == len(trainer.train_dataset)
    text, target = seen(trainer, 1)
    assert (
        turn("system", "你是导游。")
        + turn("user", "How high?")
        + turn("assistant", EMPTY + "28.6 m.")
        + turn("user", "When was it built?")
        + turn("assistant", EMPTY + "In 1441.")
    ) == text
    assert f"{EMPTY}28.6 m.<|im_end|>" in target
    assert f"{EMPTY}In 1441.<|im_end|>" in target
    assert "How high" not in target
    note("chat", ds, "all turns seen, every reply learnt, no question")


def test_reasoning(tiny: Path, tmp_path: Path) -> None:
    """Reasoning stands between its tags, once."""
    ds = KINDS["reasoning"]
    trainer = train(ds, tmp_path / "out", tiny)
    text, target = seen(trainer, 0)
    reply = "<think>\n一加一\n等于二\n</think>\n\n2"
    assert turn("user", "1+1?") + turn("assistant", reply) == text
    assert reply + "<|im_end|>" == target.rstrip("\n")
    note("reasoning", ds, "between `<think>` tags, once, and learnt")


def test_tools(tiny: Path, tmp_path: Path) -> None:
    """Calls have the keys and types that the row had, and no others."""
    ds = KINDS["tools"]
    trainer = train(ds, tmp_path / "out", tiny)
    assert len(ds) == len(trainer.train_dataset)
    first, target = seen(trainer, 0)
    assert (
        '<tool_call>\n{"name": "price", "arguments": {"place": "望云楼"}}\n</tool_call>' in target
    )
    assert '"name": "price", "description": "票价"' in first
    second, target = seen(trainer, 1)
    assert '"arguments": {"place": "tower", "day": null}}' in target
    assert '"arguments": {"numbers": [1, 2.5]}}' in target
    assert "two tools" in target
    assert "I look it up." in target
    assert "<tool_response>\n80\n</tool_response>\n<tool_response>\n3.5\n</tool_response>" in second
    third, _ = seen(trainer, 2)
    assert "# Tools" not in third
    note("tools", ds, "arguments with exactly their own keys and types; no null from other rows")


def test_preference(tiny: Path, tmp_path: Path) -> None:
    """Prompt, the better and the worse reply."""
    ds = KINDS["preference"]
    trainer = train(ds, tmp_path / "out", tiny)
    assert len(ds) == len(trainer.train_dataset)
    row, words = trainer.train_dataset[0], trainer.processing_class
    sides = [words.decode(row[name]) for name in ("prompt_ids", "chosen_ids", "rejected_ids")]
    assert turn("user", "门票多少钱？") in sides[0]
    assert "80 元／人。<|im_end|>" in sides[1]
    assert "不知道。<|im_end|>" in sides[2]
    note("preference", ds, "prompt, better and worse reply as they were")


def test_kto(tiny: Path, tmp_path: Path) -> None:
    """Labels are those of the rows."""
    ds = KINDS["kto"]
    trainer = train(ds, tmp_path / "out", tiny)
    assert ds["desirable"] == list(trainer.train_dataset["label"])
    note("kto", ds, "labels true and false as they were")


def test_text(tiny: Path, tmp_path: Path) -> None:
    """Bare text, with the end token."""
    ds = KINDS["text"]
    trainer = train(ds, tmp_path / "out", tiny)
    text, target = seen(trainer, 1)
    assert "The tower is 28.6 m high.<|im_end|>" == text == target
    note("text", ds, "text and end token, all learnt")


def test_images(tmp_path: Path) -> None:
    """Each image stands where its tag stood, and the model sees as many as the row has."""
    ds, folder = KINDS["images"], tmp_path / "out"
    model = tiny_model.seeing_model(tmp_path / "model")
    trainer = train(ds, folder, model)
    words = trainer.processing_class.tokenizer
    image = words.convert_tokens_to_ids("<image>")
    patches = 16  # 56 × 56 pixels in squares of 14
    for index, count in ((0, 1), (1, 2)):
        batch = trainer.data_collator([trainer.train_dataset[index]])
        ids = batch["input_ids"][0].tolist()
        assert count == len(batch["pixel_values"])
        assert count * patches == ids.count(image)
        if count == 2:
            text = words.decode([each for each in ids if each != image])
            assert turn("user", "Compare  with .") + turn("assistant", "一样。") == text
            first, last = ids.index(image), len(ids) - ids[::-1].index(image)
            between = words.decode([each for each in ids[first:last] if each != image])
            assert between == " with "
    note("images", ds, "each picture where its tag stood, as many as the row has")
