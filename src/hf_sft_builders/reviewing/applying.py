"""An action to the changes that it makes of each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hf_sft_builders.errors import ConfigurationError, SFTError
from hf_sft_builders.reviewing.actions import CHOICES, DUPLICATE, Action, Changes, simple_changes
from hf_sft_builders.reviewing.editing import class_value, edited
from hf_sft_builders.reviewing.marks import Marks
from hf_sft_builders.reviewing.overlay import RowChange
from hf_sft_builders.reviewing.pairing import TURNED, row_of
from hf_sft_builders.reviewing.pairs_shown import pair_name

_LABELS = ("label", "domain")


def row_changes(
    action: Action,
    places: Sequence[int],
    marks: Marks,
    lists: Mapping[str, tuple[str, Sequence[str]]],
) -> Iterator[RowChange]:
    """Say what an action does to each row, and check it.

    Args:
        action: What is done.
        places: The rows that it is done to.
        marks: The present state.
        lists: `label` and `domain` → their column, and the labels that may be set.

    Raises:
        SFTError: where it cannot be done; nothing may be written then.
    """
    rows, ids = marks.rows, marks.rows.ids
    hashes = marks.hash_of(places)
    if action.kind in ("merge", "choose"):
        yield from _MANY[action.kind](action, places, marks)
        return
    if action.kind in ("edit", "revert", "renew"):
        for place, seen in zip(places, hashes, strict=True):
            yield RowChange(ids[place], seen, _ONE[action.kind](action, place, marks))
        return
    if action.kind in _LABELS:
        column, known = lists[action.kind]
        value = class_value(rows, column, str(action.value or ""), known)
        changes: Changes = {f"edit:{column}": value}
    else:
        changes = simple_changes(action.kind, action.value)
    there = marks.overlay.fields_of(action.reviewer) if None in changes.values() else set()
    for place, seen in zip(places, hashes, strict=True):
        id = ids[place]
        mine = {f: v for f, v in changes.items() if v is not None or (id, f) in there}
        if mine:
            yield RowChange(id, seen, mine)


def present_row(marks: Marks, place: int) -> dict[str, Any]:
    """Give a row with the edits that count."""
    return {**marks.rows.row(place), **marks.edits.get(place, {})}


def _edit(action: Action, place: int, marks: Marks) -> Changes:
    edits = {action.field: action.value} if action.field else action.value
    if not edits or not isinstance(edits, Mapping):
        raise ConfigurationError("edit names no field; give a column, such as field='output'.")
    row, told = present_row(marks, place), Changes()
    for field, wished in edits.items():
        try:
            column, value = edited(marks.rows, row, field, wished)
        except SFTError as error:
            error.add_note(field)
            raise
        row[column] = told[f"edit:{column}"] = value
    return told


def _revert(action: Action, place: int, marks: Marks) -> Changes:
    column = action.field.partition(".")[0]
    mine = [
        entry.field
        for entry in marks.overlay.entries([marks.rows.ids[place]])
        if entry.reviewer == action.reviewer and entry.field.startswith("edit:")
    ]
    return {field: None for field in mine if not column or field == f"edit:{column}"}


def _renew(action: Action, place: int, marks: Marks) -> Changes:
    entries = marks.overlay.entries([marks.rows.ids[place]])
    return {entry.field: entry.value for entry in entries if entry.reviewer == action.reviewer}


def _merge(action: Action, places: Sequence[int], marks: Marks) -> Iterator[RowChange]:
    kept, *others = places
    for place, seen in zip(others, marks.hash_of(others), strict=True):
        told = {"status": "rejected", "reason": DUPLICATE, "duplicate_of": marks.rows.ids[kept]}
        yield RowChange(marks.rows.ids[place], seen, {**told, "no_duplicate": None})


def _choose(action: Action, places: Sequence[int], marks: Marks) -> Iterator[RowChange]:
    if action.value not in CHOICES:
        raise ConfigurationError(
            f"choose is {action.value!r}; expected one of {', '.join(CHOICES)}."
        )
    a, b = action.row_ids[:2]
    if a == b:
        raise ConfigurationError(f"A pair needs two sides; got {a!r} twice.")
    first, second, choice = a, b, str(action.value)
    if first > second:
        first, second, choice = b, a, TURNED.get(choice, choice)
    place = marks.rows.place(row_of(first, marks.rows.places))
    seen = marks.hash_of([place])[0]
    yield RowChange(marks.rows.ids[place], seen, {f"choice:{pair_name(first, second)}": choice})


_ONE = {"edit": _edit, "revert": _revert, "renew": _renew}
_MANY = {"merge": _merge, "choose": _choose}
