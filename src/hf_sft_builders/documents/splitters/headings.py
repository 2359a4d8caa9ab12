"""`headings`: a chunk is a section; short ones are joined, long ones cut at the best place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Outline
from hf_sft_builders.documents.splitters.base import Plan

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "headings"


def check(chunking: Chunking) -> None:
    """Every chunking will do."""


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where sections with words of their own begin."""
    return Plan(Outline(document).joints, keeps_units=False)
