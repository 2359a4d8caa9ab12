"""`semantic`: a chunk ends where the meaning of the sentences changes most.

What is compared are the two sentences before a place with the two after it: it counts where
their distance is among the largest twentieth of the document. What is longer than
`max_size` even so is cut between sentences. Needs an endpoint of embeddings (`embedding_model=`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from hf_sft_builders.documents.base import Document
from hf_sft_builders.documents.breakpoints import Outline, Rank
from hf_sft_builders.documents.splitters.base import Plan
from hf_sft_builders.documents.splitters.paragraph import units
from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    from hf_sft_builders.documents.chunk_options import Chunking

name = "semantic"

_SHARE = 0.05
"""Of the places between sentences, those that count as changes of subject."""


def check(chunking: Chunking) -> None:
    """A model has to be named."""
    if not chunking.embedding_model:
        raise ConfigurationError(
            "Chunking: splitter='semantic' compares sentences by their embeddings, and no model is "
            "named. Pass embedding_model='bge-m3' and, for a server of your own, "
            "embedding_url='http://localhost:8000/v1'."
        )


def plan(document: Document, chunking: Chunking) -> Plan:
    """Say where the subject changes; where sections begin it does by definition."""
    from hf_sft_builders.llm.embeddings import embed

    assert chunking.embedding_model is not None
    text, places = document.text, units(document, Rank.BLANK_LINE, Rank.SENTENCE)
    bounds = [0, *(at for at in places if at), len(text)]
    spans = [(a, b) for a, b in pairwise(bounds) if text[a:b].strip()]
    if len(spans) < 2:
        return Plan()
    pairs = [
        (spans[max(0, i - 1)][0], spans[min(i, len(spans) - 1)][1]) for i in range(len(spans) + 1)
    ]
    sides = [text[start:end] for start, end in pairs]
    vectors = embed(sides, chunking.embedding_model, chunking.embedding_url)
    distances = [
        _distance(vectors[i], vectors[min(i + 2, len(spans))]) for i in range(len(spans) - 1)
    ]
    changes = {
        start
        for (start, _), distance in zip(spans[1:], distances, strict=True)
        if distance >= _threshold(distances)
    }
    sections = set(Outline(document).joints)
    return Plan(sorted(changes | sections), inner=[start for start, _ in spans[1:]])


def _threshold(distances: Sequence[float]) -> float:
    ranked = sorted(distances, reverse=True)
    return ranked[max(0, math.ceil(_SHARE * len(ranked)) - 1)]


def _distance(a: Sequence[float], b: Sequence[float]) -> float:
    """Give the cosine distance, 0 for vectors that point nowhere."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    length = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return 1 - product / length if length else 0.0
