"""Score a model's predictions: slot precision, recall and F1 of calls, BLEU-4 of replies.

    python examples/hotel_booking/evaluate.py predictions.jsonl hotel-dialogues/test.jsonl

Both files hold one conversation per line, in the same order and format; in the predictions each
assistant turn is the model's, given the reference up to there.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import hf_sft_builders as sft


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Read the rows of a file of JSON Lines."""
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream if line.strip()]


def main() -> None:
    """Print the scores, those of each slot below."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("predictions", type=Path)
    parser.add_argument("references", type=Path)
    given = parser.parse_args()
    scores = sft.score_slots(rows_of(given.predictions), rows_of(given.references))
    print(scores)
    for name, (precision, recall, f1) in scores.by_slot.items():
        print(f"  {name:20} precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}")


if __name__ == "__main__":
    main()
