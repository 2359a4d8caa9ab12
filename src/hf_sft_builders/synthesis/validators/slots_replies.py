"""A reply names only records that the query returned, and only numbers that they hold.

>>> reply_fault("云溪客栈每晚 320 元。", [{"name": "沈家重院", "price": 580}], table, tool).reason
'record not returned'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.slots.table import RecordTable, names_of
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.validators.base import Fault
from hf_sft_builders.synthesis.validators.slots_numbers import quantities

_CODE = re.compile(r"\d[\d\s-]{5,}\d")


def reply_fault(
    text: str,
    returned: Sequence[Row],
    table: RecordTable,
    tool: Tool,
    allowed: Iterable[float] = (),
) -> Fault | None:
    """Find a record, a phone number or a number in a reply that the query did not give.

    Args:
        text: What the assistant says.
        returned: The records of the query.
        table: All records, so that the names of others are known.
        tool: Says which columns hold the names.
        allowed: Other numbers that may be said: the count of records, numbers of the question.
    """
    ours = {name for row in returned for name in names_of(tool, row)}
    others = {name for row in table.rows for name in names_of(tool, row)} - ours
    hidden = text
    for name in sorted(ours, key=len, reverse=True):
        hidden = hidden.replace(name, "＿" * len(name))
    for name in others:
        if len(name) > 1 and name in hidden:
            return Fault("record not returned", f"Do not speak of {name!r}: it was not found.")
    return _code_fault(hidden, returned) or _number_fault(text, hidden, returned, tool, allowed)


def _code_fault(text: str, returned: Sequence[Row]) -> Fault | None:
    values = [str(value) for row in returned for value in row.values()]
    held = {re.sub(r"\D", "", code) for value in values for code in _CODE.findall(value)}
    for match in _CODE.finditer(text):
        if re.sub(r"\D", "", match[0]) not in held:
            return Fault("number not in the records", f"{match[0]!r} stands in no record.")
    return None


def _number_fault(
    text: str, hidden: str, returned: Sequence[Row], tool: Tool, allowed: Iterable[float]
) -> Fault | None:
    bare = _CODE.sub(lambda match: "＿" * len(match[0]), hidden)
    shared = {*allowed, float(len(returned)), *_differences(returned)}
    held = [numbers_in(row) for row in returned]
    everywhere = shared.union(*held) if held else shared
    spoken = _spoken_of(text, returned, tool)
    for number in quantities(bare):
        if number.is_written_out and number.value <= 10:
            continue
        if number.value not in everywhere:
            return Fault(
                "number not in the records",
                f"{bare[number.start : number.end]!r} stands in no record that was found.",
            )
        index = next((i for start, end, i in spoken if start <= number.start < end), None)
        if index is not None and number.value not in held[index] | shared:
            return Fault(
                "number of another record",
                f"{bare[number.start : number.end]!r} is not that of the record you name it with.",
            )
    return None


def _spoken_of(text: str, returned: Sequence[Row], tool: Tool) -> list[tuple[int, int, int]]:
    """Say which record each stretch of a sentence speaks of: from its name to the next name."""
    starts: dict[int, int] = {}
    owners: dict[str, set[int]] = {}
    for index, row in enumerate(returned):
        for name in names_of(tool, row):
            owners.setdefault(name, set()).add(index)
    hidden = text
    for name in sorted(owners, key=len, reverse=True):  # 云溪客栈（北店） before 云溪客栈
        for match in re.finditer(re.escape(name), hidden):
            if len(owners[name]) == 1:
                [starts[match.start()]] = owners[name]
        hidden = hidden.replace(name, "＿" * len(name))
    stops = [match.start() for match in re.finditer(r"[。！？!?\n]", text)]
    borders = sorted({*starts, *stops, len(text)})
    return [(a, b, starts[a]) for a, b in pairwise(borders) if a in starts]


def numbers_in(row: Mapping[str, Any]) -> set[float]:
    """Give all numbers that a record holds, in whatever column."""
    found: set[float] = set()
    for value in row.values():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found.add(float(value))
        else:
            found |= {number.value for number in quantities(str(value))}
    return found


def _differences(returned: Sequence[Row]) -> set[float]:
    """By how much two records differ: what a comparison may say."""
    return {
        round(abs(one[name] - other[name]), 6)
        for one, other in combinations(returned, 2)
        for name in one.keys() & other.keys()
        if isinstance(one[name], (int, float)) and isinstance(other[name], (int, float))
    }
