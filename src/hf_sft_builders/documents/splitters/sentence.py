"""`sentence`: whole sentences, Chinese and English; with `min_size=0` each is a chunk.

The full stop of `36.5`, `e.g.`, `Dr.`, `1. First` and `example.com` ends nothing, and a closing
quotation mark belongs to the sentence before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Rank
from hf_sft_builders.documents.splitters.base import Plan
from hf_sft_builders.documents.splitters.paragraph import units

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "sentence"


def check(chunking: Chunking) -> None:
    """Every chunking will do."""


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where sentences begin; a paragraph's end is a sentence's end too."""
    return Plan(units(document, Rank.BLANK_LINE, Rank.SENTENCE))
