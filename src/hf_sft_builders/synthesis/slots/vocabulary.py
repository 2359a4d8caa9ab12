"""The values that records have for the slots of words: what a sentence may not say unlabelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hf_sft_builders.synthesis.slots.table import RecordTable, listed
from hf_sft_builders.synthesis.slots.tool import Tool


@dataclass(frozen=True)
class Values:
    """Slot → known values; empty where no records were given."""

    known: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __reduce__(self) -> tuple[type[Values], tuple[Any, ...]]:
        return type(self), (self.known,)  # what was read of it stays out of hashes and pickles

    @classmethod
    def of(cls, tool: Tool, records: Any) -> Values:
        """Take them from records; names are left out, for a short one is often a word."""
        if records is None:
            return cls()
        table = RecordTable.of(records).typed(tool)
        found = {
            name: tuple(sorted({part for row in table.rows for part in listed(row.get(slot.field.name))}))
            for name, slot in tool.slots.items()
            if slot.match in ("equals", "has_all")
        }  # fmt: skip
        return cls(tuple(found.items()))

    @cached_property
    def of_slots(self) -> Mapping[str, tuple[str, ...]]:
        """As a mapping."""
        return dict(self.known)
