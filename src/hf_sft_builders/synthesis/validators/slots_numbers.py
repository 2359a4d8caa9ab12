"""Numbers in a text by their value: 300, ３００, 1,100, 三百, 一千二, 3.5万, four hundred and fifty.

>>> [found.value for found in quantities("三百到四百五，4.5 分以上")]
[300.0, 450.0, 4.5]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hf_sft_builders.synthesis.validators.number_words import (
    ENGLISH,
    HAN_DIGITS,
    HAN_SIGNS,
    SCALES,
    english_value,
    han_value,
)

_SCALES = {**SCALES, "k": 1000, "w": 10_000}
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:[.．]\d+)?|\d+(?:[.．]\d+)?)"
    r"(?P<scale>\s*(?:[万萬亿億百]|千(?![克米瓦卡]))|[kKwW](?![A-Za-z]))?"
    rf"|(?P<han>[{HAN_SIGNS}]+(?:点[{HAN_DIGITS}]+)?)"
    rf"|\b(?P<english>{ENGLISH})",
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
            scale = (match["scale"] or "").strip().lower()
            yield Quantity(round(value * _SCALES.get(scale, 1), 9), *match.span())
            continue
        told = han_value(match["han"]) if match["han"] else english_value(match["english"])
        if told is not None:
            yield Quantity(float(told), *match.span(), is_written_out=True)
