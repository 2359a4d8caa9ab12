"""Columns of text laid one after the other as the messages of each row, in one copy of the bytes.

Arrow's row-wise join writes the texts of all rows in the order in which messages stand; where one
message ends and the next begins is then a matter of lengths.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.text_buffers import (
    counted_before,
    in_turn,
    text_offsets,
    text_sizes,
    texts_of,
    without_nulls,
    woven,
)
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths, list_offsets
from hf_sft_builders.records import no_texts


def laid_out(
    system: pa.Array, history: pa.Array, question: list[pa.Array], answer: pa.Array
) -> Turns:
    """Make the messages of each row: system, earlier questions and answers, question, answer.

    Args:
        system: Text per row; no message where it is "" or null.
        history: Pairs of texts per row.
        question: Columns whose texts, put together, are the question. No nulls.
        answer: Text per row. No nulls.
    """
    system, said = without_nulls(system), without_nulls(history.flatten().flatten())
    lead_sizes, told = text_sizes(system), 2 * list_lengths(history)
    given = lead_sizes > 0
    offsets = counted_before(told + given + 2)
    leads, ends = offsets[:-1][given], offsets[1:]
    sizes = np.empty(int(offsets[-1]), np.int32)
    sizes[leads] = lead_sizes[given]
    sizes[_neighbours(ends - told - 2, told)] = text_sizes(said)
    sizes[ends - 2] = sum(text_sizes(part) for part in question)
    sizes[ends - 1] = text_sizes(answer)
    parts = [system] if len(leads) else []
    parts += [_joined_history(history, said)] if len(said) else []
    nothing = no_texts(len(sizes))
    fields = {
        "role": _roles(len(sizes), leads),
        "content": _content([*parts, *question, answer], sizes),
        "reasoning": nothing,
        "tool_calls": nothing,
    }
    return Turns(offsets, fields)


def question_parts(table: pa.Table) -> tuple[list[pa.Array], pa.Array]:
    """Give the texts that put together are the question, and at which byte input begins in it."""
    first, second = (without_nulls(as_array(table[name])) for name in ("instruction", "input"))
    before, has_input = text_sizes(first), text_sizes(second) > 0
    if not has_input.any():
        return [first], pa.nulls(len(first), pa.int32())
    between = (before > 0) & has_input
    line_breaks = texts_of(between, pa.py_buffer(b"\n" * int(np.count_nonzero(between))))
    return [first, line_breaks, second], pa.array(before + between, mask=~has_input)


def _neighbours(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Give so many places from each start on, all in one array."""
    rows = np.flatnonzero(counts)
    starts, before = starts[rows], counted_before(counts[rows])
    return np.repeat(starts - before[:-1], counts[rows]) + np.arange(before[-1])


def _roles(count: int, leads: np.ndarray) -> pa.Array:
    """User and assistant in turn behind the system messages."""
    told = in_turn(("user", "assistant"), count - len(leads))
    return woven(told, leads - np.arange(len(leads)), in_turn(("system",), len(leads)))


def _content(parts: list[pa.Array], sizes: np.ndarray) -> pa.Array:
    data = pc.binary_join_element_wise(*parts, "").buffers()[2] if len(sizes) else None
    return texts_of(sizes, data)


def _joined_history(history: pa.Array, said: pa.Array) -> pa.Array:
    """Give all texts of each row's history as one; they stand side by side already."""
    offsets = text_offsets(said)[2 * list_offsets(history)]
    data = said.buffers()[2] or pa.py_buffer(b"")
    return pa.StringArray.from_buffers(len(history), pa.py_buffer(offsets), data)
