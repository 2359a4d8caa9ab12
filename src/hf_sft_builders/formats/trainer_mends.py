"""The one safe answer to some rules of trainers, over a whole table."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.formats.raw_turns import is_text

Mend = Callable[[pa.Table], pa.Table]


def _each(columns: tuple[str, ...], change: Callable[[pa.Table, str], pa.Table]) -> Mend:
    def mend(table: pa.Table) -> pa.Table:
        for column in columns:
            if column in table.column_names:
                table = change(table, column)
        return table

    return mend


def empty_for_null(*columns: str) -> Mend:
    """Write "" for null in columns of text."""

    def change(table: pa.Table, column: str) -> pa.Table:
        values = table[column]
        if pa.types.is_null(values.type):
            values = values.cast(pa.string())
        if not is_text(values.type):
            return table
        return _with(table, column, pc.fill_null(values, ""))

    return _each(columns, change)


def null_for_empty(*columns: str) -> Mend:
    """Write null for "" in columns of text."""

    def change(table: pa.Table, column: str) -> pa.Table:
        values = table[column]
        if not is_text(values.type):
            return table
        return _with(table, column, pc.if_else(pc.equal(values, ""), None, values))

    return _each(columns, change)


def as_bools(*columns: str) -> Mend:
    """Write true and false for a column of nothing but 1 and 0."""

    def change(table: pa.Table, column: str) -> pa.Table:
        values = table[column]
        if not pa.types.is_integer(values.type) or values.null_count:
            return table
        if not pc.all(pc.is_in(values, value_set=pa.array([0, 1], values.type))).as_py():
            return table
        return _with(table, column, values.cast(pa.bool_()))

    return _each(columns, change)


def without(*columns: str) -> Mend:
    """Leave out columns of nulls alone."""

    def change(table: pa.Table, column: str) -> pa.Table:
        empty = table[column].null_count == table.num_rows
        return table.drop_columns([column]) if empty else table

    return _each(columns, change)


def _with(table: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)
