r"""`alpaca`: instruction, input, output, system, history; always all five.

One row:
    {"instruction": "云溪古城的门票是多少钱？", "input": "", "output": "80 元／人",
     "system": "", "history": [["earlier question", "earlier answer"]]}

The traps: trainers read `instruction + "\n" + input` as the question, so records hold it joined and
remember where `input` began; `history` is a list of pairs of strings (as structs, LLaMA-Factory
trains on the key names). Source: https://llamafactory.readthedocs.io (data preparation, Alpaca).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.base import Columns, Format, first_bad
from hf_sft_builders.formats.column_rules import any_null, nulls_filled
from hf_sft_builders.formats.questions import part_input
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.text_buffers import without_nulls
from hf_sft_builders.formats.turn_layout import laid_out, question_parts
from hf_sft_builders.formats.turn_rules import PAIRS
from hf_sft_builders.formats.turns import (
    Turns,
    as_array,
    list_lengths,
)

if TYPE_CHECKING:
    import datasets

_COLUMNS = ("instruction", "input", "output", "system", "history")


class AlpacaRow(BaseModel):
    """One instruction and its answer."""

    instruction: str
    input: str
    output: str = Field(min_length=1)
    system: str
    history: list[tuple[str, str]]


class Alpaca(Format):
    """See the module."""

    name = "alpaca"
    Row = AlpacaRow
    holds = frozenset({"messages"})
    defaults: ClassVar[dict[str, Any]] = {"input": "", "system": "", "history": []}

    @property
    def features(self) -> datasets.Features:
        """Five columns; `history` is a list of lists of two strings."""
        import datasets

        text = datasets.Value("string")
        return datasets.Features({**dict.fromkeys(_COLUMNS[:4], text), "history": [[text]]})

    rules = (
        Rule(
            "question",
            "instruction",
            "words in instruction or input",
            "Drop the row, or write the question.",
            lambda table: ~has_words(table["instruction"]) & ~has_words(table["input"]),
        ),
        Rule(
            "answer",
            "output",
            "words in output",
            "Drop the row: an empty answer teaches the model to say nothing.",
            lambda table: ~has_words(table["output"]),
        ),
        Rule(
            "no-nulls",
            "input, system, history",
            'text, or "" where there is none',
            'Write "" for null: 1,000 nulls and then a text kill LLaMA-Factory\'s reader.',
            lambda table: any_null(table, _COLUMNS),
            lambda table: nulls_filled(table, {**Alpaca.defaults, "instruction": "", "output": ""}),
        ),
        Rule(
            "history-in-pairs",
            "history",
            "lists of exactly two texts, question and answer",
            "Write each earlier exchange as [question, answer].",
            lambda table: _torn_history(table["history"]),
        ),
    )
    sayable = (PAIRS,)

    def lay_out(self, records: pa.Table) -> Columns:
        """Take the last question and answer; what stands before is history."""
        system, turns = Turns.of(records["messages"]).split_system()
        content, ends = turns.fields["content"], turns.offsets[1:]
        question = content.take(pa.array(ends - 2))
        instruction, rest = part_input(question, records)
        early = turns.keep(turns.position < turns.lengths[turns.row] - 2)
        return {
            "instruction": instruction,
            "input": rest,
            "output": content.take(pa.array(ends - 1)),
            "system": system,
            "history": _pairs(early),
        }

    def take_in(self, table: pa.Table) -> Columns:
        """Join instruction and input into one question, with history and system before it."""
        if first_bad(_torn_history(table["history"])) is not None:
            raise FormatError(
                "alpaca: history holds a list that is not a pair of question and answer."
            )
        question, start = question_parts(table)
        answer = without_nulls(as_array(table["output"]))
        turns = laid_out(as_array(table["system"]), as_array(table["history"]), question, answer)
        return {"messages": turns.column(), "input_start": start}


def _torn_history(column: pa.ChunkedArray) -> np.ndarray:
    """Mark rows whose history holds anything but pairs of texts."""
    history = as_array(column)
    pairs = history.flatten()
    if not len(pairs):
        return np.zeros(len(history), dtype=bool)
    wrong = list_lengths(pairs) != 2
    texts = pairs.flatten()
    if texts.null_count:
        owner = np.repeat(np.arange(len(pairs)), list_lengths(pairs))
        wrong |= np.bincount(owner, weights=texts.is_null(), minlength=len(pairs)) > 0
    row = np.repeat(np.arange(len(history)), list_lengths(history))
    return np.asarray(np.bincount(row, weights=wrong, minlength=len(history)) > 0)


def _pairs(turns: Turns) -> pa.ListArray:
    count = int(turns.offsets[-1])
    pairs = pa.ListArray.from_arrays(
        pa.array(np.arange(0, count + 1, 2), pa.int32()), turns.fields["content"].cast(pa.string())
    )
    return pa.ListArray.from_arrays(pa.array(turns.offsets // 2, pa.int32()), pairs)
