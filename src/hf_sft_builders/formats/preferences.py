"""What formats of preference pairs share: where the prompt ends, and the worse answer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.questions import last_of
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import Turns, as_array


def completion_starts(records: pa.Table) -> np.ndarray:
    """Give, per record, how many messages stand before the completion."""
    lengths = Turns.of(records["messages"], ("role",)).lengths
    given = as_array(records["completion_start"])
    last = np.maximum(lengths - 1, 0)
    known = np.asarray(given.is_valid())
    starts = np.nan_to_num(given.to_numpy(zero_copy_only=False)).astype(np.int64)
    return np.asarray(np.where(known, np.minimum(starts, lengths), last))


def kept_starts(starts: np.ndarray, lengths: np.ndarray) -> pa.Array:
    """Give the column `completion_start`: null where the completion is the last message alone."""
    return pa.array(starts.astype(np.int32), mask=starts == lengths - 1)


def no_rejected(records: pa.Table) -> np.ndarray:
    """Mark records without a worse completion."""
    return np.asarray(Turns.of(records["rejected"], ("role",)).lengths == 0)


REJECTED = Rule(
    "rejected-given",
    "rejected",
    "a worse completion beside the conversation",
    "Choose a format without pairs, or make them first.",
    no_rejected,
)


def _not_one_answer(records: pa.Table) -> np.ndarray:
    turns = Turns.of(records["rejected"], ("role",))
    return np.asarray((turns.lengths != 1) | turns.rows_with(~turns.has_role("assistant")))


ONE_REJECTED = Rule(
    "one-rejected-answer",
    "rejected",
    "exactly one worse answer of the assistant",
    "The format preference holds longer ones.",
    _not_one_answer,
)


def rejected_words(records: pa.Table) -> pa.Array:
    """Give the words of the worse answer of records that have exactly one."""
    return last_of(Turns.of(records["rejected"]), "content")


def same_answer(chosen: str, rejected: str) -> Rule:
    """Both answers the same: the loss is ln 2 and teaches nothing."""
    return Rule(
        "answers-differ",
        f"{chosen}, {rejected}",
        "two answers that differ",
        "Drop the row: there is nothing to learn from it.",
        lambda table: _equal(as_array(table[chosen]), as_array(table[rejected])),
    )


def _equal(one: pa.Array, other: pa.Array) -> np.ndarray:
    if pa.types.is_string(one.type):
        same = pc.fill_null(pc.equal(one, other), False)
        return np.asarray(same.to_numpy(zero_copy_only=False), dtype=bool)
    if pa.types.is_struct(one.type):
        whole = np.ones(len(one), dtype=bool)
        for field in one.type:
            whole &= _equal(
                pc.struct_field(one, [field.name]), pc.struct_field(other, [field.name])
            )
        return whole
    return equal_lists(Turns.of(one, ("role", "content")), Turns.of(other, ("role", "content")))


def equal_lists(one: Turns, other: Turns) -> np.ndarray:
    """Say for each row whether two conversations say the same."""
    same = one.lengths == other.lengths
    return np.asarray(same & (shared_prefix(one, other) == one.lengths))


def shared_prefix(one: Turns, other: Turns) -> np.ndarray:
    """Count, per row, the messages that two conversations begin with alike."""
    shorter = np.minimum(one.lengths, other.lengths)
    row = np.repeat(np.arange(len(shorter)), shorter)
    place = np.arange(len(row)) - np.repeat(np.cumsum(shorter) - shorter, shorter)
    here, there = pa.array(one.offsets[row] + place), pa.array(other.offsets[row] + place)
    alike = np.ones(len(row), dtype=bool)
    for field in one.fields:
        mine, theirs = one.fields[field].take(here), other.fields[field].take(there)
        equal = pc.fill_null(pc.equal(mine, theirs), False)
        both_null = pc.and_(mine.is_null(), theirs.is_null())
        alike &= np.asarray(pc.or_(equal, both_null).to_numpy(zero_copy_only=False), dtype=bool)
    prefix = shorter.copy()
    np.minimum.at(prefix, row[~alike], place[~alike])
    return np.asarray(prefix)
