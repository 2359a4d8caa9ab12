"""Rules about messages that several formats share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.rules import Rule, has_words
from hf_sft_builders.formats.text_buffers import in_turn, two_in_turn
from hf_sft_builders.formats.turns import Turns, list_lengths

ROLES = ("system", "user", "assistant", "tool")
_ROLES = pa.array(ROLES)

ROLE_ALIASES = {
    "human": "user",
    "question": "user",
    "prompter": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "answer": "assistant",
    "developer": "system",
    "observation": "tool",
    "function_response": "tool",
}
"""Names that other layouts give the roles; lower case."""

SHAREGPT_ALIASES = {
    "user": "human",
    "question": "human",
    "prompter": "human",
    "assistant": "gpt",
    "bot": "gpt",
    "model": "gpt",
    "ai": "gpt",
    "answer": "gpt",
    "tool": "observation",
    "function_response": "observation",
}

ASKS, ANSWERS = ("user",), ("assistant",)


def in_pairs(records: pa.Table) -> np.ndarray:
    """Mark records that are not user and assistant in turn, after an optional system message."""
    _, turns = Turns.of(records["messages"]).split_system()
    return not_alternating(turns, ASKS, ANSWERS)


def not_alternating(turns: Turns, asks: tuple[str, ...], answers: tuple[str, ...]) -> np.ndarray:
    """Mark rows that are not asked at even places (from 0) and answered at odd ones, to the end."""
    in_turn = np.where(turns.position % 2 == 0, turns.has_role(*asks), turns.has_role(*answers))
    short_or_odd = (turns.lengths < 2) | (turns.lengths % 2 == 1)
    return np.asarray(turns.rows_with(~in_turn) | short_or_odd)


PAIRS = Rule(
    "roles-alternate",
    "messages.role",
    "user and assistant in turn, ending with the assistant",
    "The format messages holds any.",
    in_pairs,
)


def no_words(column: str, part: str) -> Callable[[pa.Table], np.ndarray]:
    """Mark rows in which a message's text is null or empty."""

    def broken(table: pa.Table) -> np.ndarray:
        turns = Turns.of(table[column], fields=(part,))
        return turns.rows_with(~has_words(turns.fields[part]))

    return broken


def message_rules(column: str) -> tuple[Rule, ...]:
    """Give the rules of a column of messages that is a part of a conversation."""
    return (
        Rule(
            f"{column}-not-empty",
            column,
            "at least one message",
            "Drop the row.",
            lambda table: list_lengths(table[column]) == 0,
        ),
        Rule(
            f"{column}-roles-known",
            f"{column}.role",
            f"one of {', '.join(ROLES)}",
            "Rename the roles, or convert the rows: sft.convert(ds, to=…).",
            unknown_roles(column, "role", ROLES),
            rename_roles(column, "role", ROLE_ALIASES),
        ),
        Rule(
            f"{column}-words",
            f"{column}.content",
            "words in every message",
            "Drop the row, or say what is missing.",
            no_words(column, "content"),
        ),
    )


def unknown_roles(
    column: str, part: str, known: tuple[str, ...]
) -> Callable[[pa.Table], np.ndarray]:
    """Mark rows in which a message's role is none of those known."""

    def broken(table: pa.Table) -> np.ndarray:
        turns = Turns.of(table[column], (part,))
        return turns.rows_with(~turns.is_one_of(part, known))

    return broken


def rename_roles(column: str, part: str, names: dict[str, str]) -> Callable[[pa.Table], pa.Table]:
    """Rename roles by table, whatever their case; names that are not in it stay."""

    def mend(table: pa.Table) -> pa.Table:
        lists = Turns.of(table[column], _parts(table, column))
        plain = pc.utf8_lower(pc.utf8_trim_whitespace(lists.fields[part]))
        index = pc.index_in(plain, value_set=pa.array(list(names), pa.string()))
        renamed = pa.array(list(names.values()), pa.string()).take(index)
        same = pc.is_in(plain, value_set=pa.array(list(set(names.values())), pa.string()))
        lists.fields[part] = pc.coalesce(
            renamed, pc.if_else(same, plain, lists.fields[part]), lists.fields[part]
        )
        return _with_messages(table, column, lists)

    return mend


def drop_empty_tail(column: str, part: str) -> Callable[[pa.Table], pa.Table]:
    """Drop empty messages at the end of a conversation, never all of them."""

    def mend(table: pa.Table) -> pa.Table:
        lists = Turns.of(table[column], _parts(table, column))
        words = has_words(lists.fields[part])
        last = np.zeros(len(lists.lengths), dtype=np.int64)
        np.maximum.at(last, lists.row[words], lists.position[words])
        return _with_messages(table, column, lists.keep(lists.position <= last[lists.row]))

    return mend


def rename(values: pa.Array, names: dict[str, str], where: str) -> pa.Array:
    """Rename values by table.

    Raises:
        FormatError: if a value is not in it.
    """
    pair = two_in_turn(values)
    if pair and pair[0] in names and pair[1] in names:
        return in_turn((names[pair[0]], names[pair[1]]), len(values))
    index = pc.index_in(values, value_set=pa.array(list(names), pa.string()))
    if index.null_count:
        unknown = values.filter(index.is_null()).unique().to_pylist()
        raise FormatError(f"{where}: unknown role {unknown[0]!r}; known: {', '.join(names)}.")
    return pa.array(list(names.values()), pa.string()).take(index)


def canonical_roles(roles: pa.Array, where: str) -> pa.Array:
    """Give roles the names that records have, whatever the layout calls them.

    Raises:
        FormatError: naming a role that is known under no name.
    """
    if pc.is_in(roles, value_set=_ROLES).true_count == len(roles):
        return roles
    names = {**{role: role for role in ROLES}, **ROLE_ALIASES, "function_call": "assistant"}
    return rename(pc.utf8_lower(pc.utf8_trim_whitespace(roles)), names, where)


def _parts(table: pa.Table, column: str) -> tuple[str, ...]:
    return tuple(field.name for field in table.schema.field(column).type.value_type)


def _with_messages(table: pa.Table, column: str, turns: Turns) -> pa.Table:
    lists = turns.struct_lists({name: name for name in turns.fields})
    return table.set_column(table.schema.get_field_index(column), column, lists)
