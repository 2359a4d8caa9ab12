"""Queries that users would put to a table: kinds by the tool's slots, values by its records."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.slots.table import RecordTable, listed, names_of
from hf_sft_builders.synthesis.slots.tool import RecordField, Slot, Tool
from hf_sft_builders.synthesis.slots.wording import pick

_STEPS = (0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000, 5000, 10_000)
_MOST_WORDS = 2


class Queries:
    """Draws queries of a kind, by seed and number alone.

    Kinds: `name` (by short name), `ceiling`, `floor`, `range` (of the first bounded column),
    `rating` (a floor of another column), `words` (what a record has or is), `combination` (bounds
    and words together), `no_hit` (nothing fits).
    """

    def __init__(self, tool: Tool, table: RecordTable, seed: int) -> None:
        self.tool, self._table, self._seed = tool, table, seed

    def kinds(self) -> list[str]:
        """Give the kinds that the tool's slots allow."""
        first, others = self._bounded[:1], self._bounded[1:]
        ends = {slot.match for field in first for slot in self._ends(field).values()}
        possible = {
            "name": bool(self._named),
            "ceiling": "at_most" in ends,
            "floor": "at_least" in ends,
            "range": len(ends) == 2,
            "rating": any("at_least" in self._ends(field) for field in others),
            "words": bool(self._worded),
            "combination": bool(ends and (self._worded or others)),
            "no_hit": bool(ends and self._worded),
        }
        return [kind for kind, is_possible in possible.items() if is_possible]

    def draw(self, kind: str, number: int) -> dict[str, Any] | None:
        """Draw the `number`-th query of a kind; None where it came out as another kind."""
        key = (self._seed, kind, number)
        record = pick(self._table.rows, *key, "record")
        given: dict[str, Any] = getattr(self, f"_{kind}")(record, key) or {}
        arguments = self.tool.arguments(given)
        if not arguments:
            return None
        hits = self._table.find(self.tool, arguments, 1).total
        wanted = not hits if kind == "no_hit" else 0 < hits < max(2, len(self._table.rows))
        return arguments if wanted else None

    def _name(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        asked = {self._named[0].name: names_of(self.tool, record)[-1]}
        if self._bounded and draw(0, *key, "bounded") < 0.2:
            asked |= self._bound(self._bounded[0], record, key, ("at_most", "at_least"))
        return asked

    def _ceiling(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        return self._bound(self._bounded[0], record, key, ("at_most",))

    def _floor(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        return self._bound(self._bounded[0], record, key, ("at_least",))

    def _range(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        both = self._bound(self._bounded[0], record, key, ("at_least", "at_most"), both=True)
        return both if len(set(both.values())) == 2 else {}

    def _rating(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        floors = [field for field in self._bounded[1:] if "at_least" in self._ends(field)]
        asked = self._bound(pick(floors, *key, "field"), record, key, ("at_least",))
        return asked | (self._words_of(record, key, 1) if draw(0, *key, "more") < 0.5 else {})

    def _words(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        return self._words_of(record, key, _MOST_WORDS)

    def _combination(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        """A bound of the first column always, and at least one thing more."""
        both: list[tuple[str, ...]] = [("at_most",), ("at_least",), ("at_least", "at_most")]
        ways = [way for way in both if set(way) <= set(self._ends(self._bounded[0]))]
        way = pick(ways, *key, "way")
        bound = self._bound(self._bounded[0], record, key, way, both=True)
        if len(set(bound.values())) < len(way):
            return {}
        floors = [field for field in self._bounded[1:] if "at_least" in self._ends(field)]
        if floors and draw(0, *key, "rated") < 0.45:
            more = self._bound(pick(floors, *key, "field"), record, key, ("at_least",))
            more |= self._words_of(record, key, pick((0, 1), *key, "words"))
        else:
            more = self._words_of(record, key, pick((1, 2), *key, "words"))
        return bound | more if more else {}

    def _no_hit(self, record: Row, key: tuple[object, ...]) -> dict[str, Any]:
        """What one record has, at a price that none such has."""
        low = pick(self._table.rows, *key, "other")
        bound = self._bound(self._bounded[0], low, key, ("at_most", "at_least"))
        return bound | self._words_of(record, key, 2)

    def _words_of(self, record: Row, key: tuple[object, ...], most: int) -> dict[str, Any]:
        """Ask for what the record has: one or two facilities, its district, its kind."""
        able = [s for s in self._worded if record.get(s.field.name) not in (None, "", [])]
        chosen = sorted(able, key=lambda slot: draw(0, *key, slot.name))[:most]
        asked: dict[str, Any] = {}
        for slot in chosen:
            held = record[slot.field.name]
            if slot.match == "equals":
                asked[slot.name] = held
                continue
            values = sorted(listed(held), key=lambda value: draw(0, *key, slot.name, value))
            asked[slot.name] = values[: pick((1, 1, 2), *key, slot.name, "many")]
        return asked

    def _bound(
        self,
        field: RecordField,
        record: Row,
        key: tuple[object, ...],
        sides: tuple[str, ...],
        both: bool = False,
    ) -> dict[str, Any]:
        """Bound a column by round numbers around the record's own."""
        ends = self._ends(field)
        sides = tuple(side for side in sides if side in ends)
        if not both:
            sides = (pick(sides, *key, field.name, "side"),)
        step, value = self._step(field), record.get(field.name)
        if value is None:
            return {}
        asked: dict[str, Any] = {}
        for side in sides:
            away = int(draw(0, *key, field.name, side) * 4)
            number = (
                math.ceil(value / step - 1e-9) + away
                if side == "at_most"
                else math.floor(value / step + 1e-9) - away
            ) * step
            number = round(number, 6)
            asked[ends[side].name] = int(number) if float(number).is_integer() else number
        return asked if min(asked.values()) > 0 else {}

    def _step(self, field: RecordField) -> float:
        """Numbers that people say: some dozens of them between the least and the most."""
        values = [
            float(row[field.name]) for row in self._table.rows if row.get(field.name) is not None
        ]
        width = (max(values) - min(values)) / 60
        return min((step for step in _STEPS if step >= width), default=_STEPS[-1])

    @cached_property
    def _named(self) -> list[Slot]:
        return [slot for slot in self.tool.slots.values() if slot.match == "name"]

    @cached_property
    def _worded(self) -> list[Slot]:
        return [slot for slot in self.tool.slots.values() if slot.match in ("equals", "has_all")]

    @cached_property
    def _bounded(self) -> list[RecordField]:
        fields = {s.field.name: s.field for s in self.tool.slots.values() if s.is_bound}
        return list(fields.values())

    def _ends(self, field: RecordField) -> dict[str, Slot]:
        slots = self.tool.slots.values()
        return {s.match: s for s in slots if s.is_bound and s.field.name == field.name}
