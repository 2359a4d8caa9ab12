"""What a splitter is: it says where chunks would best begin, and nothing else.

`chunking.py` walks through the document by that plan and keeps what every splitter promises: no
character is lost, none repeated but the declared overlap, no chunk longer than `max_size`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Rank, starts_grapheme

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

RANKS = tuple(rank for rank in Rank if rank is not Rank.GRAPHEME)
"""Kinds of places, the best first; a grapheme's boundary is what is left where there is none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the chunks of one document would best begin."""

    joints: Sequence[int] = ()
    """Where a unit (section, paragraph, sentence, page, …) begins; sorted."""
    joins_short: bool = True
    """Whether units shorter than `min_size` are put together."""
    keeps_units: bool = True
    """Whether a chunk shorter than `min_size` is better than a unit that is torn."""
    inner: Sequence[int] = ()
    """Good places inside a unit that is too long, before any rank; sorted."""
    ranks: tuple[Rank, ...] = RANKS
    """Kinds of places where a unit that is too long is cut; empty: as full as can be."""


class Splitter(Protocol):
    """Finds the places of one kind; a module or object with these members."""

    name: str

    def check(self, chunking: Chunking) -> None:
        """Raise `ConfigurationError` for options that it cannot work with."""
        ...

    def plan(self, document: Document, chunking: Chunking) -> Plan:
        """Say where the chunks of the document would best begin."""
        ...


def outside_blocks(document: Document, joints: Sequence[int]) -> list[int]:
    """Leave out the places inside a table or fence, and those inside a visible character."""
    blocks = sorted(document.blocks, key=lambda block: block.start)
    kept, index = [], 0
    for joint in joints:
        while index < len(blocks) and blocks[index].end <= joint:
            index += 1
        inside = index < len(blocks) and blocks[index].start < joint
        if not inside and starts_grapheme(document.text, joint):
            kept.append(joint)
    return kept
