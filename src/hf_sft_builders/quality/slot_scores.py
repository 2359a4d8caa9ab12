"""`sft.score_slots`: how well predicted calls and replies match: slot precision, recall, F1, BLEU-4."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.conversations import messages_of
from hf_sft_builders.synthesis.slots.dialogues import calls_in
from hf_sft_builders.synthesis.slots.table import plain

_ORDER = 4


@dataclass(frozen=True)
class SlotScores:
    """Scores of predictions against the conversations that they were to repeat; all from 0 to 1."""

    precision: float
    recall: float
    f1: float
    bleu4: float
    """Of replies, by character in Chinese and by word elsewhere; over the whole corpus."""
    slots: int
    """Slot values in the references."""
    calls: int
    """Calls in the references."""
    exact_calls: float
    """Share of calls that are wholly right."""
    replies: int
    by_slot: Mapping[str, tuple[float, float, float]]
    """Slot → (precision, recall, F1)."""

    def __str__(self) -> str:
        return (
            f"slots: precision {self.precision:.4f}, recall {self.recall:.4f}, F1 {self.f1:.4f} "
            f"({self.slots:,} values; {self.exact_calls:.1%} of {self.calls:,} calls exact); "
            f"BLEU-4 {self.bleu4:.4f} over {self.replies:,} replies"
        )


def score_slots(predictions: Iterable[Row], references: Iterable[Row]) -> SlotScores:
    """Score predicted conversations against references, turn by turn.

    Args:
        predictions: Rows of a conversation format, in the references' order: each assistant turn is
            the model's own, given the reference up to there. Other turns are not looked at.
        references: Rows of a conversation format, with calls.

    Returns:
        Slot values are compared one by one (a list's values each by itself; 300 and 300.0 are equal;
        width, case and spaces do not count). A call in place of a reply counts as wrong slots, a
        reply in place of a call as missing ones.

    Raises:
        ConfigurationError: if there are not as many predictions as references, or a conversation has
            another number of assistant turns.

    Example:
        >>> print(sft.score_slots(predicted, test))
        slots: precision 1.0000, recall 1.0000, F1 1.0000 (…); BLEU-4 1.0000 over 214 replies
    """
    tally = _Tally()
    for number, (said, right) in enumerate(_pairs(predictions, references), 1):
        mine, theirs = _answers(said), _answers(right)
        if len(mine) != len(theirs):
            raise ConfigurationError(
                f"Row {number}: the prediction has {len(mine)} assistant turns, the reference "
                f"{len(theirs)}. Predict each turn of the reference, in order."
            )
        for turns in zip(mine, theirs, strict=True):
            tally.add(*turns)
    return tally.scores()


class _Tally:
    def __init__(self) -> None:
        self._found, self._wanted, self._both = Counter[str](), Counter[str](), Counter[str]()
        self._matched, self._lengths = Counter[int](), Counter[str]()
        self._calls = self._exact = self._replies = 0

    def add(self, mine: dict[str, Any], theirs: dict[str, Any]) -> None:
        own, due = _slots(mine), _slots(theirs)
        self._found.update(name for name, _ in own.elements())
        self._wanted.update(name for name, _ in due.elements())
        self._both.update(name for name, _ in (own & due).elements())
        if theirs.get("tool_calls"):
            self._calls += 1
            self._exact += own == due
        else:
            self._replies += 1
            said, right = str(mine["content"] or ""), str(theirs["content"] or "")
            _count_grams(said, right, self._matched, self._lengths)

    def scores(self) -> SlotScores:
        found, wanted, both = self._found, self._wanted, self._both
        return SlotScores(
            *_prf(both.total(), found.total(), wanted.total()),
            bleu4=_bleu(self._matched, self._lengths),
            slots=wanted.total(),
            calls=self._calls,
            exact_calls=self._exact / max(1, self._calls),
            replies=self._replies,
            by_slot={n: _prf(both[n], found[n], wanted[n]) for n in sorted({*found, *wanted})},
        )


def _pairs(predictions: Iterable[Row], references: Iterable[Row]) -> Iterable[tuple[Row, Row]]:
    try:
        yield from zip(predictions, references, strict=True)
    except ValueError as error:
        raise ConfigurationError(
            "There are not as many predictions as references. Give one for each, in their order."
        ) from error


def _answers(row: Row) -> list[dict[str, Any]]:
    return [turn for turn in messages_of(row) if turn["role"] == "assistant"]


def _slots(turn: dict[str, Any]) -> Counter[tuple[str, str]]:
    held: Counter[tuple[str, str]] = Counter()
    try:
        calls = calls_in(turn)
    except (ValueError, KeyError, AttributeError, TypeError):  # a model's broken call has no slots
        return held
    for _, arguments in calls:
        for name, value in arguments.items():
            for part in value if isinstance(value, list) else [value]:
                if part not in (None, ""):
                    held[name, _comparable(part)] += 1
    return held


def _comparable(value: Any) -> str:
    try:
        return f"{float(value):g}"
    except (TypeError, ValueError):
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return plain(told)


def _prf(both: int, found: int, wanted: int) -> tuple[float, float, float]:
    precision = both / found if found else float(not wanted)
    recall = both / wanted if wanted else 1.0
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def _units(text: str) -> list[str]:
    """Characters of Chinese, words of all else."""
    units: list[str] = []
    word = ""
    for character in text:
        if character.isascii() and (character.isalnum() or character in "-._"):
            word += character
            continue
        units += [word] if word else []
        word = ""
        units += [] if character.isspace() else [character]
    return [*units, word] if word else units


def _count_grams(said: str, right: str, matched: Counter[int], lengths: Counter[str]) -> None:
    mine, theirs = _units(said), _units(right)
    lengths["said"] += len(mine)
    lengths["right"] += len(theirs)
    for order in range(1, _ORDER + 1):
        own = Counter(zip(*(mine[i:] for i in range(order)), strict=False))
        due = Counter(zip(*(theirs[i:] for i in range(order)), strict=False))
        matched[order] += (own & due).total()
        lengths[f"grams{order}"] += own.total()


def _bleu(matched: Counter[int], lengths: Counter[str]) -> float:
    """Corpus BLEU with uniform weights and brevity penalty; 0 where an order never matches."""
    if not lengths["said"] or not all(matched[order] for order in range(1, _ORDER + 1)):
        return 0.0
    logs = [math.log(matched[order] / lengths[f"grams{order}"]) for order in range(1, _ORDER + 1)]
    brevity = min(0.0, 1 - lengths["right"] / lengths["said"])
    return math.exp(brevity + sum(logs) / _ORDER)
