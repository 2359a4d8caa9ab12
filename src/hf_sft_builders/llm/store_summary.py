"""What the reply store holds, counted by model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUMMARY = """
SELECT model, count(*), sum(length(raw)), sum(tokens_in), sum(tokens_out), sum(tokens_reasoning),
       min(created), max(created)
FROM replies GROUP BY model ORDER BY count(*) DESC, model
"""


@dataclass(frozen=True)
class ModelReplies:
    """What the store holds of one model."""

    model: str
    replies: int
    bytes: int
    """Of the replies' own text."""
    tokens_in: int
    tokens_out: int
    tokens_reasoning: int
    oldest: float
    """When the first reply arrived, in seconds since 1970."""
    newest: float


@dataclass(frozen=True)
class StoreSummary:
    """What the store holds; models with the most replies first."""

    path: Path
    bytes: int
    """On disk, log included."""
    models: tuple[ModelReplies, ...]

    @classmethod
    def of(cls, path: Path, rows: Iterable[tuple[Any, ...]]) -> StoreSummary:
        """Make it of what `SUMMARY` gives."""
        parts = (path, Path(f"{path}-wal"))
        size = sum(part.stat().st_size for part in parts if part.exists())
        return cls(path, size, tuple(ModelReplies(*row) for row in rows))

    @property
    def replies(self) -> int:
        """All replies of all models."""
        return sum(model.replies for model in self.models)
