"""How a number is spread over the rows: the figures people ask for, and bars to draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_BARS = 24
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Distribution:
    """One number per row, summed up.

    Example:
        >>> Distribution.of([3, 4, 4, 90]).median
        4.0
    """

    rows: int
    total: int
    minimum: int
    median: float
    mean: float
    p95: float
    maximum: int
    step: int
    """Width of a bar."""
    bars: tuple[int, ...]
    """Rows from `0`, `step`, `2 * step`, …; the last bar also holds all that is longer."""

    @classmethod
    def of(cls, values: Iterable[int] | np.ndarray) -> Distribution:
        """Sum up one number per row, none of them negative."""
        found = np.asarray(values, dtype=np.int64)
        if not len(found):
            return cls(0, 0, 0, 0.0, 0.0, 0.0, 0, 1, ())
        median, p95, most = np.percentile(found, [50, 95, 99])
        step = _step(float(most), int(found.max()))
        count = min(_BARS, int(found.max()) // step + 1)
        bars = np.bincount(np.minimum(found // step, count - 1), minlength=count)
        return cls(
            len(found),
            int(found.sum()),
            int(found.min()),
            float(median),
            round(float(found.mean()), 1),
            float(p95),
            int(found.max()),
            step,
            tuple(int(bar) for bar in bars),
        )

    @property
    def open_end(self) -> bool:
        """Whether rows in the last bar are longer than its width says."""
        return self.maximum >= self.step * len(self.bars)


def _step(most: float, largest: int) -> int:
    """Choose a round width, so that all but the longest hundredth of the rows fit side by side."""
    wanted = max(1.0, min(most * 1.05, float(largest)) / (_BARS - 2))
    scale = 10 ** int(np.floor(np.log10(wanted)))
    return max(1, int(next(step * scale for step in _STEPS if step * scale >= wanted)))
