"""Edits of fields: where they go, and whether the format allows them before they are saved.

An edit is kept as the whole new value of its column. It is refused where it has the wrong type, or
makes the row break a rule of its format that it did not break before: a row that was bad may be mended
step by step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.formats import Format
from hf_sft_builders.reviewing.rows import Rows

LOCKED = ("id", "provenance", "content_hash")


def editable_columns(rows: Rows) -> tuple[str, ...]:
    """Name the columns that can be edited: all but lineage and media."""
    schema = rows.features.arrow_schema
    return tuple(
        name
        for name in rows.columns
        if name not in LOCKED and not _has_bytes(schema.field(name).type)
    )


def edited(rows: Rows, row: Mapping[str, Any], place: str, value: Any) -> tuple[str, Any]:
    """Put a value into a row, and give the column with its whole new value.

    Args:
        rows: The dataset.
        row: The row as the reviewer sees it, their earlier edits in it.
        place: A column, or a place in it: `messages.1.content`.
        value: What shall stand there.

    Raises:
        ConfigurationError: if there is no such place, or it cannot be edited.
        FormatError: if the format does not allow the value, saying why.
    """
    column, *path = place.split(".")
    if column not in editable_columns(rows):
        raise ConfigurationError(
            f"{column!r} cannot be edited; what can: {', '.join(editable_columns(rows)) or 'nothing'}."
        )
    new = _put(row[column], path, value, place)
    kind = rows.features.arrow_schema.field(column).type
    new = _in_type(new, kind, place)
    _require_rules(rows, row, column, new)
    return column, new


def class_value(rows: Rows, column: str, name: str, known: Iterable[str]) -> Any:
    """Give a label of a closed list as its column holds it.

    Args:
        rows: The dataset.
        column: The column of labels.
        name: The label.
        known: The closed list.

    Raises:
        ConfigurationError: for a label that is not in it, or rows without the column.
    """
    if column not in rows.columns:
        raise ConfigurationError(
            f"The rows have no column {repr(column) if column else 'of labels'}; they have "
            f"{', '.join(rows.columns)}. Use tags instead, or add the column to the dataset."
        )
    if name not in (labels := list(known)):
        raise ConfigurationError(
            f"{name!r} is not in the list of {column}: {', '.join(labels[:40]) or 'nothing'}."
        )
    return labels.index(name) if column in rows.classes else name


def broken_rules(known: Format, table: pa.Table) -> dict[str, str]:
    """Give the rules that a table's only row breaks, each with what is expected."""
    return {
        rule.name: f"expected {rule.expected}. {rule.fix}"
        for rule, broken in known.findings(table)
        if broken.any()
    }


def _require_rules(rows: Rows, row: Mapping[str, Any], column: str, new: Any) -> None:
    known = rows.format
    if known is None or column not in known.schema.names:
        return
    before = _own_table(rows, known, row)
    after = _own_table(rows, known, {**row, column: new})
    worse = set(broken_rules(known, after)) - set(broken_rules(known, before))
    if worse:
        raise FormatError(f"This edit was not saved: {known.name}: {known.explain(after, 0)}")


def _own_table(rows: Rows, known: Format, row: Mapping[str, Any]) -> pa.Table:
    schema = rows.features.arrow_schema
    names = [name for name in schema.names if name in known.schema.names]
    return pa.table({name: pa.array([row[name]], schema.field(name).type) for name in names})


def _in_type(value: Any, kind: pa.DataType, place: str) -> Any:
    """Give a value as the column's type reads it; a form's text becomes a number where one is due."""
    if isinstance(value, str) and pa.types.is_nested(kind):
        value = _from_json(value, place)
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if isinstance(value, str) and numeric:
        value = _from_json(value.strip().lower(), place)
    try:
        read = pa.array([value], kind).to_pylist()[0]
    except (
        pa.ArrowInvalid,
        pa.ArrowTypeError,
        pa.ArrowNotImplementedError,
        OverflowError,
    ) as error:
        raise _wrong_type(place, kind, value) from error
    if not _same_shape(value, read):
        raise _wrong_type(place, kind, value)
    return read


def _same_shape(given: Any, read: Any) -> bool:
    """Say whether nothing of a value was left out when it was read: Arrow drops unknown fields."""
    if isinstance(given, dict) and isinstance(read, dict):
        return all(name in read and _same_shape(given[name], read[name]) for name in given)
    if isinstance(given, list) and isinstance(read, list):
        return len(given) == len(read) and all(map(_same_shape, given, read))
    return type(given) is type(read) or not isinstance(given, (dict, list, str))


def _from_json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FormatError(
            f"This edit was not saved: {place} needs JSON, and this is none: {error}."
        ) from error


def _wrong_type(place: str, kind: pa.DataType, value: Any) -> FormatError:
    return FormatError(
        f"This edit was not saved: {place} is {kind}; got {type(value).__name__} {str(value)[:120]!r}."
    )


def _put(whole: Any, path: list[str], value: Any, place: str) -> Any:
    if not path:
        return value
    step, *rest = path
    try:
        if isinstance(whole, list):
            number = int(step)
            if not 0 <= number < len(whole):
                raise IndexError(step)
            return [*whole[:number], _put(whole[number], rest, value, place), *whole[number + 1 :]]
        if isinstance(whole, dict) and step in whole:
            return {**whole, step: _put(whole[step], rest, value, place)}
        raise KeyError(step)
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigurationError(
            f"The row has no place {place!r}. Name a column, or a place such as messages.1.content."
        ) from error


def _has_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(_has_bytes(field.type) for field in kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _has_bytes(kind.value_type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
