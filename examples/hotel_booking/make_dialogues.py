"""Make the hotel dialogues: offline by templates, or with a model; split 8:1:1; the shares told.

    python examples/hotel_booking/make_dialogues.py --output hotel-dialogues
    python examples/hotel_booking/make_dialogues.py --language en --output hotel-dialogues-en
    python examples/hotel_booking/make_dialogues.py --model qwen3-32b --base-url http://localhost:8000/v1

Writes train.jsonl, validation.jsonl and test.jsonl in the format `sharegpt` (or `--format`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict, load_dataset

import hf_sft_builders as sft

HERE = Path(__file__).parent
MIX = {
    "name": 0.20,
    "ceiling": 0.15,
    "floor": 0.05,
    "range": 0.10,
    "rating": 0.10,
    "words": 0.10,
    "combination": 0.25,
    "no_hit": 0.05,
}
"""Kinds of query, and the share of each."""
EXTRA_TURNS, CLOSINGS, REWRITES = 0.30, 0.40, 0.15
PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SEED = 7
SUFFIX = {"zh": "", "en": "_en"}
"""Of the files of a language: `hotels.csv` and `tool.json`, `hotels_en.csv` and `tool_en.json`."""


def dialogues(number: int = 2000, language: str = "zh", **options: Any) -> Dataset:
    """Make the dialogues.

    Args:
        number: How many.
        language: `zh` or `en`.
        **options: Of the builder: `model`, `base_url`, `format`, `seed`, ….
    """
    chosen = {"seed": SEED, "split": "train", **options}
    return load_dataset(
        "hf_sft_builders/tool_dialogue",
        data_files=str(HERE / f"hotels{SUFFIX[language]}.csv"),
        tool=str(HERE / f"tool{SUFFIX[language]}.json"),
        dialogues=number,
        mix=MIX,
        extra_turns=EXTRA_TURNS,
        closings=CLOSINGS,
        rewrites=REWRITES,
        license="cc0-1.0",
        **chosen,
    )


def parts(rows: Dataset, seed: int = SEED) -> DatasetDict:
    """Split by dialogue: a dialogue is a row, and goes to one side whole."""
    return sft.split(rows, by="hash", fractions=PARTS, seed=seed)


def shares(rows: Dataset) -> dict[str, tuple[float, float]]:
    """Give what was asked for and what came, by name."""
    ops = [[step["step"] for step in steps] for steps in rows["provenance"]]
    told = Counter(rows["query"])
    told.update(name for steps in ops for name in set(steps))
    wanted = {**MIX, "add_turns": EXTRA_TURNS, "close_dialogue": CLOSINGS}
    wanted["rewrite_with_slots"] = REWRITES
    return {name: (share, told[name] / len(rows)) for name, share in wanted.items()}


def main() -> None:
    """Make, split, write, and tell the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dialogues", type=int, default=2000)
    parser.add_argument("--language", choices=tuple(SUFFIX), default="zh")
    parser.add_argument("--model", default="extractive")
    parser.add_argument("--base-url")
    parser.add_argument("--format", default="sharegpt")
    parser.add_argument("--output", type=Path, default=Path("hotel-dialogues"))
    given = parser.parse_args()
    endpoint = {"base_url": given.base_url} if given.base_url else {}
    chosen = {"model": given.model, "format": given.format, **endpoint}
    rows = dialogues(given.dialogues, given.language, **chosen)
    print(sft.last_run().summary())
    for name, (wanted, came) in shares(rows).items():
        print(f"{name:20} asked {wanted:6.1%}  delivered {came:6.1%}")
    given.output.mkdir(parents=True, exist_ok=True)
    for name, part in parts(rows).items():
        part.remove_columns(["provenance"]).to_json(
            str(given.output / f"{name}.jsonl"), force_ascii=False
        )
        print(f"{name:20} asked {PARTS[name]:6.1%}  delivered {len(part) / len(rows):6.1%}")


if __name__ == "__main__":
    main()
