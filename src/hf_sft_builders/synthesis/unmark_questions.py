"""`unmark_questions`: a share of the questions without their question mark, as people type them.

{"messages": [{"role": "user", "content": "望云楼的门票是多少钱？"}, …]}
  → {"messages": [{"role": "user", "content": "望云楼的门票是多少钱"}, …]}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, passed, row_id
from hf_sft_builders.synthesis.text_places import Role, texts_of, with_texts

_MARK = re.compile(r"[ 　]*[?？]+\s*$")
_ASKER: Role = "user"


@dataclass(frozen=True)
class UnmarkQuestions(Op):
    """See `unmark_questions`."""

    name = "unmark_questions"

    column: str | None = None
    share: Share = field(default_factory=lambda: Share(p=0.6))

    @classmethod
    def example(cls) -> UnmarkQuestions:
        """One for a column of text."""
        return cls("text", Share())

    def requires(self) -> tuple[str, ...]:
        """The column, where one is named; else any conversation format will do."""
        return (self.column,) if self.column else ()

    added = adds_lineage

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return map(self._outcome, rows)

    def _outcome(self, row: Row) -> Outcome:
        said = texts_of(row, self.column, _ASKER) if self.share.picks(row) else []
        bare = [_MARK.sub("", text) or text for text in said]
        if bare == said:
            return Outcome(rows=(passed(row),))
        changed: dict[str, Any] = with_texts(row, self.column, _ASKER, bare)
        known = {
            "id": lineage_id(row_id(row), self.name, 0),
            "provenance": [*passed(row)["provenance"], provenance_step(step=self.name)],
        }
        return Outcome(rows=({**row, **changed, **known},), notes=("question unmarked",))


def unmark_questions(
    p: float = 0.6, *, column: str | None = None, seed: int = 0
) -> UnmarkQuestions:
    """Take the closing question mark off a share of the questions, for `ds.map(op, batched=True)`.

    People often type none; a model that saw only marked questions may answer others worse.

    Args:
        p: Share of the rows, drawn by `seed` and the row's id.
        column: A column of text in place of the user's turns.
        seed: Another seed, other rows.

    Returns:
        An op; no call. Rows keep their format and their order.

    Example:
        >>> ds = ds.map(sft.unmark_questions(0.6), batched=True)
    """
    return UnmarkQuestions(column, Share(p, seed=seed))
