"""The records that a tool looks things up in. What a query returns is computed, never made up.

>>> table = RecordTable.of([{"name": "云溪客栈", "price": 320}])
>>> table.find(tool, {"price_range_upper": 300}).total
0
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.files import read_tables
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.slots.tool import Slot, Tool
from hf_sft_builders.synthesis.validators.quotes import even

_LISTED = re.compile(r"\s*[、;；|/]\s*")


@dataclass(frozen=True)
class Result:
    """What a query returns."""

    total: int
    """How many records fit."""
    records: tuple[Row, ...]
    """So many of them as were asked for, in the table's order."""

    def to_json(self) -> str:
        """As the tool's message holds it."""
        told = {"total": self.total, "records": list(self.records)}
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Result | None:
        """Read a tool's message: this form, or a plain list of records; None for anything else."""
        try:
            told = json.loads(text)
        except ValueError:
            return None
        if isinstance(told, list):
            told = {"records": told}
        if not isinstance(told, Mapping) or not isinstance(told.get("records"), list):
            return None
        records = tuple(record for record in told["records"] if isinstance(record, dict))
        return cls(int(told.get("total", len(records))), records)


@dataclass(frozen=True)
class RecordTable:
    """Records; equal where their JSON is."""

    text: str

    def __reduce__(self) -> tuple[type[RecordTable], tuple[Any, ...]]:
        return type(self), (self.text,)  # what was read of it stays out of hashes and pickles

    @classmethod
    def of(cls, given: RecordTable | str | Path | Iterable[Mapping[str, Any]]) -> RecordTable:
        """Read records: a file (CSV, JSON, JSONL, Parquet, Arrow), a `Dataset`, or a list of dicts.

        Raises:
            ConfigurationError: if there are none.
        """
        if isinstance(given, RecordTable):
            return given
        if isinstance(given, (str, Path)):
            rows = [row for table in read_tables(given) for row in table.to_pylist()]
        else:
            rows = [dict(row) for row in given]
        if not rows:
            raise ConfigurationError("There are no records: a tool needs some to find.")
        return cls(json.dumps(rows, ensure_ascii=False, default=str))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All records, as they are written."""
        return tuple(json.loads(self.text))

    def typed(self, tool: Tool) -> RecordTable:
        """Give the records with numbers where slots bound them, and lists where slots look into them.

        CSV holds text only. Null fields are left out.

        Raises:
            ConfigurationError: for a column that is not there, or a value that is no number.
        """
        for slot in tool.slots.values():
            if not any(slot.field.name in row for row in self.rows):
                raise ConfigurationError(
                    f"Slot {slot.name!r} looks into the column {slot.field.name!r}; the records have "
                    f'{", ".join(self.rows[0])}. Name it in the tool: "x-slots": '
                    f'{{"{slot.name}": {{"field": …}}}}.'
                )
        rows = [_typed_row(number, row, tool) for number, row in enumerate(self.rows, 1)]
        return RecordTable(json.dumps(rows, ensure_ascii=False))

    def find(self, tool: Tool, arguments: Mapping[str, Any], limit: int | None = None) -> Result:
        """Look up, exactly: every slot must fit.

        A name fits a record of that name or short name, else all whose name holds it as it stands.
        Where more fit than `limit`, the query decides which are given, so that no record is in every
        result; they stand in the table's order.
        """
        rest = [(tool.slots[name], value) for name, value in arguments.items()]
        fitting = [row for row in self.rows if all(_fits(slot, row, value) for slot, value in rest)]
        for slot, value in rest:
            if slot.match == "name":
                fitting = self._named(tool, fitting, str(value))
        return Result(len(fitting), tuple(_some(fitting, limit, str(_meant(rest)))))

    def _named(self, tool: Tool, rows: list[Row], asked: str) -> list[Row]:
        wanted = plain(asked)
        exact = [row for row in rows if wanted in map(plain, names_of(tool, row))]
        return exact or [row for row in rows if wanted and wanted in plain(names_of(tool, row)[0])]


def _meant(asked: list[tuple[Slot, Any]]) -> dict[str, Any]:
    """Give a query with values in place of the phrases that stand for them."""
    return {
        slot.name: [slot.canonical(part) for part in value] if isinstance(value, list)
        else slot.canonical(value) if isinstance(value, str) else value
        for slot, value in asked
    }  # fmt: skip


def _some(rows: list[Row], limit: int | None, query: str) -> list[Row]:
    if limit is None or len(rows) <= limit:
        return rows
    drawn = sorted(range(len(rows)), key=lambda index: draw(0, query, index))
    return [rows[index] for index in sorted(drawn[:limit])]


def names_of(tool: Tool, row: Mapping[str, Any]) -> list[str]:
    """Give the names of a record: the whole one, then the short one."""
    said = (row.get(tool.record["name"]), row.get(tool.record["short_name"]))
    return [str(name) for name in said if name]


plain = lru_cache(maxsize=1 << 16)(even.__wrapped__)
"""A text for comparison; values of records are short and many, so more of them are kept."""


def listed(value: Any) -> list[str]:
    """Give a value that holds several as a list: JSON text, or parted by 、;|/."""
    if isinstance(value, (list, tuple)):
        return [str(part) for part in value]
    text = str(value or "")
    if text.startswith("["):
        return [str(part) for part in json.loads(text)]
    return [part for part in _LISTED.split(text) if part]


def _fits(slot: Slot, row: Row, value: Any) -> bool:
    if slot.match == "name":
        return True
    held = row.get(slot.field.name)
    if held is None:
        return False
    if slot.match == "at_most":
        return bool(float(held) <= float(value))
    if slot.match == "at_least":
        return bool(float(held) >= float(value))
    if slot.match == "has_all":
        wanted = {plain(slot.canonical(part)) for part in listed(value)}
        return wanted <= {plain(part) for part in listed(held)}
    return plain(str(held)) == plain(slot.canonical(str(value)))


def _typed_row(number: int, row: Row, tool: Tool) -> Row:
    made = {name: value for name, value in row.items() if value not in (None, "")}
    for slot in tool.slots.values():
        name = slot.field.name
        if name not in made:
            continue
        if slot.is_bound:
            made[name] = _number(number, name, made[name])
        elif slot.match == "has_all":
            made[name] = listed(made[name])
    return made


def _number(row: int, name: str, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"Record {row}: {name} is {value!r}; expected a number, for a slot bounds it."
        ) from error
    return int(number) if number.is_integer() else number
