"""Questions, answers and reasoning of whole tables: joined, parted, interleaved, in bulk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.text_buffers import cut_bytes, cut_texts, empty_texts
from hf_sft_builders.formats.turns import Turns, as_array, list_lengths


def join_input(table: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Join instruction and input as trainers do; say where input begins, null where there is none."""
    first = pc.fill_null(as_array(table["instruction"]), "")
    second = pc.fill_null(as_array(table["input"]), "")
    has_input = has_words(second)
    if not has_input.any():
        return first, pa.nulls(len(first), pa.int32())
    between = pa.array(np.where(has_words(first) & has_input, "\n", ""), pa.string())
    start = pc.add(pc.binary_length(first), pc.binary_length(between))
    start = pc.if_else(pa.array(has_input), start, pa.nulls(len(first), start.type))
    return pc.binary_join_element_wise(first, between, second, ""), start


def part_input(question: pa.Array, records: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Part questions where `input` began; where it did not begin, all is instruction."""
    column = records["input_start"] if "input_start" in records.column_names else None
    if column is None or column.null_count == len(column):
        return question, empty_texts(len(question))
    starts = as_array(column)
    size = starts.to_numpy(zero_copy_only=False)
    apart = np.asarray(starts.is_valid())
    before = np.where(apart, np.maximum(np.nan_to_num(size) - 1, 0), 2**31 - 1).astype(np.int64)
    after = np.where(apart, np.nan_to_num(size), 2**31 - 1).astype(np.int64)
    return cut_bytes(question, stops=before), cut_bytes(question, starts=after)


def conversation(told: Sequence[tuple[str, pa.Array]], reasoning: pa.Array | None = None) -> Turns:
    """Lay one message per role and row in turn; the last one may have reasoning.

    Args:
        told: Role and its words, one text per row, in the order of the conversation.
        reasoning: Of the last message, one per row, null where there is none.
    """
    rows, parts = len(told[0][1]), len(told)
    order = pa.array(np.arange(rows * parts).reshape(parts, rows).T.ravel())
    content = pa.concat_arrays([as_array(words).cast(pa.string()) for _, words in told])
    nothing = pa.nulls(rows * parts, pa.string())
    thoughts = nothing
    if reasoning is not None and reasoning.null_count < rows:
        before = pa.nulls(rows * (parts - 1), pa.string())
        thoughts = pa.concat_arrays([before, as_array(reasoning).cast(pa.string())]).take(order)
    role = pa.array([role for role, _ in told], pa.string())
    fields = {
        "role": role.take(pa.array(np.tile(np.arange(parts), rows))),
        "content": content.take(order),
        "reasoning": thoughts,
        "tool_calls": nothing,
    }
    return Turns(np.arange(0, rows * parts + 1, parts, dtype=np.int64), fields)


def last_of(turns: Turns, field: str, back: int = 1) -> pa.Array:
    """Give a field of each row's last message (`back=1`), or of one before it."""
    return turns.fields[field].take(pa.array(turns.offsets[1:] - back))


def one_pair(records: pa.Table) -> np.ndarray:
    """Mark records that are not exactly a user's message and the assistant's answer."""
    turns = Turns.of(records["messages"])
    in_turn = np.where(turns.position == 0, turns.has_role("user"), turns.has_role("assistant"))
    return np.asarray(turns.rows_with(~in_turn) | (turns.lengths != 2))


ONE_PAIR = Rule(
    "one-pair",
    "messages.role",
    "user and assistant, once, and no system message",
    "The formats messages and prompt_completion hold longer conversations.",
    one_pair,
)


def reasoning_early(records: pa.Table) -> np.ndarray:
    """Mark records with reasoning elsewhere than in the last message."""
    turns = Turns.of(records["messages"])
    thought = np.asarray(turns.fields["reasoning"].is_valid())
    last = turns.position == turns.lengths[turns.row] - 1
    return turns.rows_with(thought & ~last)


REASONING_LAST = Rule(
    "reasoning-last",
    "messages",
    "reasoning in the last message only",
    "The format messages_reasoning holds it anywhere.",
    reasoning_early,
)


def words_rule(column: str, fix: str = "Drop the row, or say what is missing.") -> Rule:
    """A column of text that must say something."""
    name = column.replace("_", "-")
    return Rule(f"{name}-words", column, "words", fix, lambda table: ~has_words(table[column]))


def none_for_empty(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give null for ""."""
    texts = as_array(column)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)


def empty_for_none(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give "" for null."""
    return pc.fill_null(as_array(column), "")


def join_steps(steps: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Join reasoning steps, a line each; say where each begins, null for less than two.

    Returns:
        The reasoning, null for no steps, and lists of code points.
    """
    counts = list_lengths(steps)
    texts = pc.fill_null(steps.flatten(), "")
    whole = pc.list_value_length(steps)
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), "\n")
    has_steps = pc.greater(pc.fill_null(whole, 0), 0)
    reasoning = pc.if_else(has_steps, joined, pa.scalar(None, pa.string()))
    sizes = pc.utf8_length(texts).to_numpy(zero_copy_only=False) + 1
    ends = np.cumsum(sizes)
    starts = ends - sizes
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    base = np.repeat(
        starts[np.minimum(first, max(len(starts) - 1, 0))] if len(starts) else first, counts
    )
    places = pa.array((starts - base).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, places, mask=pa.array(counts < 2))
    return reasoning, lists


def part_steps(reasoning: pa.Array, starts: pa.Array) -> pa.ListArray:
    """Part reasoning into its steps again; one step where no beginnings are known, none for null."""
    known = np.asarray(starts.is_valid())
    counts = np.where(known, list_lengths(starts), 1) * np.asarray(reasoning.is_valid())
    offsets = np.concatenate([[0], np.cumsum(counts)])
    row = np.repeat(np.arange(len(reasoning)), counts)
    begin = np.zeros(len(row), dtype=np.int64)
    begin[(known & (counts > 0))[row]] = (
        starts.filter(pa.array(known & (counts > 0))).flatten().to_numpy(zero_copy_only=False)
    )
    stop = np.full(len(row), 2**31 - 1, dtype=np.int64)
    same = row[1:] == row[:-1]
    stop[:-1][same] = begin[1:][same] - 1
    texts = cut_texts(reasoning.take(pa.array(row)).cast(pa.string()), begin, stop)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts)
