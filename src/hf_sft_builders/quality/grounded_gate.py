"""`gate_grounded`: answers that stand in what they rest on.

ds.map(sft.gate_grounded("context"), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, no_columns, outcomes_of
from hf_sft_builders.quality.said import said
from hf_sft_builders.quality.sources_of_rows import source_texts
from hf_sft_builders.synthesis.evidence import locate
from hf_sft_builders.synthesis.validators import (
    Candidate,
    first_fault,
    no_meta_phrases,
    same_language,
)

if TYPE_CHECKING:
    import datasets

_CHARACTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")
_WORDS = re.compile(r"[a-z0-9\u00c0-\u024f\u0370-\u06ff]+")
_SMALL_WORDS = (
    "a an the of and or to in on at is are was were be it its this that with for by from as you your "
    "can will has have had not no yes do does did if there which who what when where how"
)
_SMALL = frozenset(_SMALL_WORDS.split())
_STEM = 5


@dataclass(frozen=True)
class GateGrounded(Op):
    """See `gate_grounded`."""

    name = "gate_grounded"

    source: str
    least: float = 0.5
    column: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.least <= 1:
            raise ConfigurationError(f"gate_grounded(least={self.least}); expected 0 to 1.")

    @classmethod
    def example(cls) -> GateGrounded:
        """One whose source is the text itself."""
        return cls("text")

    def requires(self) -> tuple[str, ...]:
        """The column of sources."""
        return () if self.source == "question" else (self.source,)

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Hold each answer against its source."""
        answers, sources = said(table, "answer", self.column), source_texts(table, self.source)
        reasons = [""] * answers.rows
        for row, text in zip(answers.row.tolist(), answers.texts.to_pylist(), strict=True):
            reasons[row] = reasons[row] or self.reason(text, sources.get(row, ""))
        return Judgement(reasons)

    def reason(self, answer: str, source: str) -> str:
        """Say why an answer is dropped, "" where it is not. Pure."""
        if not source.strip():
            return "no source"
        if locate(answer, source):
            return ""
        if fault := first_fault(Candidate(answer, source=source), (same_language, no_meta_phrases)):
            return fault.reason
        return "not in the source" if share_in(answer, source) < self.least else ""


def gate_grounded(source: str, *, least: float = 0.5, column: str | None = None) -> GateGrounded:
    """Keep rows whose answers say what their source says.

    An answer that stands in the source word for word passes. Any other must be in its language, free
    of phrases about "the text", and share enough words with it: pairs of characters in Chinese,
    Japanese and Korean, else words without the smallest, by their beginnings. Rules, no model: a
    paraphrase without a common word is dropped, a false answer of the right words passes.

    Args:
        source: The column with what answers rest on, or `"question"` for what users say.
        least: Share of an answer's words that stand in the source, 0 to 1.
        column: A column of text to look at instead of the answers.

    Example:
        >>> ds.map(sft.gate_grounded("context"), batched=True)
    """
    return GateGrounded(source, least, column)


def share_in(answer: str, source: str) -> float:
    """Give the share of an answer's words that stand in the source; 1 where it has none."""
    words, known = _words(answer), set(_words(source))
    return sum(word in known for word in words) / len(words) if words else 1.0


def _words(text: str) -> list[str]:
    text = text.casefold()
    pairs = [
        run[at : at + 2] for run in _CHARACTERS.findall(text) for at in range(max(1, len(run) - 1))
    ]
    return pairs + [word[:_STEM] for word in _WORDS.findall(text) if word not in _SMALL]
