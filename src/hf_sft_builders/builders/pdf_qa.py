"""`load_dataset("hf_sft_builders/pdf_qa", data_dir="docs")`: questions and answers from documents.

Reads PDFs, and Markdown and text files beside them. One row in the default format:
    {"messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                  {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0", "provenance": [source, chunk, generate_qa]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import asked_by, limits_of, made_by
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import (
    format_features,
    format_table,
    same_question,
    without_doubles,
)
from hf_sft_builders.builders.options import ConversationConfig
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.synthesis.generate_qa import GenerateQA
from hf_sft_builders.synthesis.prompts import Prompts


class PdfQa(SFTBuilder):
    """Questions and answers about documents."""

    BUILDER_CONFIG_CLASS = ConversationConfig

    def row_features(self) -> datasets.Features:
        """The columns of the format, and `domain` where there is a tree."""
        return format_features(self.config.format, **dict.fromkeys(self._beside(), "string"))

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask about each chunk; the same question about the same document is kept once."""
        return without_doubles(self.op().outcomes(chunks), same_question, "duplicate question")

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations, turned into the format."""
        return format_table(self.config.format, rows, *self._beside())

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts where there are any."""
        choice = ("domain_choice",) if self._beside() else ()
        return made_by(self, Prompts().hashes("generate_qa", *choice))

    def op(self) -> GenerateQA:
        """Give the op that makes the rows, as `.map()` would have it."""
        config = self.config
        return GenerateQA(
            asked=asked_by(self),
            language=config.language,
            chars_per_question=config.chars_per_question,
            domains=config.domain_tree,
            runtime=limits_of(self),
        )

    def _beside(self) -> tuple[str, ...]:
        return () if self.config.domain_tree is None else ("domain",)
