"""`load_dataset("hf_sft_builders/pdf_qa", data_dir="docs")`: questions and answers from documents.

Reads documents of any kind, and asks what `sft.generate_qa` asks: its kinds of questions, difficulty,
audiences, fixed questions and prompts are options here, too. The same, by hand:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.generate_qa(), batched=True)

What a document is asked twice is kept once. One call per chunk; `extractive`: works, none. One row:
    {"messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                  {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0", "provenance": [source, chunk, generate_qa]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import made_by
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import (
    format_features,
    format_table,
    same_question,
    without_doubles,
)
from hf_sft_builders.builders.question_asking import QuestionConfig, marks_of, questions_of
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.synthesis.generate_qa import GenerateQA


class PdfQa(SFTBuilder):
    """Questions and answers about documents."""

    BUILDER_CONFIG_CLASS = QuestionConfig

    def row_features(self) -> datasets.Features:
        """The columns of the format, and one for each mark that is wished for."""
        return format_features(self.config.format, **marks_of(self))

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask about each chunk; the same question about the same document is kept once."""
        return without_doubles(self.op().outcomes(chunks), same_question, "duplicate question")

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations, turned into the format."""
        return format_table(self.config.format, rows, *marks_of(self))

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts where there are any."""
        return made_by(self, self.op().prompt_hashes())

    def op(self) -> GenerateQA:
        """Give the op that makes the rows, as `.map()` would have it."""
        return questions_of(self)
