"""`pages`: one page, one chunk; a document without pages is one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import starts_grapheme
from hf_sft_builders.documents.splitters.base import Plan

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "pages"


def check(chunking: Chunking) -> None:
    """Every chunking will do."""


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where pages begin."""
    starts = sorted(set(document.page_starts))
    return Plan([at for at in starts if starts_grapheme(document.text, at)], joins_short=False)
