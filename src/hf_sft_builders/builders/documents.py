"""`load_dataset("hf_sft_builders/documents", data_dir="docs")`: one row per chunk of each document.

Ops chain on it: `ds.map(sft.generate_qa(), batched=True)`. The same, by hand,
but for what a row tells of its source:

    read = sft.read_document(Path("docs/guide.md").read_bytes(), uri="docs/guide.md")
    rows = Dataset.from_list([{"text": chunk.text, "start": chunk.start, "end": chunk.end}
                              for chunk in sft.split_document(read, sft.Chunking())])

It asks no model (`extractive`: works, as with any). One row: see `builders/reading.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import datasets

from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import ReadingConfig
from hf_sft_builders.builders.reading import chunk_features
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.synthesis.label_domains import LabelDomains


class Documents(SFTBuilder):
    """Documents, read and cut into chunks."""

    BUILDER_CONFIG_CLASS = ReadingConfig

    def row_features(self) -> datasets.Features:
        """Text, where it stands, and what it is about."""
        return chunk_features()

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Each chunk is a row, with its domain where there is a tree."""
        if self.config.domain_tree is not None:
            return LabelDomains(self.config.domain_tree).outcomes(chunks)
        return super().outcomes(chunks)
