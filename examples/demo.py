"""The main job on the sample documents: from PDFs to a folder that `load_dataset` reads.

Run it with `make demo`, or `python examples/demo.py [output folder]`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_UPDATE_DOWNLOAD_COUNTS", "0")

from datasets import Dataset, load_dataset

import hf_sft_builders as sft

DOCUMENTS = Path(__file__).parent / "docs"


def main() -> None:
    """Build, show, publish, read back."""
    output = sys.argv[1] if len(sys.argv) > 1 else "demo-output"
    ds = load_dataset("hf_sft_builders/pdf_qa", data_dir=str(DOCUMENTS), split="train")
    print(f"\n{sft.last_run().summary()}\n")
    for row in a_few(ds):
        show(row)
    folder = sft.publish(ds, output, title="Demo: questions about the sample documents")
    again = load_dataset(str(folder), split="train")
    print(f"Written to {output}/ ({', '.join(sorted(p.name for p in folder.iterdir()))}).")
    print(f'Read back with load_dataset("{output}"): {len(again)} rows, {again.column_names}.\n')
    print("The same with a language model, on any OpenAI-compatible endpoint:")
    print(
        '  load_dataset("hf_sft_builders/pdf_qa", data_dir="examples/docs", '
        'model="qwen3-32b", base_url="http://localhost:8000/v1")'
    )


def a_few(ds: Dataset) -> list[dict[str, Any]]:
    """Pick rows from all over the documents."""
    step = max(1, len(ds) // 8)
    return [ds[index] for index in range(step // 2, len(ds), step)]


def show(row: dict[str, Any]) -> None:
    """Print one row as a person would want to read it."""
    question, answer = (message["content"] for message in row["messages"])
    source, made = row["provenance"][0], row["provenance"][-1]
    pages = ", ".join(map(str, made["pages"] or [])) or "–"
    print(f"Q  {question}")
    print("A  " + answer.replace("\n", "\n   "))
    print(f"   {Path(source['uri']).name}, page {pages}\n")


if __name__ == "__main__":
    main()
