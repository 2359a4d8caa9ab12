"""The numbers that a text says, by their value: `1,200`, `１２００`, `一千二百`, `0.12万`, `twelve hundred`.

Left out is what only looks like a number: list markers, `万一`, `十分`, `三三两两`, digits inside of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hf_sft_builders.synthesis.validators.units import UNIT, Unit, unit_of

_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_DIGITS |= dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_WORDS = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        range(20),
        strict=True,
    )
) | dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}

_HAN = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖"
_ENGLISH = "|".join([*_WORDS, *_SCALES])
_NUMBER = re.compile(
    r"(?P<figures>(?<![A-Za-z\d])(?<!\d\.)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?)"
    r"(?:\s*(?P<scale>[万亿百]|千(?![克米瓦卡])|hundred\b|thousand\b|million\b|billion\b))?(?P<more>亿)?"
    rf"|(?P<han>[{_HAN}十拾](?:[{_HAN}十百千万亿拾佰仟萬億])*(?:点[{_HAN}]+(?!分|钟|刻))?)(?P<myriad>)"
    rf"|(?P<words>\b(?:{_ENGLISH})(?:(?:\s+and\s+|[\s-]+)(?:{_ENGLISH}))*\b)(?!-(?:first|second|third|\w+th\b))",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^[\s>*#-]*(?:[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]"
    r"|\d{1,2}[.、](?!\d)|[一二三四五六七八九十]{1,3}、|[①-⑳])",
    re.MULTILINE,
)
_PERCENT = re.compile(rf"百分之([\d.]+|[{_HAN}十百点]+)")
_LISTED = re.compile(
    r"\s*(?:大|个)?(?:点|方面|步|种|类|部分|points?|ways?|steps?|kinds?|types?|parts?|reasons?|aspects?)",
    re.IGNORECASE,
)
_FULL_HOUR = re.compile(r"(?<![\d:])(\d{1,2}):00(?![\d:])")
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


def _value(found: re.Match[str]) -> Decimal | None:
    if found["figures"]:
        value = Decimal(found["figures"].replace(",", ""))
        for scale in (found["scale"], found["more"]):
            value *= _SCALES.get((scale or "").lower(), 0) or _han_scale(scale or "")
        return value
    if found["han"]:
        return han_value(found["han"])
    return Decimal(_english(found["words"].lower()))


def _han_scale(sign: str) -> int:
    return _TENS.get(sign) or _MYRIADS.get(sign) or 1


def han_value(words: str) -> Decimal | None:
    """Read a Chinese number: 三百二十, 一万二, 二〇二四, 三点五; None for what is none (三四十, 五五)."""
    whole, _, part = words.partition("点")
    value = _han_whole(whole)
    if value is None or not part:
        return None if value is None else Decimal(value)
    return Decimal(f"{value}.{''.join(str(_DIGITS[sign]) for sign in part)}")


def _han_whole(words: str) -> int | None:
    if all(sign in _DIGITS for sign in words):
        return _digit_by_digit(words)
    total = section = digit = 0
    last_scale, was_digit = 1, False
    for sign in words:
        if sign in _DIGITS:
            if was_digit and digit:
                return None
            digit, was_digit = _DIGITS[sign], bool(_DIGITS[sign])
            last_scale = 1 if not _DIGITS[sign] else last_scale
            continue
        scale, was_digit = _han_scale(sign), False
        if sign in _TENS:
            section += (digit or (1 if scale == 10 else 0)) * scale
        else:
            total, section = (total + section + digit) * scale, 0
        digit, last_scale = 0, scale
    # 一万二 is 12000: the last digit stands one place below the last scale.
    return total + section + (digit * last_scale // 10 if last_scale > 10 else digit)


def _digit_by_digit(words: str) -> int | None:
    has_zero = any(sign in "零〇" for sign in words)
    if len(words) == 1 or has_zero or len(set(words)) > 2:
        return int("".join(str(_DIGITS[sign]) for sign in words))
    return None


def _english(words: str) -> int:
    total = section = 0
    for word in re.split(r"[\s-]+", words):
        if word in _WORDS:
            section += _WORDS[word]
        elif word == "hundred":
            section = max(section, 1) * 100
        elif word in _SCALES:
            total, section = total + max(section, 1) * _SCALES[word], 0
    return total + section
