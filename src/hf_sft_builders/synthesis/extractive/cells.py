"""A cell of a table with what is needed to ask for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hf_sft_builders.synthesis.extractive.titles import Work

_UNIT = re.compile(
    r"\s*[（(\[]\s*((?:[a-zA-Zµμ°Ω%‰℃²³·/·0-9]{1,9}|(?:[kMmµ]?[AVWΩ])(?: (?:AC|DC))?|"
    r"[万亿]?[元美欧人页件个次天年月日米克吨升"
    r"公里平方立厘毫千亩顷分钟小时秒度晚间张份/每]{1,6}|USD|EUR|GBP|CNY|US\$|\$|€|£|¥|"
    r"days?|hours?|minutes?|months?|years?|"
    r"weeks?|seconds?|litres?|liters?|miles?|feet|inches))\s*[）)\]]$"
)


_NO_UNITS = frozenset(
    ("each", "total", "avg", "mean", "max", "min", "typ", "net", "incl", "excl", "optional", "est")
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, named by its row and its column."""

    name: str
    """The words of the row's first cell."""
    first: str
    """The header of the first column."""
    header: str
    """The header of the cell's own column."""
    value: str = ""
    """The words of the cell."""
    owner: str = ""
    """What the table belongs to, as a noun phrase."""
    heading: str = ""
    """The heading above the table."""
    unit: str = ""
    """From a column of units."""
    work: Work = field(default=Work())


def split_unit(header: str) -> tuple[str, str]:
    """Cut a unit in brackets off: `Weight (kg)` gives `Weight` and `kg`."""
    found = _UNIT.search(header)
    if found and found[1].casefold() in _NO_UNITS:
        found = None
    return (header[: found.start()].strip(), found[1]) if found else (header.strip(), "")
