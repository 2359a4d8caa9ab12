"""`paragraph`: whole paragraphs, a heading together with the first below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Outline, Rank, breaks
from hf_sft_builders.documents.splitters.base import Plan, outside_blocks

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "paragraph"


def check(chunking: Chunking) -> None:
    """Every chunking will do."""


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where paragraphs begin: after blank lines."""
    return Plan(units(document, Rank.BLANK_LINE))


def units(document: Document, *ranks: Rank) -> list[int]:
    """Give the places of these ranks, but for those that would part a heading from its words."""
    text, outline = document.text, Outline(document)
    found = {place for rank in ranks for place in breaks(text, rank, 0, len(text))}
    sections = set(outline.joints)
    whole = [at for at in found | sections if at in sections or not outline.orphans_heading(at)]
    return outside_blocks(document, sorted(whole))
