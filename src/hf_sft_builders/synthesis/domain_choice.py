"""One label out of a closed set: as the shape of a reply, in words of a prompt, and by rule."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, create_model

from hf_sft_builders.synthesis.domain_tree import OTHER, SEPARATOR, DomainTree

_ENOUGH = 1.0
_WORDS = re.compile(r"[a-z0-9]{2,}|[\u3400-\u9fff]")
_EMPTY_WORDS = frozenset(
    [
        "the",
        "of",
        "and",
        "to",
        "in",
        "on",
        "for",
        "with",
        "a",
        "an",
        "is",
        "are",
        "at",
        "by",
        "or",
        "how",
        "what",
        "的",
        "与",
        "和",
        "及",
        "之",
        "在",
        "了",
    ]
)


@lru_cache(maxsize=32)
def choice_type(paths: tuple[str, ...]) -> Any:
    """Give the type whose only values are these paths, and `other`."""
    return literal_of((*paths, OTHER))


def literal_of(values: tuple[Any, ...]) -> Any:
    """Give the type whose only values are these."""
    return Literal[values]


@lru_cache(maxsize=32)
def choice_shape(paths: tuple[str, ...]) -> type[BaseModel]:
    """Give the shape of a reply that is one of these paths."""
    return create_model("DomainChoice", domain=(choice_type(paths), ...))


def listed(tree: DomainTree) -> str:
    """Give the paths as a prompt shows them, one on a line."""
    return "\n".join(f"- {path}" for path in (*tree.paths, OTHER))


def best_path(tree: DomainTree, title: str, headings: Sequence[str], text: str) -> str:
    """Choose by words: what headings name counts most, above all the nearest, then what the text says.

    Returns:
        A path of the tree; empty where nothing fits well enough.
    """
    near, body = " ".join([title, *headings]).casefold(), text.casefold()
    nearest = headings[-1].casefold() if headings else ""
    scores: dict[tuple[str, ...], float] = {}
    for path, _ in tree.walk():
        label = path[-1].casefold()
        own = _score(label, near, body) + 1.0 * (label in nearest)
        scores[path] = (
            own + 0.5 * scores.get(path[:-1], 0.0) if own >= _ENOUGH or len(path) == 1 else 0.0
        )
    best = max(scores, key=lambda path: (scores[path], len(path)), default=())
    return SEPARATOR.join(best) if best and scores[best] >= _ENOUGH else ""


def _score(label: str, near: str, body: str) -> float:
    """Tell how much the words speak of a label: whole, or in parts."""
    whole = 4.0 * (label in near) + min(3, body.count(label))
    parts = [word for word in _WORDS.findall(label) if word not in _EMPTY_WORDS]
    if whole or len(parts) < 2:
        return whole
    pairs = [a + b if len(a + b) == 2 else a for a, b in itertools.pairwise(parts)]
    hits = sum((pair in near) * 2 + (pair in body) for pair in pairs)
    return hits / len(pairs)
