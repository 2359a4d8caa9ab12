"""`gate_pii`: rows without personal data, or with them masked.

ds.map(sft.gate_pii(action="mask"), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, no_columns, outcomes_of
from hf_sft_builders.quality.masking import masked_row
from hf_sft_builders.quality.personal_data import (
    DEFAULT_KINDS,
    KINDS,
    SUSPECTS,
    Finding,
    find_personal_data,
)
from hf_sft_builders.quality.said import Said, every_text

if TYPE_CHECKING:
    import datasets

Action = Literal["drop", "mask"]


@dataclass(frozen=True)
class GatePII(Op):
    """See `gate_pii`."""

    name = "gate_pii"

    action: Action = "drop"
    kinds: tuple[str, ...] = DEFAULT_KINDS

    def __post_init__(self) -> None:
        if self.action not in ("drop", "mask"):
            raise UnknownName("action", self.action, ("drop", "mask"))
        for kind in self.kinds:
            if kind not in KINDS:
                raise UnknownName("kind of personal data", kind, KINDS)
        if not self.kinds:
            raise ConfigurationError("gate_pii: no kind named, so nothing could be found.")

    @classmethod
    def example(cls) -> GatePII:
        """One that drops."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows keep their columns."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep, mask or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look into every text of every column."""
        words = every_text(table)
        reasons, mend = [""] * words.rows, set()
        for place, kinds in self._suspects(words).items():
            row = int(words.row[place])
            if not reasons[row] and (
                found := find_personal_data(words.texts[place].as_py(), kinds)
            ):
                reasons[row] = f"personal data ({found[0].kind})"
                mend.add(row)
        if self.action == "drop":
            return Judgement(reasons)
        return Judgement([""] * words.rows, frozenset(mend))

    def _suspects(self, words: Said) -> dict[int, list[str]]:
        """Give the texts that could have personal data, each with the kinds that it could have."""
        suspects: dict[int, list[str]] = {}
        for kind in self.kinds:
            for place in np.flatnonzero(words.matching(SUSPECTS[kind])).tolist():
                suspects.setdefault(place, []).append(kind)
        return suspects

    def mended(self, row: Row) -> tuple[Row, tuple[str, ...]]:
        """Mask what is found in a row."""
        masked, kinds = masked_row(row, self.find)
        return masked, tuple(f"masked {kind}" for kind in kinds)

    def find(self, text: str) -> list[Finding]:
        """Find personal data of these kinds. Pure."""
        return find_personal_data(text, self.kinds)


def gate_pii(action: Action = "drop", *, kinds: Iterable[str] = DEFAULT_KINDS) -> GatePII:
    """Keep rows without personal data, or keep them with `[EMAIL]`, `[CN_MOBILE]`, … instead.

    Looks into every column but lineage, JSON too. Numbers that have check digits are checked:
    resident identity numbers (GB 11643), unified social credit codes (GB 32100), bank and credit
    cards (Luhn and issuer), IBANs. Passports count only beside the word.

    Args:
        action: `drop` the row, or `mask` the places; `sft.last_run().noted` counts what was masked.
        kinds: `email`, `cn_id`, `credit_code`, `bank_card`, `credit_card`, `iban`, `passport`,
            `us_ssn`, `cn_mobile`, `phone` (international, and American); `landline` (0571-88888888)
            only where you name it.

    Raises:
        UnknownName: for another kind or action.

    Example:
        >>> ds.map(sft.gate_pii("mask", kinds=["cn_mobile", "cn_id"]), batched=True)
    """
    return GatePII(action, tuple(kinds))
