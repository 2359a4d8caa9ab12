r"""Reasoning inside the words: `messages_think`, `alpaca_think`, `sharegpt_think`.

One row of `alpaca_think`:
    {"instruction": "9 加 7？", "input": "", "output": "<think>\n9+7=16\n</think>\n\n16", …}

Rows have the columns of the format that is named first; LLaMA-Factory and ms-swift read reasoning
in this form only. What is between the tags comes back as reasoning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.messages import Messages
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.sharegpt import ShareGPT
from hf_sft_builders.formats.turns import Turns

if TYPE_CHECKING:
    import datasets

_BEFORE, _BETWEEN = "<think>\n", "\n</think>\n\n"
_FORM = r"(?s)\A<think>\s*?\n?(?P<thought>.*?)\n?</think>(?:\n\n)?(?P<said>.*)\z"
_EXACT = r"(?s)\A<think>\n(?P<thought>.*?)\n</think>\n\n(?P<said>.*)\z"


def _ambiguous(records: pa.Table) -> np.ndarray:
    turns = Turns.of(records["messages"], ("content", "reasoning"))
    thought = turns.fields["reasoning"]
    opened = pc.and_(pc.starts_with(turns.fields["content"], "<think>"), thought.is_null())
    closed = pc.match_substring(thought, "</think>")
    torn = pc.or_(pc.fill_null(opened, False), pc.fill_null(closed, False))
    return turns.rows_with(np.asarray(torn.to_numpy(zero_copy_only=False), dtype=bool))


class Thinking(Format):
    """Another format, with reasoning inside the words.

    Args:
        base: The format that holds the words.
    """

    def __init__(self, base: Format) -> None:
        self.name, self._base = f"{base.name}_think", base
        self.Row = base.Row
        self.holds = base.holds | {"messages.reasoning"}
        self.rules = base.rules
        self.defaults = base.defaults  # type: ignore[misc]
        clear = Rule(
            "tags-are-clear",
            "messages",
            "no thinking tags in the reasoning, nor at the start of words without reasoning",
            "The format messages_reasoning keeps both apart.",
            _ambiguous,
        )
        self.sayable = (*base.sayable, clear)

    @property
    def features(self) -> datasets.Features:
        """The columns of the base."""
        return self._base.features

    def lay_out(self, records: pa.Table) -> Columns:
        """Put reasoning into the words."""
        turns = Turns.of(records["messages"])
        content, thought = turns.fields["content"], turns.fields["reasoning"]
        joined = pc.binary_join_element_wise(_BEFORE, thought, _BETWEEN, content, "")
        turns.fields["content"] = pc.if_else(thought.is_valid(), joined, content)
        turns.fields["reasoning"] = pa.nulls(len(thought), pa.string())
        return self._base.lay_out(_with(records, turns))

    def take_in(self, table: pa.Table) -> Columns:
        """Take reasoning out of the words."""
        taken = dict(self._base.take_in(table))
        turns = Turns.of(taken["messages"])
        content = turns.fields["content"]
        found = pc.extract_regex(content, _EXACT)
        loose = pc.extract_regex(content, _FORM) if _any_left(content, found) else found
        for field, part in (("reasoning", "thought"), ("content", "said")):
            values = pc.coalesce(pc.struct_field(found, part), pc.struct_field(loose, part))
            turns.fields[field] = values if part == "thought" else pc.coalesce(values, content)
        return {**taken, "messages": turns.column()}


def _any_left(content: pa.Array, found: pa.Array) -> bool:
    opened = pc.fill_null(pc.starts_with(content, "<think>"), False)
    return bool(pc.any(pc.and_(opened, found.is_null())).as_py())


def _with(records: pa.Table, turns: Turns) -> pa.Table:
    index = records.schema.get_field_index("messages")
    return records.set_column(index, "messages", turns.column())


THINKING = (Thinking(Alpaca()), Thinking(Messages()), Thinking(ShareGPT()))
