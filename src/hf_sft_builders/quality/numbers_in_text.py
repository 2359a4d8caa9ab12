"""Numbers of a text by their value, however they are written; sums and whether they are right. Pure.

>>> sorted(numbers_of("二十八层，1,280.50 元"))
[Decimal('28'), Decimal('1280.5')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?", re.ASCII)
_CHINESE = re.compile(
    r"[〇零一二两三四五六七八九十百千万亿]{2,}|[一二两三四五六七八九十](?=[百千万亿])|十"
)
_LIST_NUMBER = re.compile(
    r"^[ \t]*(?:[-*] )?(?:\(?\d{1,2}[.)、．]|（\d{1,2}）|第\d+步)", re.MULTILINE
)
_WIDE = str.maketrans("０１２３４５６７８９．，％", "0123456789.,%")
_DIGITS = dict(zip("〇零一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_SUM = re.compile(
    r"(?<![\d.+*×x÷/=^(−-])(?<![\d)] )"
    r"(-?\d[\d,]*(?:\.\d+)?)\s*([+\-−*×÷/])\s*(\d[\d,]*(?:\.\d+)?)\s*=\s*(-?\d[\d,]*(?:\.\d+)?)"
    r"(?!\s*[\d%/÷×*^]|\s*\.\d)",
    re.ASCII,
)


def numbers_of(text: str) -> set[Decimal]:
    """Give the values of all numbers, digits and Chinese numerals, but those of list items."""
    plain = _LIST_NUMBER.sub(" ", text.translate(_WIDE))
    found = {_value(match[0]) for match in _NUMBER.finditer(plain)}
    found |= {Decimal(chinese_number(match[0])) for match in _CHINESE.finditer(plain)}
    return found


def _value(digits: str) -> Decimal:
    return Decimal(digits.replace(",", "")).normalize() + 0


def chinese_number(numeral: str) -> int:
    """Read a Chinese numeral: 三百二十 is 320, 二〇二四 is 2024.

    Example:
        >>> chinese_number("一千四百四十一")
        1441
    """
    if not set(numeral) & (_UNITS.keys() | _LARGE.keys()):
        return int("".join(str(_DIGITS[sign]) for sign in numeral))
    total = section = digit = 0
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _UNITS:
            section += (digit or 1) * _UNITS[sign]
            digit = 0
        else:
            total = (total + section + digit or 1) * _LARGE[sign]
            section = digit = 0
    return total + section + digit


def wrong_sums(text: str) -> Iterator[str]:
    """Give the sums of two numbers whose result is not right, as precise as it is written."""
    for match in _SUM.finditer(text.translate(_WIDE)):
        try:
            left, right, given = (Decimal(match[n].replace(",", "")) for n in (1, 3, 4))
            result = _result(left, match[2], right)
        except (InvalidOperation, ZeroDivisionError):
            continue
        if result is not None and not _agrees(result, given):
            yield match[0]


def _result(left: Decimal, sign: str, right: Decimal) -> Decimal | None:
    if sign == "+":
        return left + right
    if sign in "-−":
        return left - right
    if sign in "*×":
        return left * right
    return left / right if right else None


def _agrees(result: Decimal, given: Decimal) -> bool:
    """Say whether a result is right to the digits that were written, rounded or cut off."""
    step = Decimal(1).scaleb(int(given.as_tuple().exponent))
    return result.quantize(step, ROUND_HALF_UP) == given or abs(result - given) < step
