"""Two replies to one question, in a raw table: whether they fit together, and differ."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.raw_turns import flags, is_chat, is_text, kind_of, none_of, turns_in
from hf_sft_builders.formats.turns import Turns, as_array

_SIDES = ("chosen", "rejected")


def identical_pair(table: pa.Table) -> np.ndarray:
    """Mark rows whose chosen and rejected replies say the same."""
    kinds = [kind_of(table, side) for side in _SIDES]
    if None in kinds or kinds[0] != kinds[1]:
        return none_of(table)
    if is_text(kinds[0]):
        return flags(pc.equal(as_array(table["chosen"]), as_array(table["rejected"])))
    first, second = (_said(table, side) for side in _SIDES)
    if first is None or second is None:
        return none_of(table)
    return np.array(
        [one is not None and one == two for one, two in zip(first, second, strict=True)]
    )


def mixed_sides(table: pa.Table) -> np.ndarray:
    """Mark all rows where some of prompt, completion, chosen, rejected is text and some is not."""
    kinds = {
        is_text(kind)
        for kind in (kind_of(table, name) for name in ("prompt", "completion", *_SIDES))
        if kind is not None and (is_text(kind) or is_chat(kind))
    }
    return np.full(table.num_rows, len(kinds) > 1)


def first_turns_differ(table: pa.Table) -> np.ndarray:
    """Mark rows without a prompt whose two conversations do not begin with the same message."""
    first, second = turns_in(table, "chosen"), turns_in(table, "rejected")
    if "prompt" in table.column_names or first is None or second is None:
        return none_of(table)
    one, two = _opening(first), _opening(second)
    same = flags(pc.equal(one[0], two[0])) & flags(pc.equal(one[1], two[1]))
    return np.asarray(~same)


def outer_space(table: pa.Table) -> np.ndarray:
    """Mark rows with a reply that begins or ends with space."""
    mask = none_of(table)
    for side in _SIDES:
        kind = kind_of(table, side)
        if is_text(kind):
            texts = as_array(table[side])
        elif kind is not None and pa.types.is_struct(kind) and kind.get_field_index("content") >= 0:
            texts = pc.struct_field(as_array(table[side]), "content")
        else:
            continue
        if is_text(texts.type):
            mask |= flags(pc.not_equal(pc.utf8_trim_whitespace(texts), texts))
    return mask


def rejected_equals_reply(table: pa.Table) -> np.ndarray:
    """Mark rows whose `rejected_response` is null or what the last message says."""
    turns = turns_in(table, "messages")
    if "rejected_response" not in table.column_names or turns is None:
        return none_of(table)
    rejected = as_array(table["rejected_response"])
    missing = flags(rejected.is_null())
    if not is_text(rejected.type):
        return missing
    filled = turns.lengths > 0
    last = np.where(filled, turns.offsets[1:] - 1, 0)
    replies = turns.fields["content"].take(pa.array(last, mask=~filled))
    return np.asarray(missing | flags(pc.equal(replies, rejected)))


def _opening(turns: Turns) -> tuple[pa.Array, pa.Array]:
    """Give role and content of each row's first message, null where there is none."""
    filled = turns.lengths > 0
    places = pa.array(np.where(filled, turns.offsets[:-1], 0), mask=~filled)
    return turns.fields["role"].take(places), turns.fields["content"].take(places)


def _said(table: pa.Table, column: str) -> list[object] | None:
    """Give what each row of a column of messages says, as Python values."""
    kind = kind_of(table, column)
    if kind is None or not (is_chat(kind) or pa.types.is_struct(kind)):
        return None
    said: list[object] = table[column].to_pylist()
    return said
