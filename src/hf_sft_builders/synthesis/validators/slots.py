"""What is said and what is labelled agree: every slot in the words, every bound of the right side.

>>> slot_fault("想住三百块以上的", {"price_range_upper": 300}, tool).reason
'bound inverted'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hf_sft_builders.synthesis.slots.table import listed, plain
from hf_sft_builders.synthesis.slots.tool import RecordField, Slot, Tool
from hf_sft_builders.synthesis.validators.base import Fault
from hf_sft_builders.synthesis.validators.slots_bounds import Bound, bounds, unit_kind

Vocabulary = Mapping[str, Iterable[str]]
"""Slot → the values that records have for it."""

_SAID = ("upper", "lower", "range")


def slot_fault(
    text: str, arguments: Mapping[str, Any], tool: Tool, vocabulary: Vocabulary | None = None
) -> Fault | None:
    """Find what is said and not labelled, or labelled and not said.

    Args:
        text: What the user says.
        arguments: The label.
        tool: Says what the slots mean.
        vocabulary: With it, a known value that is said and not labelled is a fault, too.

    Returns:
        The first fault: `slot not said`, `bound inverted`, `bound not said`, `number not in the
        slots`, `value not in the slots`; None where all agree.
    """
    words = {name: value for name, value in arguments.items() if not tool.slots[name].is_bound}
    bounded = {name: value for name, value in arguments.items() if tool.slots[name].is_bound}
    return (
        _unsaid(text, words, tool)
        or _bounds_fault(_without(text, words), bounded, tool)
        or _unlabelled(text, words, vocabulary or {})
    )


def _unsaid(text: str, words: Mapping[str, Any], tool: Tool) -> Fault | None:
    said = plain(text)
    for name, value in words.items():
        for part in listed(value) if tool.slots[name].match == "has_all" else [str(value)]:
            if plain(part) not in said and not _is_number_said(text, part):
                return Fault("slot not said", f"{name} is {part!r}: say it in exactly these words.")
    return None


def _is_number_said(text: str, value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return any(number in bound.values for bound in bounds(text))


def _without(text: str, words: Mapping[str, Any]) -> str:
    """Give the text without its named values: a number in a name (如家 8 号店) bounds nothing."""
    values = sorted((part for value in words.values() for part in listed(value)), key=len)
    for value in reversed(values):
        text = text.replace(value, "＿" * len(value))
    return text


def _bounds_fault(text: str, wanted: Mapping[str, Any], tool: Tool) -> Fault | None:
    fields = {slot.field.name: slot.field for slot in tool.slots.values() if slot.is_bound}
    said = bounds(text, [field.unit for field in fields.values()])
    left = list(said)
    for field in fields.values():
        label = _label_of(field, wanted, tool)
        if label == (None, None):
            continue
        fault, used = _field_fault(field, label, said, fields.values())
        if fault:
            return fault
        left = [bound for bound in left if bound not in used]
    if left:
        number = text[left[0].start : left[0].end]
        return Fault("number not in the slots", f"Leave out {number!r}: no slot has it.")
    return None


def _label_of(
    field: RecordField, wanted: Mapping[str, Any], tool: Tool
) -> tuple[float | None, float | None]:
    found: dict[str, float] = {}
    for name, value in wanted.items():
        slot: Slot = tool.slots[name]
        if slot.field.name == field.name:
            found[slot.match] = float(value)
    return found.get("at_least"), found.get("at_most")


def _field_fault(
    field: RecordField,
    label: tuple[float | None, float | None],
    said: list[Bound],
    fields: Iterable[RecordField],
) -> tuple[Fault | None, list[Bound]]:
    ours = [bound for bound in said if _is_about(bound, field, fields)]
    lower = [b.lower for b in ours if b.side in _SAID and b.lower is not None]
    upper = [b.upper for b in ours if b.side in _SAID and b.upper is not None]
    for value, right, wrong, words in (
        (label[0], lower, upper, "at least, 不低于"),
        (label[1], upper, lower, "at most, 不超过"),
    ):
        if value is None or value in right:
            continue
        told = (
            f"{field.title} {value:g}{field.unit} is a bound: {words}. Say that, in these numbers."
        )
        if value in wrong:
            return Fault("bound inverted", told), []
        return Fault("bound not said", told), []
    used = [
        b for b in ours if b.side in _SAID and set(b.values) <= {v for v in label if v is not None}
    ]
    if {*lower} - {label[0]} or {*upper} - {label[1]}:
        return Fault("number not in the slots", f"Say no other bound of {field.title}."), []
    return None, used


def _is_about(bound: Bound, field: RecordField, fields: Iterable[RecordField]) -> bool:
    """A bound is about the field of its unit; without one, about the field named last in front."""
    kind = unit_kind(field.unit)
    if bound.unit:
        return bound.unit == kind
    places = {
        other.name: max(
            bound.before.casefold().rfind(word.casefold()) for word in (other.title, *other.also)
        )
        for other in fields
    }
    named = [name for name, place in places.items() if place >= 0]
    if not named:
        return True
    return max(named, key=places.__getitem__) == field.name


def _unlabelled(text: str, words: Mapping[str, Any], vocabulary: Vocabulary) -> Fault | None:
    labelled = [plain(part) for value in words.values() for part in listed(value)]
    rest = plain(text)
    for part in sorted(labelled, key=len, reverse=True):
        rest = rest.replace(part, "＿")
    for name, values in vocabulary.items():
        for value in values:
            if len(value) > 1 and plain(value) in rest:
                return Fault(
                    "value not in the slots", f"Leave out {value!r}: it is no value of {name}."
                )
    return None
