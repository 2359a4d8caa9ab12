"""Numbers in a text by their value: 300, ３００, 1,100, 三百, 一千二, 3.5万, four hundred and fifty.

>>> [found.value for found in quantities("三百到四百五，4.5 分以上")]
[300.0, 450.0, 4.5]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WRITTEN = ("零〇", "一壹", "二两贰俩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {character: number for number, same in enumerate(_WRITTEN) for character in same}
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_SCALES = {**_MYRIADS, "千": 1000, "百": 100, "k": 1000, "K": 1000, "w": 10_000, "W": 10_000}

_UNITS_EN = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_WORD_EN = "|".join(sorted(_UNITS_EN, key=len, reverse=True))
_SCALES_EN = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ENGLISH = (
    rf"(?:(?:{_WORD_EN})|\ba\s+(?=hundred|thousand|million))"
    rf"(?:(?:[\s-]+(?:and\s+)?|\s*)\b(?:{_WORD_EN}|hundred|thousand|million)\b)*"
    rf"(?:\s+point(?:\s+(?:{_WORD_EN}))+)?"
)
_HAN = "".join([*_DIGITS, *_PLACES, *_MYRIADS])
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:[.．]\d+)?|\d+(?:[.．]\d+)?)(?P<scale>\s*[万萬亿億千百]|[kKwW](?![A-Za-z]))?"
    rf"|(?P<han>[{_HAN}]+(?:点[{''.join(_DIGITS)}]+)?)"
    rf"|\b(?P<english>{_ENGLISH})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and where it stands."""

    value: float
    start: int
    end: int
    is_written_out: bool = False
    """In words (三百, three hundred), where a lone 一 or "one" is often no number at all."""


def quantities(text: str) -> list[Quantity]:
    """Find the numbers of a text, in order. Pure; never raises on any text."""
    return list(_found(text))


def _found(text: str) -> Iterator[Quantity]:
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            value = float(match["digits"].replace(",", "").replace("．", "."))
            scale = (match["scale"] or "").strip()
            yield Quantity(round(value * _SCALES.get(scale, 1), 9), *match.span())
        elif match["han"]:
            told = han_value(match["han"])
            if told is not None:
                yield Quantity(told, *match.span(), is_written_out=True)
        else:
            yield Quantity(_english_value(match["english"]), *match.span(), is_written_out=True)


def han_value(numeral: str) -> float | None:
    """Read a Chinese numeral; None for characters that make none ("万一" has no value of its own).

    The last digit after a place counts the next lower place: 一千二 is 1200, 三百五 is 350.
    """
    whole, _, decimals = numeral.partition("点")
    if all(character in _DIGITS for character in whole):
        number = float("".join(str(_DIGITS[character]) for character in whole))
    else:
        placed = _placed(whole)
        if placed is None:
            return None
        number = placed
    if decimals:
        number += float("0." + "".join(str(_DIGITS[character]) for character in decimals))
    return number


def _placed(whole: str) -> float | None:
    total, section, digit, last = 0, 0, None, 1
    for character in whole:
        if character in _DIGITS:
            if digit not in (None, 0):
                return None
            digit = _DIGITS[character]
            last = 1 if digit == 0 else last
        elif character in _PLACES:
            place = _PLACES[character]
            section += (1 if digit is None and place == 10 else digit or 0) * place
            digit, last = None, place
        else:
            myriad = _MYRIADS[character]
            if not section and digit is None:
                return None
            total += (section + (digit or 0)) * myriad
            section, digit, last = 0, None, myriad
    return float(total + section + (digit or 0) * (last // 10 if last > 1 else 1))


def _english_value(words: str) -> float:
    whole, _, decimals = words.lower().replace("-", " ").partition(" point ")
    total = section = 0
    for word in re.findall(r"[a-z]+", whole):
        if word == "a":
            section = 1
        elif word in _UNITS_EN:
            section += _UNITS_EN[word]
        elif word == "hundred":
            section = (section or 1) * 100
        elif word in _SCALES_EN:
            total, section = total + (section or 1) * _SCALES_EN[word], 0
    number = float(total + section)
    if decimals:
        number += float(
            "0." + "".join(str(_UNITS_EN[w]) for w in decimals.split() if w in _UNITS_EN)
        )
    return number
