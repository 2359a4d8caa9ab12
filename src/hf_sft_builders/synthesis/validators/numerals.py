"""The numbers that a text says, by their value: `1,200`, `１２００`, `一千二百`, `0.12万`, `twelve hundred`.

Left out is what only looks like a number: list markers, `万一`, `十分`, `三三两两`, digits inside of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hf_sft_builders.synthesis.validators.number_words import (
    ENGLISH,
    HAN_DIGITS,
    HAN_SIGNS,
    SCALES,
    english_value,
    han_value,
)
from hf_sft_builders.synthesis.validators.units import UNIT, Unit, unit_of

_NUMBER = re.compile(
    r"(?P<figures>(?<![A-Za-z\d])(?<!\d\.)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)"
    r"(?:\s*(?P<scale>[万亿百]|千(?![克米瓦卡])|hundred\b|thousand\b|million\b|billion\b))?(?P<more>亿)?"
    rf"|(?P<han>[{HAN_DIGITS}十拾][{HAN_SIGNS}]*(?:点[{HAN_DIGITS}]+(?!分|钟|刻))?)"
    rf"|(?P<words>\b{ENGLISH}|\b(?:hundred|thousand|million|billion)\b)(?!-(?:first|second|third|\w+th\b))",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^[\s>*#-]*(?:[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]"
    r"|\d{1,2}[.、](?!\d)|[一二三四五六七八九十]{1,3}、|[①-⑳])",
    re.MULTILINE,
)
_PERCENT = re.compile(rf"百分之([\d.]+|[{HAN_DIGITS}十百点]+)")
_LISTED = re.compile(
    r"\s*(?:大|个)?(?:点|方面|步|种|类|部分|points?|ways?|steps?|kinds?|types?|parts?|reasons?|aspects?)",
    re.IGNORECASE,
)
_FULL_HOUR = re.compile(r"(?<![\d:])(\d{1,2}):00(?![\d:])")
_HALF = re.compile(
    r"(?P<whole>一半|半数|\bhalf\s+(?:of|the)\b)|(?:半个?|\bhalf\s+an?\s+)(?=(?P<part>.{1,8}))",
    re.IGNORECASE,
)
_FEW = 10


@dataclass(frozen=True, slots=True)
class Said:
    """A number that a text says."""

    words: str
    value: Decimal
    unit: Unit | None = None


def plain(text: str) -> str:
    """Give the text with full-width signs as plain ones, and without list markers."""
    return _MARKER.sub(" ", unicodedata.normalize("NFKC", _MARKER.sub(" ", text)))


def numbers_in(text: str, lenient: bool = False) -> Iterator[Said]:
    """Give the numbers of a text, in order.

    Small ones in words count where a unit of measure follows (三小时, three metres), not where they
    only count what is listed (三种, in three steps).

    Args:
        text: Any text.
        lenient: Give small numbers before a unit of time too, which often mean none (一天, 三点):
            for what may be said, not for what must be proved.
    """
    even = _PERCENT.sub(lambda found: f" {found[1]}%", plain(text)).replace("点半", "点30分")
    even = _FULL_HOUR.sub(r"\1点", even)
    if lenient:
        yield from _halves(even)
    for found in _NUMBER.finditer(even):
        value = _value(found)
        if value is None:
            continue
        after = UNIT.match(even, found.end())
        unit = unit_of(after["unit"]) if after else None
        small = value <= _FEW and (not found["figures"] or _LISTED.match(even, found.end()))
        idle = unit is None or (not lenient and (value == 1 or unit.dimension == "hour"))
        if small and idle:
            continue
        yield Said(f"{found[0]}{after[0] if after and unit else ''}".strip(), value, unit)


def _halves(text: str) -> Iterator[Said]:
    """Give halves: 半小时 is half of one, 一半 is 50 %."""
    for found in _HALF.finditer(text):
        unit = UNIT.match(found["part"]) if found["part"] else None
        if found["whole"]:
            yield Said(found[0], Decimal(50), unit_of("%"))
        elif unit:
            yield Said(f"{found[0]}{unit[0]}", Decimal("0.5"), unit_of(unit["unit"]))


def _value(found: re.Match[str]) -> Decimal | None:
    if found["figures"]:
        value = Decimal(found["figures"].replace(",", ""))
        for scale in (found["scale"], found["more"]):
            value *= SCALES[scale.lower()] if scale else 1
        return value
    if found["han"]:
        return han_value(found["han"])
    words = found["words"].lower()
    return Decimal(SCALES[words]) if words in SCALES else english_value(words)
