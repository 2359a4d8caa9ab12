"""`load_dataset("hf_sft_builders/reasoning", data_dir="docs", model=…)`: questions and how to think.

Reads documents, and files of questions and answers (JSON, CSV, Parquet in any known format), whose
answers stay as they are. The same, by hand,
with `format="messages_reasoning"`:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.generate_reasoning(model), batched=True)

One call per chunk or row; `extractive`: cannot, and says so. What one place of a text
answers needs no reasoning; it is dropped and counted as such. One row:
    {"instruction": "三个成人登塔要多少钱？", "input": "",
     "chain_of_thought": ["登塔每人 80 元。", "三人 80×3=240 元。"], "output": "240 元。",
     "id": "3f2a90c1b7de:0-480:generate_reasoning:0", "provenance": [source, chunk, generate_reasoning]}

`format="messages_think"` and its like put the steps between `<think>` tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import AskingConfig, asking_fields, made_by, share_of
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import (
    format_features,
    format_table,
    in_language,
    same_question,
    without_doubles,
)
from hf_sft_builders.builders.row_files import (
    ROW_SUFFIXES,
    reasoned_questions_in,
    rows_or_chunks,
)
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.generate_reasoning import GenerateReasoning


@dataclass
class ReasoningConfig(AskingConfig):
    """Options of the builder `reasoning`."""

    format: str = "reasoning"
    chars_per_question: int = 600
    """A passage is asked for at most one question per so many characters."""
    thinking: str = "written"
    """`written` into the reply, `native` (what the model thought before it), or `auto`."""
    otherwise: str = "drop"
    """What becomes of questions that need no reasoning: `drop`, or `keep` without."""

    def smallest_record(self) -> dict[str, Any]:
        """A question, reasoning, an answer."""
        asked = {"role": "user", "content": "?"}
        return {"messages": [asked, {"role": "assistant", "content": "!", "reasoning": "…"}]}


class ReasoningBuilder(SFTBuilder):
    """Questions with the reasoning to their answers."""

    BUILDER_CONFIG_CLASS = ReasoningConfig
    ROW_SUFFIXES = ROW_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format."""
        return format_features(self.config.format)

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Chunks of documents, and rows of files of conversations."""
        self.op()  # without a language model this stops before a file is read
        rows = rows_or_chunks(self.reading(), files, ledger, reasoned_questions_in)
        return in_language(rows, self.config.language)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask about each chunk or row; the same question about the same source is kept once."""
        return without_doubles(self.op().outcomes(chunks), same_question, "duplicate question")

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations with reasoning, turned into the format."""
        return format_table(self.config.format, rows)

    def made_with(self) -> dict[str, Any]:
        """The model and the prompts."""
        return made_by(self, self.op().prompt_hashes())

    def op(self) -> GenerateReasoning:
        """Give the op that makes the rows, as `.map()` would have it."""
        config = self.config
        return GenerateReasoning(
            thinking=config.thinking,
            otherwise=config.otherwise,
            chars_per_question=config.chars_per_question,
            share=share_of(self),
            **asking_fields(self),
        )
