"""`prompt_completion`: what is given and what is learnt, as messages; `prompt_completion_text`: as text.

One row of each:
    {"prompt": [{"role": "user", "content": "9 加 7？"}],
     "completion": [{"role": "assistant", "content": "16"}]}
    {"prompt": "9 加 7？", "completion": "16"}

The traps: TRL wants both as text or both as lists, never mixed; no null and no "" in a completion.
Source: https://huggingface.co/docs/trl/dataset_formats (prompt-completion).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.messages import Message
from hf_sft_builders.formats.preferences import completion_starts, kept_starts
from hf_sft_builders.formats.questions import ONE_PAIR, conversation, last_of, words_rule
from hf_sft_builders.formats.turn_rules import message_rules
from hf_sft_builders.formats.turns import Turns, list_lengths
from hf_sft_builders.formats.typed import TURN, typed

if TYPE_CHECKING:
    import datasets


class PromptCompletionRow(BaseModel):
    """What is given, and what is learnt."""

    prompt: list[Message] = Field(min_length=1)
    completion: list[Message] = Field(min_length=1)


class PromptCompletionTextRow(BaseModel):
    """What is given, and what is learnt, as text."""

    prompt: str = Field(min_length=1)
    completion: str = Field(min_length=1)


class PromptCompletion(Format):
    """See the module."""

    name = "prompt_completion"
    Row = PromptCompletionRow
    holds = frozenset({"messages"})
    rules = (*message_rules("prompt"), *message_rules("completion"))

    @property
    def features(self) -> datasets.Features:
        """Two lists of messages."""
        return typed({"prompt": [TURN], "completion": [TURN]})

    def lay_out(self, records: pa.Table) -> Columns:
        """Part the conversation where the completion begins, at the last message by default."""
        turns = Turns.of(records["messages"])
        late = turns.position >= completion_starts(records)[turns.row]
        names = {name: name for name in TURN}
        return {
            "prompt": turns.keep(~late).struct_lists(names),
            "completion": turns.keep(late).struct_lists(names),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Join both, and remember where the completion began."""
        starts = list_lengths(table["prompt"])
        both = Turns.of(table["prompt"]).then(Turns.of(table["completion"]))
        return {"messages": both.column(), "completion_start": kept_starts(starts, both.lengths)}


class PromptCompletionText(Format):
    """See the module."""

    name = "prompt_completion_text"
    Row = PromptCompletionTextRow
    holds = frozenset({"messages"})
    rules = (words_rule("prompt"), words_rule("completion"))
    sayable = (ONE_PAIR,)

    @property
    def features(self) -> datasets.Features:
        """Two texts."""
        return typed({"prompt": "string", "completion": "string"})

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the question and the answer."""
        turns = Turns.of(records["messages"])
        return {
            "prompt": last_of(turns, "content", back=2),
            "completion": last_of(turns, "content"),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Make a question and an answer of them."""
        told = [("user", table["prompt"]), ("assistant", table["completion"])]
        return {"messages": conversation(told).column()}


PROMPT_COMPLETION = (PromptCompletion(), PromptCompletionText())
