r"""`alpaca`: instruction, input, output, system, history; always all five.

One row:
    {"instruction": "云溪古城的门票是多少钱？", "input": "", "output": "80 元／人",
     "system": "", "history": [["earlier question", "earlier answer"]]}

The traps: trainers read `instruction + "\n" + input` as the question, so records hold it joined and
remember where `input` began; `history` is a list of pairs of strings (as structs, LLaMA-Factory
trains on the key names). Source: https://llamafactory.readthedocs.io (data preparation, Alpaca).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, Field

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.base import Format, first_bad
from hf_sft_builders.formats.turns import Turns, as_array, list_offsets
from hf_sft_builders.records import record_table

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

    @property
    def features(self) -> datasets.Features:
        """Five columns; `history` is a list of lists of two strings."""
        import datasets

        text = datasets.Value("string")
        return datasets.Features({**dict.fromkeys(_COLUMNS[:4], text), "history": [[text]]})

    def from_records(self, table: pa.Table) -> pa.Table:
        """Take the last question and answer; what stands before is history."""
        self.refuse_losses(table)
        system, turns = Turns.of(table["messages"]).split_system()
        _require_pairs(turns)
        content, ends = turns.fields["content"], turns.offsets[1:]
        question = content.take(pa.array(ends - 2))
        instruction, rest = _part_input(question, table)
        early = turns.keep(turns.position < turns.lengths[turns.row] - 2)
        columns = {
            "instruction": instruction,
            "input": rest,
            "output": content.take(pa.array(ends - 1)),
            "system": system,
            "history": _pairs(early),
        }
        return pa.table({**columns, **self.carried(table)})

    def to_records(self, table: pa.Table) -> pa.Table:
        """Join instruction and input into one question, with history and system before it."""
        rows = table.num_rows
        text = {
            name: pc.fill_null(as_array(table[name]).cast(pa.string()), "")
            for name in ("instruction", "input", "output")
        }
        both = np.asarray(_nonempty(text["instruction"])) & np.asarray(_nonempty(text["input"]))
        joiner = pa.array(np.where(both, "\n", ""), pa.string())
        question = pc.binary_join_element_wise(text["instruction"], joiner, text["input"], "")
        turns = _conversation(as_array(table["history"]), question, text["output"])
        start = pc.add(pc.utf8_length(text["instruction"]), pc.utf8_length(joiner))
        start = pc.if_else(pa.array(_nonempty(text["input"])), start, pa.nulls(rows, start.type))
        carried = {name: table[name] for name in table.column_names if name not in _COLUMNS}
        messages = turns.with_system(as_array(table["system"]).cast(pa.string())).column()
        return record_table({"messages": messages, "input_start": start, **carried}, rows)

    def check(self, table: pa.Table) -> pa.BooleanArray:
        """A question and an answer that say something, and history in pairs of strings."""
        asks = _nonempty(table["instruction"]) | _nonempty(table["input"])
        pairs = as_array(table["history"]).flatten()
        wrong = (pc.list_value_length(pairs).to_numpy(zero_copy_only=False) != 2).astype(float)
        lengths = np.diff(list_offsets(as_array(table["history"])))
        row = np.repeat(np.arange(len(lengths)), lengths)
        torn = np.bincount(row, weights=wrong, minlength=len(lengths)) > 0
        return pa.array(asks & _nonempty(table["output"]) & ~torn)


def _nonempty(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    lengths = pc.fill_null(pc.utf8_length(as_array(column).cast(pa.string())), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False)) > 0


def _require_pairs(turns: Turns) -> None:
    expected = np.where(
        turns.position % 2 == 0, turns.has_role("user"), turns.has_role("assistant")
    )
    bad = turns.rows_with(~expected) | (turns.lengths < 2) | (turns.lengths % 2 == 1)
    index = first_bad(bad)
    if index is not None:
        roles = turns.fields["role"].to_pylist()[turns.offsets[index] : turns.offsets[index + 1]]
        raise FormatError(
            f"alpaca: row {index}: found the roles {', '.join(map(str, roles)) or 'none'}; expected "
            "user and assistant in turn, ending with the assistant. The format messages holds any."
        )


def _part_input(question: pa.Array, table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Part questions where `input` began; where it did not begin, all is instruction."""
    if "input_start" not in table.column_names or table["input_start"].null_count == len(table):
        return question, pa.array([""] * len(question), pa.string())
    texts, starts = question.to_pylist(), table["input_start"].to_pylist()
    parts = [
        (text, "") if start is None else (text[: max(start - 1, 0)], text[start:])
        for text, start in zip(texts, starts, strict=True)
    ]
    return (
        pa.array([first for first, _ in parts], pa.string()),
        pa.array([second for _, second in parts], pa.string()),
    )


def _pairs(turns: Turns) -> pa.ListArray:
    count = int(turns.offsets[-1])
    pairs = pa.ListArray.from_arrays(
        pa.array(np.arange(0, count + 1, 2), pa.int32()), turns.fields["content"].cast(pa.string())
    )
    return pa.ListArray.from_arrays(pa.array(turns.offsets // 2, pa.int32()), pairs)


def _conversation(history: pa.Array, question: pa.Array, answer: pa.Array) -> Turns:
    """Lay history, question and answer of each row one after the other."""
    pairs = history.flatten()
    said = pairs.flatten().cast(pa.string())
    if len(said) != 2 * len(pairs):
        raise FormatError("alpaca: history holds a list that is not a pair of question and answer.")
    rows = len(question)
    lengths = np.diff(list_offsets(history)) * 2
    offsets = np.concatenate([[0], np.cumsum(lengths + 2)]).astype(np.int64)
    take = np.full(offsets[-1], -1, dtype=np.int64)
    take[offsets[1:] - 2] = len(said) + np.arange(rows)
    take[offsets[1:] - 1] = len(said) + rows + np.arange(rows)
    take[take < 0] = np.arange(len(said))
    content = pa.concat_arrays([said, question, answer]).take(pa.array(take))
    role = pa.DictionaryArray.from_arrays(
        pa.array(np.arange(len(take)) % 2, pa.int8()), pa.array(["user", "assistant"])
    ).cast(pa.string())
    empty = pa.nulls(len(take), pa.string())
    fields = {"role": role, "content": content, "reasoning": empty, "tool_calls": empty}
    return Turns(offsets, fields)
