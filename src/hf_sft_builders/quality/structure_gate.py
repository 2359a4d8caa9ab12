"""`gate_structure`: rows that break no rule of their format, or of a trainer.

ds.map(sft.gate_structure(trainer="llamafactory"), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.checking import rule_masks
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, no_columns, outcomes_of
from hf_sft_builders.quality.said import format_of

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class GateStructure(Op):
    """See `gate_structure`."""

    name = "gate_structure"

    format: str | None = None
    trainer: str | None = None

    def __post_init__(self) -> None:
        if self.format is not None:
            get_format(self.format)
        self._trainer_rules("messages")

    @classmethod
    def example(cls) -> GateStructure:
        """One that finds the format itself."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Hold rows against the rules; the first that is broken is the reason."""
        known = get_format(self.format) if self.format else format_of(table.schema)
        reasons = [""] * table.num_rows
        filled_in = known.columns_rule().mend  # `input` and the like may be left out
        whole = filled_in(table) if filled_in else table
        rules = (
            rule_masks(whole, known, ()),
            rule_masks(table, None, self._trainer_rules(known.name)),
        )
        for rule, broken in chain(*rules):
            for row in np.flatnonzero(broken).tolist():
                reasons[row] = reasons[row] or f"breaks {rule.name}"
        return Judgement(reasons)

    def _trainer_rules(self, format_name: str) -> tuple[Rule, ...]:
        if self.trainer is None:
            return ()
        # By name, because every trainer's rules would otherwise be loaded with every gate.
        rules = import_module("hf_sft_builders.formats.trainer_rules")
        found: tuple[Rule, ...] = rules.trainer_rules(self.trainer, format_name)
        return found


def gate_structure(format: str | None = None, *, trainer: str | None = None) -> GateStructure:
    """Keep rows that break no rule of their format: what `sft.check` tells, row by row.

    Args:
        format: What the rows should be; found by columns and types if it is not given.
        trainer: Also hold them against what one trainer wants (`llamafactory`, `trl`, …).

    Raises:
        UnknownName: if there is no such format or trainer.

    Example:
        >>> ds.map(sft.gate_structure(), batched=True)
        >>> sft.last_run().drops
        Counter({'breaks roles-alternate': 3})
    """
    return GateStructure(format, trainer)
