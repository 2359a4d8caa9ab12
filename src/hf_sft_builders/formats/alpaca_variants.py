"""`alpaca_preference`, `alpaca_kto`, `alpaca_multimodal`: the variants LLaMA-Factory documents.

Rows are those of `alpaca`, and
    preference: {…, "chosen": "80 元／人", "rejected": "免费"} in place of `output`
    kto: {…, "kto_tag": true}
    multimodal: {"instruction": "<image>这是哪里？", …, "images": [{"bytes": null, "path": "tower.jpg"}]}

The traps: `kto_tag` is a real bool (0, 1 and text make LLaMA-Factory drop every row), and a `true`
with an empty output is flipped to false. Source: https://llamafactory.readthedocs.io.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.beside import Beside, Place
from hf_sft_builders.formats.media import MEDIA_PLACES, TAG_RULES
from hf_sft_builders.formats.preferences import ONE_REJECTED, rejected_words, same_answer
from hf_sft_builders.formats.questions import conversation, words_rule
from hf_sft_builders.formats.turn_rules import PAIRS
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets

_ALPACA = Alpaca()


class AlpacaPreferenceRow(BaseModel):
    """One instruction, and a better and a worse answer."""

    instruction: str
    input: str
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)
    system: str
    history: list[tuple[str, str]]


class AlpacaPreference(Format):
    """See the module."""

    name = "alpaca_preference"
    Row = AlpacaPreferenceRow
    holds = frozenset({"messages", "rejected"})
    defaults: ClassVar[dict[str, Any]] = Alpaca.defaults
    rules = (
        *(rule for rule in Alpaca.rules if rule.field in ("instruction", "history")),
        words_rule("chosen"),
        words_rule("rejected"),
        same_answer("chosen", "rejected"),
    )
    sayable = (PAIRS, ONE_REJECTED)

    @property
    def features(self) -> datasets.Features:
        """Alpaca's columns, with two answers in place of one."""
        text = "string"
        names = ("instruction", "input", "chosen", "rejected", "system")
        return typed({**dict.fromkeys(names, text), "history": [[text]]})

    def lay_out(self, records: pa.Table) -> Columns:
        """The better answer ends the conversation."""
        told = dict(_ALPACA.lay_out(records))
        return {**told, "chosen": told.pop("output"), "rejected": rejected_words(records)}

    def take_in(self, table: pa.Table) -> Columns:
        """The worse answer stands beside the conversation."""
        taken = _ALPACA.take_in(table.rename_columns(_as_output(table.column_names)))
        return {**taken, "rejected": conversation([("assistant", table["rejected"])]).column()}


def _as_output(names: list[str]) -> list[str]:
    return ["output" if name == "chosen" else name for name in names]


ALPACA_VARIANTS = (
    AlpacaPreference(),
    Beside("alpaca_kto", _ALPACA, {"kto_tag": Place("desirable", "bool", bool, required=True)}),
    Beside("alpaca_multimodal", _ALPACA, MEDIA_PLACES, TAG_RULES["instruction"]),
)
