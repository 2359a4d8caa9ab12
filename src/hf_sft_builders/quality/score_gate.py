"""`gate_score`: rows that a judge, or a teacher, scored well enough.

ds.map(sft.gate_score(4), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, no_columns, outcomes_of

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class GateScore(Op):
    """See `gate_score`."""

    name = "gate_score"

    least: float
    most: float | None = None
    column: str = "score"
    unscored: bool = False

    def __post_init__(self) -> None:
        if self.most is not None and self.most < self.least:
            raise ConfigurationError(
                f"gate_score(least={self.least:g}, most={self.most:g}); expected least <= most."
            )

    @classmethod
    def example(cls) -> GateScore:
        """One that takes any column of numbers."""
        return cls(least=3)

    def requires(self) -> tuple[str, ...]:
        """The column of scores."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Compare each score; null and NaN are no score."""
        if self.column not in table.column_names:
            raise ConfigurationError(
                f"gate_score needs column {self.column!r}; the rows have "
                f"{', '.join(table.column_names) or 'none'}. Name yours: column='…'."
            )
        scores = self._numbers(table)
        reasons = np.full(len(scores), "", dtype=object)
        reasons[scores < self.least] = f"score under {self.least:g}"
        if self.most is not None:
            reasons[scores > self.most] = f"score over {self.most:g}"
        if not self.unscored:
            reasons[np.isnan(scores)] = "no score"
        return Judgement(reasons.tolist())

    def _numbers(self, table: pa.Table) -> np.ndarray:
        column = table[self.column]
        kind = column.type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if not (is_number or pa.types.is_null(kind)):
            raise ConfigurationError(
                f"gate_score: column {self.column!r} is {kind}, expected a number. "
                f"Cast it: ds.cast_column({self.column!r}, Value('float64'))."
            )
        numbers = column.cast(pa.float64()).fill_null(float("nan"))
        return np.asarray(numbers.to_numpy(), dtype=np.float64)


def gate_score(
    least: float, most: float | None = None, *, column: str = "score", unscored: bool = False
) -> GateScore:
    """Keep rows with a score of at least so much, as a judge gave it into a column.

    Args:
        least: Lowest score that is kept.
        most: Highest score that is kept; None for no limit.
        column: Where the score stands.
        unscored: Whether rows without a score (null) are kept.

    Example:
        >>> judged = sft.map(ds, sft.generate("Rate …: {output}", schema=Rating, model="qwen3-32b"))
        >>> kept = judged.map(sft.gate_score(4), batched=True)
    """
    return GateScore(least, most, column, unscored)
