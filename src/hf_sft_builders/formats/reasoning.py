"""`reasoning`: instruction, input, the steps of a chain of thought, output.

One row:
    {"instruction": "9 加 7，再乘 2？", "input": "", "chain_of_thought": ["9+7=16", "16×2=32"],
     "output": "32"}

A record holds the steps as the answer's reasoning, a line each, and remembers where they began.
The trap: LLaMA-Factory drops rows whose output is a list; for it, convert to `alpaca_think`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.questions import (
    ONE_PAIR,
    REASONING_LAST,
    conversation,
    join_input,
    join_steps,
    last_of,
    part_input,
    part_steps,
    words_rule,
)
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.turns import Turns, as_array, list_offsets
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


class ReasoningRow(BaseModel):
    """A question, the steps to its answer, and the answer."""

    instruction: str
    input: str
    chain_of_thought: list[str]
    output: str = Field(min_length=1)


def _empty_step(table: pa.Table) -> np.ndarray:
    lists = as_array(table["chain_of_thought"])
    return Turns(list_offsets(lists), {}).rows_with(~has_words(lists.flatten()))


class Reasoning(Format):
    """See the module."""

    name = "reasoning"
    Row = ReasoningRow
    holds = frozenset({"messages", "messages.reasoning"})
    defaults: ClassVar[dict[str, Any]] = {"input": ""}
    rules = (
        *(rule for rule in Alpaca.rules if rule.field == "instruction"),
        words_rule("output"),
        Rule(
            "steps-have-words",
            "chain_of_thought",
            "words in every step",
            "Drop empty steps.",
            _empty_step,
        ),
    )
    sayable = (ONE_PAIR, REASONING_LAST)

    @property
    def features(self) -> datasets.Features:
        """Three texts and a list of them."""
        text = "string"
        return typed(
            {"instruction": text, "input": text, "chain_of_thought": [text], "output": text}
        )

    def lay_out(self, records: pa.Table) -> Columns:
        """Part the reasoning where its steps began."""
        turns = Turns.of(records["messages"])
        instruction, rest = part_input(last_of(turns, "content", back=2), records)
        thought = last_of(turns, "reasoning")
        return {
            "instruction": instruction,
            "input": rest,
            "chain_of_thought": part_steps(thought, as_array(records["step_starts"])),
            "output": last_of(turns, "content"),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Join the steps, and remember where they began."""
        question, start = join_input(table)
        thought, steps = join_steps(as_array(table["chain_of_thought"]))
        told = [("user", question), ("assistant", table["output"])]
        messages = conversation(told, thought).column()
        return {"messages": messages, "input_start": start, "step_starts": steps}
