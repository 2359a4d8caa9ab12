"""The numbers of an answer stand in its source, in whatever writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.codes import without_codes
from hf_sft_builders.synthesis.validators.dates import dates_in, without_dates
from hf_sft_builders.synthesis.validators.numerals import Said, numbers_in
from hf_sft_builders.synthesis.validators.quotes import stands_in
from hf_sft_builders.synthesis.validators.units import Unit

_AFTERNOON = re.compile(r"下午|晚上|傍晚|p\.?m\.?\b", re.IGNORECASE)
_HALF_DAY = 12
_YEAR, _DATE = Unit("year", Decimal(1)), Unit("date", Decimal(1))


def numbers_in_source(candidate: Candidate) -> Fault | None:
    """Each number has the value, and the unit where both name one, of a number in the source.

    `3.5万元` stands in "35,000 yuan", `三百二十` in "320", `1.2 km` in "1200 米"; `28 公里` does not
    stand in "28 米". Dates, codes and addresses have checks of their own.
    """
    text = without_codes(without_dates(candidate.text))
    if stands_in(candidate.text, candidate.source):
        return None
    for words in unknown_numbers(text, candidate.source):
        return Fault(
            "number not in the source",
            f"{words!r} does not stand in the source: use its numbers and units only.",
        )
    return None


def unknown_numbers(text: str, source: str) -> Iterator[str]:
    """Give the numbers of a text that its source does not say, as they are written."""
    known = list(_known(source))
    afternoon = bool(_AFTERNOON.search(source + text))
    for said in numbers_in(text):
        if not any(_agree(said, one, afternoon) for one in known):
            yield said.words


def _known(source: str) -> Iterator[Said]:
    """Give the numbers of a source; those of its dates measure nothing but years."""
    yield from numbers_in(without_dates(source), lenient=True)
    for words, (year, month, day) in dates_in(source):
        for part, unit in ((year, _YEAR), (month, _DATE), (day, _DATE)):
            if part is not None:
                yield Said(words, Decimal(part), unit)


def _agree(said: Said, known: Said, afternoon: bool) -> bool:
    if said.unit is None or known.unit is None:
        return said.value == known.value or _same_hour(said, known.value, afternoon)
    if said.unit.dimension != known.unit.dimension:
        return False
    if said.value * said.unit.factor == known.value * known.unit.factor:
        return True
    return said.unit.dimension == "hour" and _same_hour(said, known.value, afternoon)


def _same_hour(said: Said, known: Decimal, afternoon: bool) -> bool:
    """15:00 is three in the afternoon."""
    return afternoon and _HALF_DAY in (said.value - known, known - said.value)
