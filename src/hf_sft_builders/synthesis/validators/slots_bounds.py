"""Which numbers of a text are bounds, and of which side: "不超过 300 元" is an upper one.

>>> [(b.lower, b.upper) for b in bounds("价格别超过三百，评分不低于 4.5 分")]
[(None, 300.0), (4.5, None)]

The trap: "below 1100" learnt as a lower bound teaches a model the opposite of what was said. So
what is not certain is no bound here, and a validator refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from hf_sft_builders.synthesis.validators import slots_cues as cues
from hf_sft_builders.synthesis.validators.slots_numbers import Quantity, quantities

Side = Literal["upper", "lower", "range", "about", "exact", "unclear"]

_KINDS = {"money": cues.MONEY, "points": cues.POINTS}
_TURNED: dict[Side, Side] = {"upper": "lower", "lower": "upper"}
_REACH = 24


@dataclass(frozen=True, slots=True)
class Bound:
    """A number, or two, and what they say."""

    side: Side
    """`about`, `exact` and `unclear` are no bounds; a range that is refused is `unclear`."""
    lower: float | None
    upper: float | None
    unit: str
    """`money`, `points`, a unit of your own, or "" where none is written."""
    start: int
    end: int
    before: str = ""
    """The words in front, back to the number before: they may name what is bounded."""

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers themselves."""
        return tuple(value for value in (self.lower, self.upper) if value is not None)


def unit_kind(unit: str) -> str:
    """Give the kind of a unit: 元, 块 and yuan are `money`; an unknown unit is its own kind."""
    for kind, words in _KINDS.items():
        if re.fullmatch(
            rf"{words}|{cues.SIGNS if kind == 'money' else words}", unit, re.IGNORECASE
        ):
            return kind
    return unit.casefold()


def bounds(text: str, units: Iterable[str] = ()) -> list[Bound]:
    """Find what the numbers of a text bound. Pure; never raises on any text.

    Args:
        text: Chinese or English.
        units: Units beside those of money and rating ("公里", "km").
    """
    text = cues.ASKING.sub(lambda match: "　" * len(match[0]), text)
    own = sorted({unit for unit in units if unit}, key=len, reverse=True)
    found = [number for number in quantities(text) if not _is_filler(text, number, own)]
    told: list[Bound] = []
    index = 0
    while index < len(found):
        first, second = found[index], found[index + 1] if index + 1 < len(found) else None
        floor = found[index - 1].end if index else 0
        if second is not None and _is_range(text, first, second, own):
            ceiling = found[index + 2].start if index + 2 < len(found) else len(text)
            told.append(_range(text, first, second, floor, ceiling, own))
            index += 2
            continue
        told.append(_single(text, first, floor, second.start if second else len(text), own))
        index += 1
    return told


def _is_filler(text: str, number: Quantity, own: list[str]) -> bool:
    """A lone 一 or "one" without a unit counts nothing: 一家, 一下, one of them."""
    if not number.is_written_out or (number.end - number.start > 1 and number.value > 10):
        return False
    return not _unit(text[: number.start], text[number.end :], own)[0]


def _unit(before: str, after: str, own: list[str]) -> tuple[str, int]:
    """Give the unit beside a number, and how many characters behind it it takes."""
    for words, kind in ((re.escape(unit), unit_kind(unit)) for unit in own):
        if match := re.match(rf"\s*\+?\s*(?:{words})", after, re.IGNORECASE):
            return kind, match.end()
    for kind, words in _KINDS.items():
        latin = r"(?![a-z])"
        if match := re.match(rf"[\s-]*(?:\+\s*)?(?:{words}){latin}", after, re.IGNORECASE):
            plus = "+" in match[0]
            return kind, 0 if plus else match.end()
    if re.search(rf"(?:{cues.SIGNS})\s*$", before, re.IGNORECASE):
        return "money", 0
    return "", 0


def _is_range(text: str, first: Quantity, second: Quantity, own: list[str]) -> bool:
    between = text[first.end : second.start]
    between = between[_unit("", between, own)[1] :]
    if cues.RANGE.match(between):
        return True
    if not cues.RANGE_AND.match(between):
        return False
    after = text[second.end :]
    after = after[_unit("", after, own)[1] :]
    return bool(
        cues.BETWEEN_AFTER.match(after)
        or re.search(r"(?:介于|between)\D{0,8}$", text[: first.start], re.IGNORECASE)
    )


def _range(
    text: str, first: Quantity, second: Quantity, floor: int, ceiling: int, own: list[str]
) -> Bound:
    before, after = text[floor : first.start], text[second.end : ceiling]
    kind, length = _unit(before, after, own)
    kind = kind or _unit("", text[first.end : second.start], own)[0]
    low, high = sorted((first.value, second.value))
    clause, rest = _clause_before(before), _clause_after(after[length:])
    rest = cues.BETWEEN_AFTER.sub("", rest)
    refused = cues.REJECTED_AFTER.match(rest) or cues.ONLY_NEGATED.search(_without_between(clause))
    return Bound(
        "unclear" if refused else "range", low, high, kind, first.start, second.end, before
    )


def _without_between(clause: str) -> str:
    return re.sub(r"(?:介于|界于|在|between|from|从|是)\s*$", "", clause, flags=re.IGNORECASE)


def _single(text: str, number: Quantity, floor: int, ceiling: int, own: list[str]) -> Bound:
    before, after = text[floor : number.start], text[number.end : ceiling]
    kind, length = _unit(before, after, own)
    side = _side(_clause_before(before), _clause_after(after[length:]), text)
    bound = Bound(side, None, None, kind, number.start, number.end, before)
    if side == "upper":
        return replace(bound, upper=number.value)
    return replace(bound, lower=number.value)


def _clause_before(text: str) -> str:
    return cues.CLAUSE_END.split(text[-_REACH * 3 :])[-1][-_REACH * 2 :]


def _clause_after(text: str) -> str:
    return cues.CLAUSE_END.split(text[: _REACH * 2])[0]


def _side(before: str, after: str, text: str) -> Side:
    """Say which side a number bounds, by the words before and behind it."""
    if cues.OPEN_BEFORE.search(before):
        return "unclear"
    front = _front(before, text)
    negated = cues.ONLY_NEGATED.search(before)
    if cues.COMPARED.search(before):
        front, after_side = None, _compared(after)
        negated = cues.ONLY_NEGATED.search(cues.COMPARED.sub("", before))
    else:
        after_side = _behind(after)
    if after_side and negated and front is None and not _only_asks(negated[0], text):
        after_side = _turned(after_side, len(cues.NEGATORS.findall(negated["chain"])))
    if front and after_side and front != after_side:
        return "unclear"
    side: Side | None = front or after_side
    if side and cues.REJECTED_AFTER.match(after):
        return _TURNED[side]
    return side or _no_cue(before, after)


def _front(before: str, text: str) -> Side | None:
    """The cue that ends nearest to the number, its negations counted."""
    sides: tuple[tuple[Side, tuple[re.Pattern[str], ...]], ...] = (
        ("upper", cues.UPPER_BEFORE),
        ("lower", cues.LOWER_BEFORE),
    )
    found = [
        (match.end("chain"), side, match["chain"])
        for side, patterns in sides
        for pattern in patterns
        if (match := pattern.search(before))
    ]
    if not found:
        return None
    _, side, chain = max(found)
    if _only_asks(chain, text):
        return side
    return _turned(side, len(cues.NEGATORS.findall(chain)))


def _only_asks(chain: str, text: str) -> bool:
    """没有低于 300 的吗 asks for them."""
    return bool(re.match(r"没有?|aren't|isn't", chain)) and bool(cues.RHETORICAL.search(text))


def _behind(after: str) -> Side | None:
    if cues.UPPER_AFTER.match(after):
        return "upper"
    return "lower" if cues.LOWER_AFTER.match(after) else None


def _compared(after: str) -> Side | None:
    if cues.COMPARED_HIGHER.match(after):
        return "lower"
    return "upper" if cues.COMPARED_LOWER.match(after) else None


def _turned(side: Side, times: int) -> Side:
    return _TURNED[side] if times % 2 else side


def _no_cue(before: str, after: str) -> Side:
    if cues.ABOUT_BEFORE.search(before) or cues.ABOUT_AFTER.match(after):
        return "about"
    return "upper" if cues.BUDGET.search(before) else "exact"
