"""`gate_secrets`: rows without keys, tokens and passwords, or with them masked.

ds.map(sft.gate_secrets(), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, no_columns, outcomes_of
from hf_sft_builders.quality.masking import masked_row
from hf_sft_builders.quality.said import every_text
from hf_sft_builders.quality.secret_patterns import SUSPECT, find_secrets

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class GateSecrets(Op):
    """See `gate_secrets`."""

    name = "gate_secrets"

    action: Literal["drop", "mask"] = "drop"

    def __post_init__(self) -> None:
        if self.action not in ("drop", "mask"):
            raise UnknownName("action", self.action, ("drop", "mask"))

    @classmethod
    def example(cls) -> GateSecrets:
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
        for row, text in words.marked(words.matching(SUSPECT)):
            if not reasons[row] and (found := find_secrets(text)):
                reasons[row] = f"secret ({found[0].kind})"
                mend.add(row)
        if self.action == "drop":
            return Judgement(reasons)
        return Judgement([""] * words.rows, frozenset(mend))

    def mended(self, row: Row) -> tuple[Row, tuple[str, ...]]:
        """Mask what is found in a row."""
        masked, kinds = masked_row(row, find_secrets)
        return masked, tuple(f"masked {kind}" for kind in kinds)


def gate_secrets(action: Literal["drop", "mask"] = "drop") -> GateSecrets:
    """Keep rows without secrets, or keep them with `[API_KEY]`, `[PASSWORD]`, … instead.

    Keys of cloud providers and model APIs, tokens of GitHub, GitLab, Hugging Face, Slack and npm,
    JSON web tokens whose header can be read, private keys, and what is assigned to a name such as
    `password`. All must have the entropy of something drawn, so the examples of manuals pass.

    Args:
        action: `drop` the row, or `mask` the places; `sft.last_run().noted` counts what was masked.

    Example:
        >>> ds.map(sft.gate_secrets(), batched=True)
    """
    return GateSecrets(action)
