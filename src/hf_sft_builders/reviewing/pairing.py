"""Pairs of answers to one question: those that stand in one row, and rows that ask the same.

Which of the two is shown as a is drawn from the pair and the reviewer, so that nobody learns that the
left one is the better, and two people see different sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_sft_builders.reviewing.views import Side

WITHIN = "|"
"""Between a row's id and the name of its side: `<id>|chosen`."""
TURNED = {"a": "b", "b": "a"}


@dataclass(frozen=True)
class Pair:
    """Two sides; `refs` in the order of the dataset."""

    refs: tuple[str, str]
    places: tuple[int, int]


def pairs_of(
    places: np.ndarray, questions: np.ndarray, ids: Sequence[str], within: bool
) -> list[Pair]:
    """Pair rows up.

    Args:
        places: Rows, in order.
        questions: Of all rows: equal where the same is asked, 0 where nothing is.
        ids: Of all rows.
        within: Whether each row holds both answers (a preference format).
    """
    if within:
        return [
            Pair((f"{ids[p]}{WITHIN}chosen", f"{ids[p]}{WITHIN}rejected"), (p, p))
            for p in places.tolist()
        ]
    groups: dict[int, list[int]] = {}
    for place, asked in zip(places.tolist(), questions[places].tolist(), strict=True):
        if asked:
            groups.setdefault(asked, []).append(place)
    return [
        Pair((ids[first], ids[other]), (first, other))
        for rows in groups.values()
        for number, first in enumerate(rows)
        for other in rows[number + 1 :]
    ]


def is_turned(pair: Pair, reviewer: str, seed: int) -> bool:
    """Say whether the second side is shown as a."""
    said = "\x1f".join((*pair.refs, reviewer, str(seed)))
    return bool(hashlib.blake2b(said.encode(), digest_size=1).digest()[0] & 1)


def row_of(ref: str, places: dict[str, int]) -> str:
    """Give the id of the row of a side."""
    return ref if ref in places else ref.rpartition(WITHIN)[0]


def sides(pair: Pair, records: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], Side, Side]:
    """Give the question and both answers, as messages.

    Args:
        pair: The two sides.
        records: Of their rows; twice the same one where a row holds both.
    """
    first, second = records
    messages = list(first.get("messages") or [])
    start = first.get("completion_start")
    cut = len(messages) - 1 if start is None else int(start)
    other = list(second.get("messages") or [])
    inside = WITHIN in pair.refs[0] and first is second
    worse = list(first.get("rejected") or []) if inside else other[len(other) - 1 :]
    ids = [ref.rpartition(WITHIN)[0] if inside else ref for ref in pair.refs]
    return (
        messages[:cut],
        Side(pair.refs[0], ids[0], messages[cut:]),
        Side(pair.refs[1], ids[1], worse),
    )
