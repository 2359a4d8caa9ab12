"""`gate_repetition`: answers that do not go round in circles.

ds.map(sft.gate_repetition(), batched=True)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, by_text, check_part, no_columns, outcomes_of
from hf_sft_builders.quality.said import Part, Said, said

if TYPE_CHECKING:
    import datasets

_UNIT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
# Letters and marks of stress; rules of Markdown and of tables are drawn by repetition.
_RUN = re.compile(r"([^\W\d_]|[!！?？。，~～])\1{14,}")
_GRAM = 6
_FEWEST = 24
_LONGEST_RUN = 15
_SHORTEST_LINE = 6


@dataclass(frozen=True)
class GateRepetition(Op):
    """See `gate_repetition`."""

    name = "gate_repetition"

    most: float = 0.5
    part: Part = "answer"
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)
        if not 0 <= self.most <= 1:
            raise ConfigurationError(f"gate_repetition(most={self.most}); expected 0 to 1.")

    @classmethod
    def example(cls) -> GateRepetition:
        """As it is."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look at each text on its own."""
        words = said(table, self.part, self.column)
        runs = by_text(words, _with_runs(words), _of_run).reasons
        found = by_text(words, words.lengths() >= _FEWEST, self.reason).reasons
        return Judgement([one or other for one, other in zip(runs, found, strict=True)])

    def reason(self, text: str) -> str:
        """Say whether lines or phrases of a text come again too often. Pure."""
        if _repeated_lines(text) > self.most:
            return "repeated lines"
        return "repeated phrases" if _repeated_grams(text) > self.most else ""


def gate_repetition(
    most: float = 0.5, *, part: Part = "answer", column: str | None = None
) -> GateRepetition:
    """Keep rows that do not say the same over and over, as models do that got stuck.

    A row is dropped for a text with one character 15 times in a row, or where more than `most` of
    it was there before: lines, or runs of six words (of Chinese, Japanese and Korean: six
    characters). Texts of fewer than 24 such words have no share that says anything.

    Args:
        most: Largest share of a text that may be repetition, 0 to 1.
        part: What is looked at, each message on its own.
        column: A column of text to look at instead.

    Example:
        >>> ds.map(sft.gate_repetition(0.3), batched=True)
    """
    return GateRepetition(most, part, column)


def _of_run(text: str) -> str:
    return "one character over and over" if _RUN.search(text) else ""


def _with_runs(words: Said) -> np.ndarray:
    """Say for each text whether a character stands in it 15 times in a row."""
    flat = np.frombuffer("".join(words.texts.to_pylist()).encode("utf-32-le"), np.uint32)
    ends = np.cumsum(words.lengths())
    # Where a character is followed by another, or a text ends, a run ends.
    last = np.append(flat[1:] != flat[:-1], True)
    last[ends[ends > 0] - 1] = True
    places = np.flatnonzero(last)
    long = places[np.diff(places, prepend=-1) >= _LONGEST_RUN]
    found = np.zeros(len(ends), dtype=bool)
    found[np.searchsorted(ends, long, side="right")] = True
    return found


def _repeated_lines(text: str) -> float:
    """Give the share of the characters that stand in lines that were there before."""
    if text.count("\n") < 3:
        return 0.0
    lines = Counter(line for line in map(str.strip, text.split("\n")))
    sizes = {line: len(line) for line in lines if len(line) >= _SHORTEST_LINE}
    again = sum(size * (lines[line] - 1) for line, size in sizes.items())
    return again / max(1, sum(len(line) * count for line, count in lines.items()))


def _repeated_grams(text: str) -> float:
    """Give the share of the runs of six units that were there before."""
    units = _UNIT.findall(text)
    total = len(units) - _GRAM + 1
    if len(units) < _FEWEST:
        return 0.0
    distinct = len(set(zip(*(units[start:] for start in range(_GRAM)), strict=False)))
    return 1 - distinct / total
