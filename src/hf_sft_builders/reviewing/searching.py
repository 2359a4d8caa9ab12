"""Words looked for in rows: any language, any length, no tokenizer that could miss them.

Texts and what is looked for are folded alike: NFKC (full width, ligatures), lower case, ß as ss. Words
between spaces must all be there; "a phrase" in quotes is one word. The blocks of rows that can hold them
(`bigrams.py`) are scanned at once: `bytes.find` over UTF-8, which cannot match across characters.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_right
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.reviewing.bigrams import runs_with

BORDER = b"\x00"
"""Between the words of two rows; no term can have it."""
_TERM = re.compile(r'"([^"]+)"|(\S+)')


def fold(texts: pa.Array) -> pa.Array:
    """Fold texts: what differs only in width, case or form becomes equal."""
    folded = pc.utf8_lower(pc.utf8_normalize(texts, "NFKC"))
    for written, meant in (("ß", "ss"), ("ς", "σ"), ("\x00", " ")):
        if pc.any(pc.match_substring(folded, written)).as_py():
            folded = pc.replace_substring(folded, written, meant)
    return folded


def fold_text(text: str) -> str:
    """Fold one text."""
    return str(fold(pa.array([text], pa.string()))[0].as_py())


def terms_of(text: str) -> list[str]:
    """Give the folded words of a query, longest first; each must be found."""
    found = [
        "".join(match).strip() for match in _TERM.findall(text.replace("“", '"').replace("”", '"'))
    ]
    folded: list[str] = fold(pa.array([term for term in found if term], pa.string())).to_pylist()
    return sorted(set(folded), key=len, reverse=True)


def rows_with(
    terms: list[str], words: mmap.mmap | bytes, ends: np.ndarray, table: np.ndarray
) -> np.ndarray:
    """Give a mask of the rows in which all terms stand.

    Args:
        terms: Folded, at least one.
        words: The folded words of all rows.
        ends: Where each row ends in them.
        table: Which block of rows has which pairs of characters.
    """
    borders: list[int] = [0, *ends.tolist()]
    first, *others = [term.encode() for term in terms]
    found = [
        row
        for start, behind in runs_with(terms, table, len(ends))
        for row in _rows_of(first, words, borders, start, behind)
    ]
    for term in others:
        found = [row for row in found if words.find(term, borders[row], borders[row + 1]) >= 0]
    mask = np.zeros(len(ends), dtype=bool)
    mask[found] = True
    return mask


def _rows_of(
    term: bytes, words: mmap.mmap | bytes, borders: list[int], row: int, behind: int
) -> Iterator[int]:
    """Find a word in the rows from one to another; `borders[row]` is where a row begins."""
    place, end, find = borders[row], borders[behind], words.find
    while (place := find(term, place, end)) >= 0:
        row = bisect_right(borders, place, row) - 1
        yield row
        place = borders[row + 1]
