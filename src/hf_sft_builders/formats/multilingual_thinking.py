r"""`multilingual_thinking`: reasoning in a language of its own, the layout of gpt-oss tutorials.

One row:
    {"reasoning_language": "Chinese", "developer": "你是数学老师。", "user": "9 加 7？",
     "analysis": "9+7=16", "final": "16",
     "messages": [{"role": "system", "content": "reasoning language: Chinese\n\n你是数学老师。",
                   "thinking": ""},
                  {"role": "user", "content": "9 加 7？", "thinking": ""},
                  {"role": "assistant", "content": "16", "thinking": "9+7=16"}]}

`messages` is what is trained on; the other columns repeat its first instructions and last exchange.
Source: https://huggingface.co/datasets/HuggingFaceH4/Multilingual-Thinking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.questions import (
    empty_for_none,
    last_of,
    none_for_empty,
    words_rule,
)
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turn_rules import PAIRS, message_rules
from hf_sft_builders.formats.turns import Turns, as_array
from hf_sft_builders.formats.typed import TURN, typed

if TYPE_CHECKING:
    import datasets

_HEAD = "reasoning language: "
_TEXTS = ("reasoning_language", "developer", "user", "analysis", "final")


class ThinkingMessage(BaseModel):
    """One turn and the thinking before it."""

    role: str
    content: str
    thinking: str | None


class MultilingualThinkingRow(BaseModel):
    """One conversation, with its last exchange beside it."""

    reasoning_language: str
    developer: str
    user: str
    analysis: str
    final: str
    messages: list[ThinkingMessage] = Field(min_length=2)


def _disagrees(table: pa.Table) -> np.ndarray:
    turns = Turns.of(table["messages"], ("role", "content", "thinking"))
    told = last_of(turns, "content") if (turns.lengths > 0).all() else table["final"]
    same = pc.fill_null(pc.equal(as_array(told), as_array(table["final"])), False)
    return ~np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)


class MultilingualThinking(Format):
    """See the module."""

    name = "multilingual_thinking"
    Row = MultilingualThinkingRow
    holds = frozenset({"messages", "messages.reasoning", "language"})
    defaults: ClassVar[dict[str, Any]] = {"developer": ""}
    rules = (
        words_rule("user"),
        words_rule("final"),
        *message_rules("messages"),
        Rule(
            "columns-agree",
            "final, messages",
            "in `final` the words of the last message",
            "Make the columns anew: sft.convert(ds, to='multilingual_thinking').",
            _disagrees,
        ),
    )
    sayable = (PAIRS,)

    @property
    def features(self) -> datasets.Features:
        """Five texts, and messages with thinking."""
        messages = [{**TURN, "thinking": "string"}]
        return typed({**dict.fromkeys(_TEXTS, "string"), "messages": messages})

    def lay_out(self, records: pa.Table) -> Columns:
        """Say the language in the system message, and repeat the last exchange."""
        developer, turns = Turns.of(records["messages"]).split_system()
        language = empty_for_none(records["language"])
        system = _system(language, developer)
        whole = turns.with_system(system)
        whole.fields["thinking"] = empty_for_none(whole.fields["reasoning"])
        names = {**{name: name for name in TURN}, "thinking": "thinking"}
        return {
            "reasoning_language": language,
            "developer": developer,
            "user": last_of(turns, "content", back=2),
            "analysis": empty_for_none(last_of(turns, "reasoning")),
            "final": last_of(turns, "content"),
            "messages": whole.struct_lists(names),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Take the messages; instructions and language come from their own columns."""
        told = Turns.of(table["messages"], (*TURN, "thinking"))
        fields = {name: told.fields[name] for name in TURN}
        fields["reasoning"] = none_for_empty(told.fields["thinking"])
        fields["tool_calls"] = pa.nulls(len(fields["role"]), pa.string())
        _, turns = Turns(told.offsets, fields).split_system()
        return {
            "messages": turns.with_system(empty_for_none(table["developer"])).column(),
            "language": none_for_empty(table["reasoning_language"]),
        }


def _system(language: pa.Array, developer: pa.Array) -> pa.Array:
    """Write the system message: the language, a blank line, the instructions; each if there is."""
    head = pc.binary_join_element_wise(_HEAD, language, "")
    head = pc.if_else(pc.equal(language, ""), "", head)
    both = pc.and_(pc.not_equal(head, ""), pc.not_equal(developer, ""))
    return pc.binary_join_element_wise(head, pc.if_else(both, "\n\n", ""), developer, "")
