"""Texts as code points in a normal form, whole columns at a time: what differs only in looks is equal.

`nfkc`         full-width and other forms of the same character (Ａ＝A, ①＝1, ﹐＝，＝,)
`case`         capitals
`spaces`       any run of white space is one space; none beside Chinese, Japanese or Korean, none at
               the ends; invisible characters go
`punctuation`  is white space

One look-up per character does nearly all of it; the few rows with characters that become several, or
that join with others (½, …, é as two), go through Python's `unicodedata`.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import UnknownName

STEPS = ("nfkc", "case", "spaces", "punctuation")
_SPACE, _PUNCTUATION, _CJK, _UNSEEN = 1, 2, 4, 8
_WITH_FORMS = (
    *(range(0x3400), range(0x4DC0, 0x4E00), range(0xA000, 0xAC00), range(0xD7A4, 0xD800)),
    *(range(0xF900, 0x17000), range(0x18D00, 0x20000), range(0x2F800, 0x2FA20)),
)
"""Where characters stand that have other forms: not among Han characters, syllables, private ones."""
_HAN_AND_SYLLABLES = (
    *((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)),
    *((0xF900, 0xFAFF), (0x20000, 0x3FFFF)),
)
_INVISIBLE = (0xAD, 0x200B, 0x2060, 0xFEFF)
_JOINING_JAMO = range(0x1161, 0x1200)


@dataclass(frozen=True)
class CodePoints:
    """Texts, flat."""

    points: np.ndarray
    """uint32: all code points of all texts."""
    offsets: np.ndarray
    """int64, one more than there are texts: `points[offsets[i]:offsets[i + 1]]` are those of text i."""

    @property
    def lengths(self) -> np.ndarray:
        """Code points per text."""
        return np.asarray(np.diff(self.offsets))

    @property
    def is_cjk(self) -> np.ndarray:
        """Say for each code point whether it is a Han character, kana or hangul."""
        return np.asarray(_classes()[self.points] & _CJK > 0)


def steps_of(names: Iterable[str]) -> frozenset[str]:
    """Give names of steps, checked.

    Raises:
        UnknownName: for another.
    """
    chosen = frozenset([names] if isinstance(names, str) else names)
    for name in chosen:
        if name not in STEPS:
            raise UnknownName("step of normalisation", name, STEPS)
    return chosen


def normal_form(texts: pa.Array, steps: frozenset[str] = frozenset(STEPS)) -> CodePoints:
    """Give texts in a normal form.

    Args:
        texts: Strings without nulls.
        steps: Some of `STEPS`.
    """
    found = _code_points(texts)
    if "nfkc" in steps or "case" in steps:
        table, several = _characters("nfkc" in steps, "case" in steps)
        odd = np.flatnonzero(several[found.points])
        if len(odd):
            rows = np.unique(np.searchsorted(found.offsets, odd, side="right") - 1)
            found = _code_points(_one_by_one(texts, rows, steps))
        found = CodePoints(table[found.points], found.offsets)
    if "punctuation" in steps or "spaces" in steps:
        found = _without_spaces(found, steps)
    return found


def _code_points(texts: pa.Array) -> CodePoints:
    texts = texts.cast(pa.large_string())
    _, offsets, data = texts.buffers()
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    if not ends[-1]:
        return CodePoints(np.zeros(0, np.uint32), ends)
    places = np.frombuffer(offsets, np.int64, len(texts) + 1, offset=8 * texts.offset)
    words = str(memoryview(data)[places[0] : places[-1]], "utf-8")
    return CodePoints(np.frombuffer(words.encode("utf-32-le"), np.uint32), ends)


def _one_by_one(texts: pa.Array, rows: np.ndarray, steps: frozenset[str]) -> pa.Array:
    mask = np.zeros(len(texts), dtype=bool)
    mask[rows] = True
    mended = [_written(text, steps) for text in texts.take(pa.array(rows)).to_pylist()]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(mended, texts.type))


def _written(text: str, steps: frozenset[str]) -> str:
    if "nfkc" in steps:
        text = unicodedata.normalize("NFKC", text)
    if "case" in steps:
        text = text.casefold()
    return unicodedata.normalize("NFKC", text) if "nfkc" in steps else text


def _without_spaces(found: CodePoints, steps: frozenset[str]) -> CodePoints:
    points, offsets = found.points, found.offsets
    kinds = _classes()[points]
    white = _SPACE | (_PUNCTUATION if "punctuation" in steps else 0)
    if "spaces" not in steps:
        return _kept(points, offsets, kinds & _PUNCTUATION == 0)
    unseen = kinds & _UNSEEN > 0
    if unseen.any():
        found = _kept(points, offsets, ~unseen)
        points, offsets = found.points, found.offsets
        kinds = _classes()[points]
    blank = kinds & white > 0
    keep = ~blank
    starts, ends, left, right = _runs(blank, offsets)
    inside = left & right
    inside[inside] = (
        (kinds[starts[inside] - 1] | kinds[np.minimum(ends[inside] + 1, len(kinds) - 1)]) & _CJK
    ) == 0
    keep[starts[inside]] = True
    return _kept(np.where(blank, np.uint32(32), points), offsets, keep)


def _runs(
    blank: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give first and last place of each run of blanks, and whether its text goes on on either side."""
    first = np.zeros(len(blank) + 1, dtype=bool)
    first[offsets] = True
    begins = blank.copy()
    begins[1:] &= ~blank[:-1] | first[1:-1]
    stops = blank.copy()
    stops[:-1] &= ~blank[1:] | first[1:-1]
    starts, ends = np.flatnonzero(begins), np.flatnonzero(stops)
    return starts, ends, ~first[starts], ~first[ends + 1]


def _kept(points: np.ndarray, offsets: np.ndarray, keep: np.ndarray) -> CodePoints:
    gone = np.flatnonzero(~keep)
    if not len(gone):
        return CodePoints(points, offsets)
    return CodePoints(points[keep], offsets - np.searchsorted(gone, offsets))


@functools.cache
def _characters(nfkc: bool, case: bool) -> tuple[np.ndarray, np.ndarray]:
    """Give what each character becomes, and which become several or join with others."""
    table = np.arange(0x110000, dtype=np.uint32)
    several = np.zeros(0x110000, dtype=bool)
    steps = frozenset([*(["nfkc"] if nfkc else []), *(["case"] if case else [])])
    for code in (code for part in _WITH_FORMS for code in part):
        character = chr(code)
        written = _written(character, steps)
        joins = nfkc and (unicodedata.category(character)[0] == "M" or code in _JOINING_JAMO)
        if len(written) != 1 or joins:
            several[code] = True
        else:
            table[code] = ord(written)
    return table, several


@functools.cache
def _classes() -> np.ndarray:
    """Give what kind of character each is, as bits."""
    kinds = np.zeros(0x110000, dtype=np.uint8)
    for code in (code for part in _WITH_FORMS for code in part):
        character = chr(code)
        if character.isspace():
            kinds[code] |= _SPACE
        elif unicodedata.category(character)[0] == "P":
            kinds[code] |= _PUNCTUATION
    for low, high in _HAN_AND_SYLLABLES:
        kinds[low : high + 1] |= _CJK
    kinds[0xFDD0] = _CJK  # the border between question and answer: a unit of its own
    kinds[0x30FB] &= ~np.uint8(_CJK)  # the middle dot
    kinds[list(_INVISIBLE)] = _UNSEEN
    return kinds
