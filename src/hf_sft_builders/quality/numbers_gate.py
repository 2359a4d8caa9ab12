"""`gate_numbers`: answers whose numbers are those of their source, and whose sums are right.

ds.map(sft.gate_numbers(source="context"), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, by_row, no_columns, outcomes_of
from hf_sft_builders.quality.said import said
from hf_sft_builders.quality.sources_of_rows import QUESTION, source_texts
from hf_sft_builders.quality.sums import wrong_sums
from hf_sft_builders.synthesis.validators.codes import codes_in, without_codes
from hf_sft_builders.synthesis.validators.number_words import MAY_SAY_NUMBERS
from hf_sft_builders.synthesis.validators.numbers import unknown_numbers

if TYPE_CHECKING:
    import datasets

_FIGURES = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class GateNumbers(Op):
    """See `gate_numbers`."""

    name = "gate_numbers"

    source: str | None = None
    column: str | None = None

    @classmethod
    def example(cls) -> GateNumbers:
        """One that only does the sums."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Do the sums of each answer, and look its numbers up."""
        answers = said(table, "answer", self.column)
        with_sums = by_row(answers, lambda text: "wrong sum" if any(wrong_sums(text)) else "")
        if self.source is None:
            return with_sums
        reasons = with_sums.reasons
        sources, known = (
            source_texts(table, self.source),
            source_texts(table, QUESTION, self.column),
        )
        for row, text in answers.marked(answers.matching(MAY_SAY_NUMBERS)):
            if not reasons[row]:
                given = f"{sources.get(row, '')}\n{known.get(row, '')}"
                reasons[row] = "number not in the source" if _has_unknown(text, given) else ""
        return Judgement(reasons)


def _has_unknown(text: str, given: str) -> bool:
    """Look up all numbers, and the figures of codes (E07) that do not stand there as they are."""
    for code in codes_in(text):
        if code not in given and not set(_FIGURES.findall(code)) <= set(_FIGURES.findall(given)):
            return True
    return any(unknown_numbers(without_codes(text), given))


def gate_numbers(source: str | None = None, *, column: str | None = None) -> GateNumbers:
    """Keep rows whose answers have no number of their own making.

    Sums of two numbers ("12 × 8 = 96") are done again, with or without a source. With one, every
    number of an answer must stand in it, or in the question, with the same unit where both name one:
    1,280.50 is 1280.5, 二十八 is 28, 3.5万 is 35,000, a dozen is 12, 1.2 km is 1,200 米. Numbers of list
    items do not count, nor do small ones in words that measure nothing (三种, one of them).

    Args:
        source: The column with what the answer rests on; `"question"` for what users say; None
            for sums alone.
        column: A column of text to look at instead of the answers.

    Example:
        >>> ds.map(sft.gate_numbers("context"), batched=True)
    """
    return GateNumbers(source, column)
