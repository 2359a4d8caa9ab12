"""The dates of an answer stand in its source, in whatever writing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from hf_sft_builders.synthesis.validators.base import Candidate, Fault
from hf_sft_builders.synthesis.validators.number_words import han_value
from hf_sft_builders.synthesis.validators.quotes import stands_in

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
# In capitals only: one may 5 times march 4 miles.
_MONTH = "|".join(
    f"(?-i:{name[0].upper()}){name[1:3]}(?:{name[3:]}|t?\\.?)?" if name[3:] else "(?-i:M)ay"
    for name in MONTHS
)
_FIGURE = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_DATE = re.compile(
    r"(?<!\d)(?P<y1>\d{4})[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)"
    rf"|(?:(?P<y2>\d{{4}}|[零〇一二三四五六七八九]{{4}})\s*年\s*)?(?P<m2>{_FIGURE})\s*月"
    rf"(?:\s*(?P<d2>{_FIGURE})\s*[日号])?"
    rf"|\b(?P<m3>{_MONTH})\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y3>\d{{4}}))?"
    rf"|\b(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m4>{_MONTH})\b(?:,?\s+(?P<y4>\d{{4}}))?",
    re.IGNORECASE,
)

Date = tuple[int | None, int, int | None]
"""Year, month and day; None where it is not said."""


def dates_in(text: str) -> Iterator[tuple[str, Date]]:
    """Give the dates of a text, each with its words."""
    for found in _DATE.finditer(unicodedata.normalize("NFKC", text)):
        form = next(n for n in "1234" if found[f"m{n}"])
        year, month, day = (_number(found[f"{part}{form}"]) for part in "ymd")
        if month is not None and 1 <= month <= 12 and (day is None or 1 <= day <= 31):
            yield found[0], (year, month, day)


def without_dates(text: str) -> str:
    """Take the dates out of a text, for checks of the other numbers."""
    return _DATE.sub(" ", unicodedata.normalize("NFKC", text))


def dates_in_source(candidate: Candidate) -> Fault | None:
    """Each date is one of the source; what one of them leaves unsaid (the year) is no difference."""
    if stands_in(candidate.text, candidate.source):
        return None
    known = [date for _, date in dates_in(candidate.source)]
    for words, said in dates_in(candidate.text):
        if not any(_agree(said, date) for date in known):
            return Fault(
                "date not in the source",
                f"{words!r} is no date of the source: use its dates only.",
            )
    return None


def _agree(said: Date, known: Date) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(said, known, strict=True))


def _number(word: str | None) -> int | None:
    if word is None:
        return None
    if word.isdigit():
        return int(word)
    if word[0].isascii():
        return next(n for n, name in enumerate(MONTHS, 1) if name.startswith(word[:3].lower()))
    value = han_value(word)
    return None if value is None else int(value)
