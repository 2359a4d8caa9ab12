"""A format that is another one with columns of the record beside it.

`alpaca_kto` is `alpaca` and `kto_tag`, `domain` is `alpaca` and `domain`: what differs is data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import BaseModel, create_model

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.column_rules import any_null
from hf_sft_builders.formats.questions import empty_for_none, none_for_empty
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.turns import as_array, empty_lists, none_for_no_items
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class Place:
    """Where a column of the record stands in a format."""

    record: str
    """The record's column."""
    kind: Any
    """Its type, as `typed` reads it."""
    python: Any
    """Its type in the documented row."""
    required: bool = False
    """Whether every row must have it; otherwise nothing is "" or []."""
    adapt: Callable[[pa.ChunkedArray], pa.Array] | None = None
    """Brings the column of a user's file into this type."""


class Beside(Format):
    """Another format and columns beside it.

    Args:
        name: Of the new format.
        base: The format that holds the words.
        places: Column → where it comes from.
        rules: What must hold beside the rules of the base.
    """

    def __init__(
        self, name: str, base: Format, places: Mapping[str, Place], rules: tuple[Rule, ...] = ()
    ) -> None:
        self.name, self._base, self._places = name, base, dict(places)
        required = tuple(column for column, place in places.items() if place.required)
        needed = tuple(_needed(column) for column in required)
        self.holds = base.holds | {place.record for place in places.values()}
        self.rules = (*base.rules, *needed, *rules)
        self.sayable = (*base.sayable, *(_given(places[column].record) for column in required))
        self.defaults = {  # type: ignore[misc]
            **base.defaults,
            **{
                c: [] if isinstance(p.kind, list) else ""
                for c, p in places.items()
                if not p.required
            },
        }
        fields: dict[str, Any] = {c: (place.python, ...) for c, place in places.items()}
        self.Row: type[BaseModel] = create_model(f"{name}_row", __base__=base.Row, **fields)

    @property
    def features(self) -> datasets.Features:
        """The columns of the base, and those beside it."""
        beside = typed({column: place.kind for column, place in self._places.items()})
        return type(beside)({**self._base.features, **beside})

    def adapt(self, table: pa.Table) -> pa.Table:
        """Take media in any form, and what the base adapts."""
        for column, place in self._places.items():
            if place.adapt and column in table.column_names:
                index = table.schema.get_field_index(column)
                table = table.set_column(index, column, place.adapt(table[column]))
        return self._base.adapt(table)

    def lay_out(self, records: pa.Table) -> Columns:
        """Lay out the base, and the columns beside it."""
        beside = {c: _shown(records[p.record], p) for c, p in self._places.items()}
        return {**self._base.lay_out(records), **beside}

    def take_in(self, table: pa.Table) -> Columns:
        """Take in the base, and the columns beside it."""
        beside = {p.record: _taken(table[c], p) for c, p in self._places.items()}
        return {**self._base.take_in(table), **beside}


def _shown(column: pa.ChunkedArray, place: Place) -> pa.Array:
    if isinstance(place.kind, list):
        return empty_lists(column)
    return empty_for_none(column) if place.kind == "string" else as_array(column)


def _taken(column: pa.ChunkedArray, place: Place) -> pa.Array:
    if isinstance(place.kind, list):
        return none_for_no_items(column)
    return none_for_empty(column) if place.kind == "string" else as_array(column)


def _needed(column: str) -> Rule:
    return Rule(
        f"{column.replace('_', '-')}-given",
        column,
        "a value in every row",
        "Drop the row, or say what is missing.",
        lambda table: any_null(table, (column,)),
    )


def _given(field: str) -> Rule:
    return Rule(
        f"{field}-given",
        field,
        f"{field} in every record",
        "Choose a format without it, or fill it in.",
        lambda records: any_null(records, (field,)),
    )
