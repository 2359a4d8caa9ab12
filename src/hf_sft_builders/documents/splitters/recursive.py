"""`recursive`: chunks as full as can be, cut at the best kind of place that is near their end.

Blank lines, then lines, sentences, clauses, spaces, characters; headings begin no chunk by
themselves, but stay with their words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.splitters.base import Plan

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "recursive"


def check(chunking: Chunking) -> None:
    """Every chunking will do."""


def plan(document: Document, chunking: Chunking) -> Plan:
    """Name no places: the walker's ranks are all there is."""
    return Plan()
