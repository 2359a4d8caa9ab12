"""`preference`, `preference_implicit`, `preference_text`: a better and a worse completion.

After a prompt; as two conversations that begin alike; as plain text. One row of each:
    {"prompt": [{"role": "user", "content": "9 加 7？"}],
     "chosen": [{"role": "assistant", "content": "16"}],
     "rejected": [{"role": "assistant", "content": "17"}]}
    {"chosen": [<user>, <assistant>], "rejected": [<user>, <assistant>]}
    {"prompt": "9 加 7？", "chosen": "16", "rejected": "17"}

The traps: a text prompt with lists beside it is read differently from run to run; two conversations
must share their first message; equal completions teach nothing.
Source: https://huggingface.co/docs/trl/dataset_formats (preference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.messages import Message
from hf_sft_builders.formats.preferences import (
    ONE_REJECTED,
    REJECTED,
    completion_starts,
    kept_starts,
    rejected_words,
    same_answer,
    shared_prefix,
)
from hf_sft_builders.formats.questions import ONE_PAIR, conversation, last_of, words_rule
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turn_rules import message_rules
from hf_sft_builders.formats.turns import Turns, list_lengths
from hf_sft_builders.formats.typed import TURN, typed

if TYPE_CHECKING:
    import datasets

_NAMES = {name: name for name in TURN}


class PreferenceRow(BaseModel):
    """A prompt, and a better and a worse completion."""

    prompt: list[Message] = Field(min_length=1)
    chosen: list[Message] = Field(min_length=1)
    rejected: list[Message] = Field(min_length=1)


class PreferenceImplicitRow(BaseModel):
    """Two conversations that begin alike, the better one first."""

    chosen: list[Message] = Field(min_length=2)
    rejected: list[Message] = Field(min_length=2)


class PreferenceTextRow(BaseModel):
    """A prompt, and a better and a worse completion, as text."""

    prompt: str = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)


class Preference(Format):
    """See the module."""

    name = "preference"
    Row = PreferenceRow
    holds = frozenset({"messages", "rejected"})
    rules = (
        *message_rules("prompt"),
        *message_rules("chosen"),
        *message_rules("rejected"),
        same_answer("chosen", "rejected"),
    )
    sayable = (REJECTED,)

    @property
    def features(self) -> datasets.Features:
        """Three lists of messages."""
        return typed({"prompt": [TURN], "chosen": [TURN], "rejected": [TURN]})

    def lay_out(self, records: pa.Table) -> Columns:
        """Part the conversation where the completion begins, at the last message by default."""
        turns = Turns.of(records["messages"])
        late = turns.position >= completion_starts(records)[turns.row]
        return {
            "prompt": turns.keep(~late).struct_lists(_NAMES),
            "chosen": turns.keep(late).struct_lists(_NAMES),
            "rejected": Turns.of(records["rejected"]).struct_lists(_NAMES),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Join prompt and better completion; the worse one stands beside them."""
        starts = list_lengths(table["prompt"])
        both = Turns.of(table["prompt"]).then(Turns.of(table["chosen"]))
        return {
            "messages": both.column(),
            "rejected": Turns.of(table["rejected"]).column(),
            "completion_start": kept_starts(starts, both.lengths),
        }


def _begins_alike(table: pa.Table) -> np.ndarray:
    chosen, rejected = (Turns.of(table[side], tuple(TURN)) for side in ("chosen", "rejected"))
    return np.asarray(shared_prefix(chosen, rejected) == 0)


class PreferenceImplicit(Format):
    """See the module."""

    name = "preference_implicit"
    Row = PreferenceImplicitRow
    holds = frozenset({"messages", "rejected"})
    rules = (
        *message_rules("chosen"),
        *message_rules("rejected"),
        Rule(
            "same-beginning",
            "chosen, rejected",
            "two conversations that begin with the same message",
            "Put the prompt at the start of both.",
            _begins_alike,
        ),
        same_answer("chosen", "rejected"),
    )
    sayable = (
        REJECTED,
        Rule(
            "prompt-given",
            "messages",
            "a message before the completion",
            "The format preference holds completions without one.",
            lambda records: completion_starts(records) == 0,
        ),
    )

    @property
    def features(self) -> datasets.Features:
        """Two lists of messages."""
        return typed({"chosen": [TURN], "rejected": [TURN]})

    def lay_out(self, records: pa.Table) -> Columns:
        """Both completions follow the prompt."""
        turns = Turns.of(records["messages"])
        prompt = turns.keep(turns.position < completion_starts(records)[turns.row])
        return {
            "chosen": turns.struct_lists(_NAMES),
            "rejected": prompt.then(Turns.of(records["rejected"])).struct_lists(_NAMES),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """The prompt is what both share; each keeps at least its last message."""
        chosen, rejected = Turns.of(table["chosen"]), Turns.of(table["rejected"])
        longest = np.maximum(np.minimum(chosen.lengths, rejected.lengths) - 1, 0)
        prompt = np.minimum(shared_prefix(chosen, rejected), longest)
        return {
            "messages": chosen.column(),
            "rejected": rejected.keep(rejected.position >= prompt[rejected.row]).column(),
            "completion_start": kept_starts(prompt, chosen.lengths),
        }


class PreferenceText(Format):
    """See the module."""

    name = "preference_text"
    Row = PreferenceTextRow
    holds = frozenset({"messages", "rejected"})
    rules = (
        words_rule("prompt"),
        words_rule("chosen"),
        words_rule("rejected"),
        same_answer("chosen", "rejected"),
    )
    sayable = (ONE_PAIR, ONE_REJECTED)

    @property
    def features(self) -> datasets.Features:
        """Three texts."""
        return typed(dict.fromkeys(("prompt", "chosen", "rejected"), "string"))

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the question and both answers."""
        turns = Turns.of(records["messages"])
        return {
            "prompt": last_of(turns, "content", back=2),
            "chosen": last_of(turns, "content"),
            "rejected": rejected_words(records),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Make a conversation, and the worse answer beside it."""
        told = [("user", table["prompt"]), ("assistant", table["chosen"])]
        return {
            "messages": conversation(told).column(),
            "rejected": conversation([("assistant", table["rejected"])]).column(),
        }


PREFERENCE = (Preference(), PreferenceImplicit(), PreferenceText())
