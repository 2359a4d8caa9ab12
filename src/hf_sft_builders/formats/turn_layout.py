"""Columns of text laid one after the other as the messages of each row, in one copy of the bytes.

Arrow's row-wise join writes the texts of all rows in the order in which messages stand; where one
message ends and the next begins is then a matter of lengths.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.rules import has_words
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths, list_offsets

_ROLES = pa.array(["user", "assistant", "system"], pa.string())
_SYSTEM = 2
_LINE_BREAK = pa.array(["", "\n"], pa.string())


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
    system = pc.fill_null(system, "")
    said = pc.fill_null(history.flatten().flatten(), "")
    given = _sizes(system) > 0
    pairs = list_lengths(history)
    offsets = np.concatenate([[0], np.cumsum(given + 2 * pairs + 2)]).astype(np.int64)
    leads, ends = offsets[:-1][given], offsets[1:]
    sizes = np.empty(offsets[-1], dtype=np.int64)
    earlier = np.ones(len(sizes), dtype=bool)
    for places, found in (
        (leads, _sizes(system)[given]),
        (ends - 2, sum(_sizes(part) for part in question)),
        (ends - 1, _sizes(answer)),
    ):
        sizes[places] = found
        earlier[places] = False
    sizes[earlier] = _sizes(said)
    parts = [system] if given.any() else []
    parts += [_joined_history(history, said)] if len(said) else []
    content = _content([*parts, *question, answer], sizes)
    nothing = pa.nulls(len(sizes), pa.string())
    fields = {
        "role": _roles(offsets, given, leads),
        "content": content,
        "reasoning": nothing,
        "tool_calls": nothing,
    }
    return Turns(offsets, fields)


def question_parts(table: pa.Table) -> tuple[list[pa.Array], pa.Array]:
    """Give the texts that put together are the question, and where input begins in it."""
    first = pc.fill_null(as_array(table["instruction"]), "")
    second = pc.fill_null(as_array(table["input"]), "")
    has_input = has_words(second)
    if not has_input.any():
        return [first], pa.nulls(len(first), pa.int32())
    between = has_words(first) & has_input
    joiner = _LINE_BREAK.take(pa.array(between.astype(np.int8)))
    chosen = pa.array(np.flatnonzero(has_input))
    start = np.zeros(len(first), dtype=np.int32)
    start[has_input] = pc.utf8_length(first.take(chosen)).to_numpy()
    return [first, joiner, second], pa.array(start + between, pa.int32(), mask=~has_input)


def _roles(offsets: np.ndarray, given: np.ndarray, leads: np.ndarray) -> pa.Array:
    """User and assistant in turn behind the system message."""
    begin = np.repeat(offsets[:-1] + given, np.diff(offsets))
    codes = ((np.arange(offsets[-1]) - begin) & 1).astype(np.int8)
    codes[leads] = _SYSTEM
    return _ROLES.take(pa.array(codes))


def _content(parts: list[pa.Array], sizes: np.ndarray) -> pa.Array:
    offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
    np.cumsum(sizes, out=offsets[1:])
    data: Any = pc.binary_join_element_wise(*parts, "").buffers()[2] if len(sizes) else None
    return pa.StringArray.from_buffers(len(sizes), pa.py_buffer(offsets), data or pa.py_buffer(b""))


def _joined_history(history: pa.Array, said: pa.Array) -> pa.Array:
    """Give all texts of each row's history as one."""
    lists = pa.ListArray.from_arrays(pa.array(2 * list_offsets(history), pa.int32()), said)
    return pc.binary_join(lists, "")


def _sizes(texts: pa.Array) -> np.ndarray:
    return np.asarray(pc.binary_length(texts).to_numpy(zero_copy_only=False))
