"""Turns about records that were found, without a model: a question back, a comparison, which one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.slots.table import names_of
from hf_sft_builders.synthesis.slots.tool import RecordField, Tool
from hf_sft_builders.synthesis.slots.wording import (
    in_a_row,
    number_words,
    pick,
    templates,
    unit_of,
    value_words,
)

TurnKind = Literal["follow_up", "comparison", "clarification"]
Turns = list[dict[str, Any]]

KINDS: tuple[TurnKind, ...] = ("follow_up", "comparison", "clarification")
_ROLES = ("user", "assistant")


def possible_kinds(tool: Tool | None, records: Sequence[Row]) -> list[TurnKind]:
    """Say what can be asked about so many records: comparing takes two."""
    if not records or (tool and not all(_askable(tool, record, "") for record in records)):
        return []
    several = len(records) > 1 and tool is not None
    comparable = several and bool(_numeric_fields(tool, records))
    found: list[tuple[TurnKind, bool]] = [
        ("follow_up", True), ("comparison", comparable), ("clarification", several)
    ]  # fmt: skip
    return [kind for kind, is_possible in found if is_possible]


def template_turns(
    tool: Tool, records: Sequence[Row], kind: TurnKind, said: str, key: object
) -> Turns:
    """Make the turns of a kind, from the records alone.

    Args:
        tool: Its `x-record` names the columns that may be asked about.
        records: Those that were found.
        kind: One of `possible_kinds`.
        said: What was said so far: what it tells already is asked about last.
        key: Decides the words and the column.
    """
    if kind == "comparison":
        texts = _comparison(tool, records, key)
    elif kind == "clarification":
        texts = _clarification(tool, records, said, key)
    else:
        texts = _follow_up(tool, pick(records, key, "record"), said, len(records) > 1, key)
    return [{"role": _ROLES[n % 2], "content": text} for n, text in enumerate(texts)]


def _askable(tool: Tool, record: Row, said: str) -> list[RecordField]:
    """Columns with words that the record fills; those not told yet, where there are any."""
    name = tool.record["name"]
    held = [
        field
        for field in tool.fields.values()
        if field.name not in (name, tool.record["short_name"]) and record.get(field.name) not in (None, "", [])
    ]  # fmt: skip
    fresh = [field for field in held if value_words(record[field.name], tool) not in said]
    return fresh or held


def _follow_up(tool: Tool, record: Row, said: str, must_name: bool, key: object) -> tuple[str, ...]:
    words = templates(tool.language)
    fields = _askable(tool, record, said)
    field = pick(fields, key, "field")
    value = record[field.name]
    shapes = (
        words.FOLLOW_UP_LIST if isinstance(value, (list, tuple))
        else words.FOLLOW_UP if isinstance(value, (int, float))
        else words.FOLLOW_UP_WORDS
    )  # fmt: skip
    if must_name:
        shapes = [shape for shape in shapes if "{name}" in shape[0]]
    told = _told(tool, record, field)
    return tuple(text.format(**told) for text in pick(shapes, key, "shape"))


def _clarification(tool: Tool, records: Sequence[Row], said: str, key: object) -> tuple[str, ...]:
    words = templates(tool.language)
    record = pick(records, key, "record")
    fields = _askable(tool, record, said)
    plain = [field for field in fields if not isinstance(record[field.name], (list, tuple))]
    field = pick(plain or fields, key, "field")
    names = in_a_row(tool, [names_of(tool, one)[0] for one in records], "or")
    told = {**_told(tool, record, field), "names": names}
    shapes = words.CLARIFY if plain else words.CLARIFY_LIST
    return tuple(text.format(**told) for text in pick(shapes, key, "shape"))


def _comparison(tool: Tool, records: Sequence[Row], key: object) -> tuple[str, ...]:
    words = templates(tool.language)
    field = pick(_numeric_fields(tool, records), key, "field")
    ranked = sorted(records, key=lambda record: float(record[field.name]))
    best, worst = ranked[-1], ranked[0]
    one, two = records[0], pick(records[1:], key, "other")
    gap = round(abs(float(one[field.name]) - float(two[field.name])), 6)
    told = {
        **_told(tool, one, field),
        "other": names_of(tool, two)[0],
        "one": number_words(one[field.name]),
        "two": number_words(two[field.name]),
        "gap": number_words(gap),
        "best": names_of(tool, max(one, two, key=lambda r: float(r[field.name])))[0],
        "best_of": names_of(tool, best)[0],
        "worst_of": names_of(tool, worst)[0],
        "most": number_words(best[field.name]),
        "least": number_words(worst[field.name]),
    }
    shapes = [*words.HIGHER, *words.LOWER_COMPARED] if gap else list(words.EQUAL)
    values = [float(record[field.name]) for record in ranked]
    if any(a == b for a, b in pairwise(values)):  # "the highest" must be one
        shapes = [s for s in shapes if "_of}" not in s[1]]
    return tuple(text.format(**told) for text in pick(shapes, key, "shape"))


def _numeric_fields(tool: Tool | None, records: Sequence[Row]) -> list[RecordField]:
    fields = tool.fields.values() if tool else ()
    return [
        field for field in fields if all(_is_number(record.get(field.name)) for record in records)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _told(tool: Tool, record: Row, field: RecordField) -> dict[str, str]:
    return {
        "name": names_of(tool, record)[0],
        "title": field.title,
        "value": value_words(record[field.name], tool),
        "unit": unit_of(field),
        "measure": str(tool.record["measure"]),
    }
