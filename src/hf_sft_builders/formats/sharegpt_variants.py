"""`sharegpt_preference`, `sharegpt_kto`, `sharegpt_multimodal`: what LLaMA-Factory documents.

Rows are those of `sharegpt`, and
    preference: {"conversations": [{"from": "human", …}], "chosen": {"from": "gpt", "value": "…"},
                 "rejected": {"from": "gpt", "value": "…"}, …}
    kto: {…, "kto_tag": true}
    multimodal: {…, "images": [{"bytes": null, "path": "tower.jpg"}], "videos": [], "audios": []}

The traps: `chosen` and `rejected` are one message each, not text and not a list, and the
conversation ends with the person; else LLaMA-Factory drops every row.
Source: https://llamafactory.readthedocs.io (data preparation, ShareGPT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.beside import Beside, Place
from hf_sft_builders.formats.media import MEDIA_PLACES, TAG_RULES
from hf_sft_builders.formats.preferences import ONE_REJECTED, same_answer
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.sharegpt import ShareGPT, Turn, out_of_turn
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets

_SHAREGPT = ShareGPT()
_TURN = {"from": "string", "value": "string"}


class ShareGPTPreferenceRow(BaseModel):
    """A conversation that ends with the person, and a better and a worse answer."""

    conversations: list[Turn] = Field(min_length=1)
    chosen: Turn
    rejected: Turn
    system: str
    tools: str


class ShareGPTPreference(Format):
    """See the module."""

    name = "sharegpt_preference"
    Row = ShareGPTPreferenceRow
    holds = frozenset(
        {"messages", "messages.tool_calls", "tools", "rejected", "rejected.tool_calls"}
    )
    defaults: ClassVar[dict[str, Any]] = ShareGPT.defaults
    rules = (
        *(r for r in ShareGPT.rules if r.name not in ("roles-alternate",)),
        Rule(
            "roles-alternate",
            "conversations.from",
            "human or observation at odd places, gpt or function_call at even ones, human last",
            "Join or drop turns: LLaMA-Factory drops such rows without an error.",
            lambda table: out_of_turn(_with_chosen(table)["conversations"]),
        ),
        *(
            Rule(
                f"{side}-words",
                f"{side}.value",
                "words in both answers",
                "Drop the row.",
                lambda table, side=side: ~has_words(pc.struct_field(table[side], "value")),  # type: ignore[misc]
            )
            for side in ("chosen", "rejected")
        ),
        same_answer("chosen", "rejected"),
    )
    sayable = (
        *ShareGPT.sayable,
        Rule(
            "an-answer-to-prefer",
            "messages.role",
            "a conversation that ends with the assistant",
            "Choose the format preference.",
            lambda records: (
                (list_lengths(records["messages"]) == 0)
                | Turns.of(records["messages"], ("role",)).ends_without("assistant")
            ),
        ),
        ONE_REJECTED,
    )

    @property
    def features(self) -> datasets.Features:
        """ShareGPT's columns, and two messages."""
        return typed(
            {
                "conversations": [_TURN],
                "chosen": _TURN,
                "rejected": _TURN,
                "system": "string",
                "tools": "string",
            }
        )

    def lay_out(self, records: pa.Table) -> Columns:
        """The last message is the better answer."""
        told = dict(_SHAREGPT.lay_out(records))
        turns = Turns.of(told["conversations"], ("from", "value"))
        last = turns.position == turns.lengths[turns.row] - 1
        worse = pa.table({"messages": records["rejected"]})
        rejected = Turns.of(_SHAREGPT.lay_out(worse)["conversations"], ("from", "value"))
        return {
            **told,
            "conversations": _lists(turns.keep(~last)),
            "chosen": _structs(turns.keep(last)),
            "rejected": _structs(rejected),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """The better answer ends the conversation, the worse one stands beside it."""
        rows = table.num_rows
        each = np.arange(rows + 1, dtype=np.int64)
        fields = {name: pc.struct_field(as_array(table["rejected"]), name) for name in _TURN}
        worse = pa.table({"conversations": _lists(Turns(each, fields))})
        rejected = _SHAREGPT.take_in(_SHAREGPT.own_columns(worse))["messages"]
        return {**_SHAREGPT.take_in(_with_chosen(table)), "rejected": rejected}


def _lists(turns: Turns) -> pa.ListArray:
    return turns.struct_lists({"from": "from", "value": "value"})


def _structs(turns: Turns) -> pa.Array:
    return _lists(turns).flatten()


def _with_chosen(table: pa.Table) -> pa.Table:
    """Put the better answer at the end of the conversation."""
    turns = Turns.of(table["conversations"], ("from", "value"))
    rows = np.arange(table.num_rows)
    total = int(turns.offsets[-1])
    offsets = turns.offsets + np.arange(len(turns.offsets))
    take = np.full(offsets[-1], -1, dtype=np.int64)
    take[offsets[1:] - 1] = total + rows
    take[take < 0] = np.arange(total)
    chosen = as_array(table["chosen"])
    fields = {
        name: pa.concat_arrays([turns.fields[name], pc.struct_field(chosen, name)]).take(
            pa.array(take)
        )
        for name in _TURN
    }
    index = table.schema.get_field_index("conversations")
    return table.set_column(index, "conversations", _lists(Turns(offsets, fields)))


SHAREGPT_VARIANTS = (
    ShareGPTPreference(),
    Beside("sharegpt_kto", _SHAREGPT, {"kto_tag": Place("desirable", "bool", bool, required=True)}),
    Beside("sharegpt_multimodal", _SHAREGPT, MEDIA_PLACES, TAG_RULES["conversations"]),
)
