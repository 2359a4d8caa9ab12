"""Codes of figures and letters (`E02`, `A-12`, `GB/T 7714`, `v2.1`): found, and taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'）)】」，。；、]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII
)
_CODE = re.compile(
    r"(?<![A-Za-z\d])(?:[A-Za-z]{1,10}[-_/]?\d[A-Za-z\d.-]*[A-Za-z\d]|[A-Za-z]{1,10}[-_/]?\d|"
    r"[A-Z]{1,4}(?:/[A-Z]{1,3})?[ -]\d{2,}[A-Z\d.-]*|\d+[A-Z][A-Z\d-]*\d)(?![A-Za-z\d])"
)


def codes_in(text: str) -> Iterator[str]:
    """Give the codes of a text; what stands inside of an address is none."""
    for found in _CODE.finditer(_ADDRESS.sub(" ", text)):
        yield found[0]


def addresses_in(text: str) -> Iterator[str]:
    """Give web and e-mail addresses, without the punctuation behind them."""
    for found in _ADDRESS.finditer(text):
        yield found[0].rstrip(".,;:!?")


def without_codes(text: str) -> str:
    """Take addresses and codes out of a text, for checks of its numbers."""
    return _CODE.sub(" ", _ADDRESS.sub(" ", text))
