"""Sums of two numbers that a text does, and whether they are right. Pure.

>>> list(wrong_sums("12 × 8 = 96, 3 + 4 = 8"))
['3 + 4 = 8']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_WIDE = str.maketrans("０１２３４５６７８９．，％", "0123456789.,%")
_SUM = re.compile(
    r"(?<![\d.+*×x÷/=^(−-])(?<![\d)] )"
    r"(-?\d[\d,]*(?:\.\d+)?)\s*([+\-−*×÷/])\s*(\d[\d,]*(?:\.\d+)?)\s*=\s*(-?\d[\d,]*(?:\.\d+)?)"
    r"(?!\s*[\d%/÷×*^]|\s*\.\d)",
    re.ASCII,
)


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
