"""`gate_length`: rows that are neither too short nor too long, in characters or tokens.

ds.map(sft.gate_length(2, 4000, part="answer"), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.documents.text_length import load_tokenizer
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, check_part, no_columns, outcomes_of
from hf_sft_builders.quality.said import Part, Said, said

if TYPE_CHECKING:
    import datasets

ESTIMATE = "estimate"
_WIDE = r"[\x{2E80}-\x{10FFFF}]"


@dataclass(frozen=True)
class GateLength(Op):
    """See `gate_length`."""

    name = "gate_length"

    least: int = 1
    most: int | None = None
    part: Part = "all"
    tokenizer: str | None = None
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)
        if self.least < 0 or (self.most is not None and self.most < self.least):
            raise ConfigurationError(
                f"gate_length(least={self.least}, most={self.most}); expected 0 <= least <= most."
            )

    @classmethod
    def example(cls) -> GateLength:
        """One that drops the shortest."""
        return cls(least=4)

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Count what each row says."""
        words = said(table, self.part, self.column)
        lengths = words.sums(sizes(words, self.tokenizer))
        short = lengths < self.least
        long = lengths > self.most if self.most is not None else np.zeros(len(lengths), bool)
        unit = self._unit()
        reasons = np.full(len(lengths), "", dtype=object)
        reasons[short] = f"under {self.least:,} {unit}"
        reasons[long] = f"over {self.most or 0:,} {unit}"
        return Judgement(reasons.tolist())

    def _unit(self) -> str:
        if self.tokenizer is None:
            return "characters"
        return "tokens (estimated)" if self.tokenizer == ESTIMATE else "tokens"


def gate_length(
    least: int = 1,
    most: int | None = None,
    *,
    part: Part = "all",
    tokenizer: str | None = None,
    column: str | None = None,
) -> GateLength:
    """Keep rows of a certain length, for `ds.map(op, batched=True)` or `sft.apply_gates`.

    Args:
        least: Shortest row that is kept; white space counts.
        most: Longest row that is kept; None for no limit.
        part: What is counted, turns added up: `all` that the row says, the `question`s or the
            `answer`s.
        tokenizer: Count tokens: a name or path as in `Chunking`, `tiktoken:o200k_base`, or
            `estimate` (0.8 a character beyond Latin, one for four Latin ones; no file is needed).
        column: A column of text to count instead.

    Raises:
        ConfigurationError: if `most` is below `least`, or there is no such tokenizer.

    Example:
        >>> ds.map(sft.gate_length(2, 2048, tokenizer="Qwen/Qwen2.5-7B"), batched=True)
    """
    return GateLength(least, most, part, tokenizer, column)


def sizes(words: Said, tokenizer: str | None) -> np.ndarray:
    """Give the length of each text in characters, or in tokens of a tokenizer."""
    if tokenizer is None:
        return words.lengths()
    if tokenizer == ESTIMATE:
        wide = np.asarray(pc.count_substring_regex(words.texts, _WIDE), dtype=np.int64)
        return np.asarray(np.round(0.8 * wide + 0.25 * (words.lengths() - wide)))
    known = load_tokenizer(tokenizer)
    texts = words.texts.to_pylist()
    if hasattr(known, "encode_batch"):
        encoded = known.encode_batch(texts, add_special_tokens=False)
    else:
        encoded = [known.encode(text) for text in texts]
    return np.array([len(one.ids) for one in encoded], dtype=np.int64)
