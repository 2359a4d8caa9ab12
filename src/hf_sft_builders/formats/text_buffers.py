"""Columns of text as what they are in Arrow: bytes, and where in them each text begins.

Kernels that go text by text pay for every text. Where texts stand one after the other, long runs of
them are copied at once, and what is known of all (a role, an absence) is not copied at all.
"""

from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_LARGEST_KEPT = 1 << 16
_RUN_BYTES = 150
"""What one run must save in bytes to be worth its own copy, as measured."""
_NO_BYTES = pa.py_buffer(b"")


def text_offsets(texts: pa.Array) -> np.ndarray:
    """Give where each text begins in the bytes, and where the last one ends (int32)."""
    offsets = texts.buffers()[1]
    if offsets is None:
        return np.zeros(len(texts) + 1, np.int32)
    return np.frombuffer(offsets, np.int32, len(texts) + 1, offset=4 * texts.offset)


def text_sizes(texts: pa.Array) -> np.ndarray:
    """Give the bytes of each text (int32); null has none."""
    offsets = text_offsets(texts)
    sizes: np.ndarray = offsets[1:] - offsets[:-1]
    if texts.null_count:
        sizes[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return sizes


def counted_before(counts: np.ndarray) -> np.ndarray:
    """Say how many there are before each place, and in all (int64, one more than places)."""
    before = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=before[1:])
    return before


def texts_of(sizes: np.ndarray, data: pa.Buffer | None) -> pa.StringArray:
    """Give the texts that stand one after the other in these bytes."""
    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, dtype=np.int32, out=offsets[1:])
    return pa.StringArray.from_buffers(len(sizes), pa.py_buffer(offsets), data or _NO_BYTES)


def without_nulls(texts: pa.Array) -> pa.Array:
    """Give "" for null."""
    return pc.fill_null(texts, "") if texts.null_count else texts


def empty_texts(rows: int) -> pa.StringArray:
    """Give a column of empty texts."""
    return pa.StringArray.from_buffers(
        rows, pa.py_buffer(np.zeros(rows + 1, dtype=np.int32)), _NO_BYTES
    )


def in_turn(texts: tuple[str, ...], count: int) -> pa.Array:
    """Give these texts over and over, `count` in all, without a copy where that is not long."""
    size = 1 << max(count - 1, 1).bit_length()
    make = _repeated if size <= _LARGEST_KEPT else _repeated.__wrapped__
    return make(texts, size).slice(0, count)


@functools.lru_cache(maxsize=64)
def _repeated(texts: tuple[str, ...], count: int) -> pa.StringArray:
    times = -(-count // len(texts))
    encoded = [text.encode() for text in texts]
    sizes = np.tile(np.array([len(text) for text in encoded], np.int32), times)
    return texts_of(sizes, pa.py_buffer(b"".join(encoded) * times))


def two_in_turn(texts: pa.Array) -> tuple[str, str] | None:
    """Give the two texts that a column repeats in turn, None where it is not of that kind."""
    if len(texts) < 2 or texts.null_count:
        return None
    pair = (texts[0].as_py(), texts[1].as_py())
    expected = in_turn(pair, len(texts))
    if not np.array_equal(text_sizes(texts), text_sizes(expected)):
        return None
    return pair if np.array_equal(_bytes_of(texts), _bytes_of(expected)) else None


def _bytes_of(texts: pa.Array) -> np.ndarray:
    offsets = text_offsets(texts)
    start, size = int(offsets[0]), int(offsets[-1] - offsets[0])
    return np.frombuffer(texts.buffers()[2] or _NO_BYTES, np.uint8, size, offset=start)


def kept_texts(texts: pa.Array, mask: np.ndarray) -> pa.Array:
    """Give the marked texts only; long runs of neighbours are copied at once."""
    count = int(np.count_nonzero(mask))
    if count == len(texts):
        return texts
    if texts.null_count == len(texts):
        return pa.nulls(count, texts.type)
    if texts.null_count or not pa.types.is_string(texts.type):
        return texts.filter(pa.array(mask))
    offsets, edges = text_offsets(texts), np.flatnonzero(mask[1:] != mask[:-1]) + 1
    cuts = np.empty(len(edges) + 2, np.int32)
    cuts[0], cuts[1:-1], cuts[-1] = offsets[0], offsets[edges], offsets[-1]
    if int(cuts[-1] - cuts[0]) < _RUN_BYTES * len(edges):
        return texts.filter(pa.array(mask))
    data = _every_other(texts, cuts, first=0 if mask[0] else 1)
    return texts_of((offsets[1:] - offsets[:-1])[mask], data)


def woven(texts: pa.Array, places: np.ndarray, others: pa.Array) -> pa.Array:
    """Put other texts between texts; runs of neighbours are copied at once.

    Args:
        texts: Texts without nulls.
        places: Before which text each of the others comes, in ascending order.
        others: Texts without nulls, one per place.
    """
    if not len(places):
        return texts
    offsets = text_offsets(texts)
    runs = _between(offsets[np.concatenate([[0], places, [len(texts)]])], texts)
    before = pa.concat_arrays([empty_texts(1), others])
    data = pc.binary_join_element_wise(before, runs, "").buffers()[2]
    return texts_of(np.insert(np.diff(offsets), places, text_sizes(others)), data)


def spread_texts(texts: pa.Array, mask: np.ndarray) -> pa.StringArray:
    """Give the texts (none null) to the marked rows, in order, and "" to the others."""
    offsets = np.zeros(len(mask) + 1, np.int32)
    offsets[1:][mask] = text_sizes(texts)
    offsets[0] = text_offsets(texts)[0]
    np.cumsum(offsets, dtype=np.int32, out=offsets)
    data = texts.buffers()[2] or _NO_BYTES
    return pa.StringArray.from_buffers(len(mask), pa.py_buffer(offsets), data)


def _between(cuts: np.ndarray, texts: pa.Array, known: pa.Buffer | None = None) -> pa.StringArray:
    """Give what lies between neighbouring places in the bytes of texts, as one text each."""
    data = texts.buffers()[2] or _NO_BYTES
    return pa.StringArray.from_buffers(len(cuts) - 1, pa.py_buffer(cuts), data, known)


def _every_other(texts: pa.Array, cuts: np.ndarray, first: int) -> pa.Buffer | None:
    """Copy the bytes between every other pair of neighbouring places.

    The join knows what it will need before it copies; Arrow's filter would guess, and copy again.
    """
    chosen = np.zeros(len(cuts) - 1, dtype=bool)
    chosen[first::2] = True
    known = pa.py_buffer(np.packbits(chosen, bitorder="little"))
    spans = _between(cuts, texts, known)
    return pc.binary_join_element_wise(spans, "", null_handling="skip").buffers()[2]


def cut_texts(
    texts: pa.Array, starts: np.ndarray | None = None, stops: np.ndarray | None = None
) -> pa.Array:
    """Cut each text at its own place, in code points; what lies beyond the end is "".

    Args:
        texts: Texts without nulls.
        starts: First code point that is kept, per text; 0 by default.
        stops: First code point that is no longer kept, per text; the end by default.
    """
    offsets = text_offsets(texts)
    size = int(offsets[-1])
    data = np.frombuffer(texts.buffers()[2], np.uint8, size) if size else np.zeros(0, np.uint8)
    first = np.flatnonzero((data & 0xC0) != 0x80)  # where code points begin
    edges = np.append(first, len(data))
    origin = np.searchsorted(first, offsets)  # number of the first code point of each text
    begin = origin[:-1] if starts is None else np.minimum(origin[:-1] + starts, origin[1:])
    end = origin[1:] if stops is None else np.minimum(origin[:-1] + stops, origin[1:])
    return _spans(texts, edges[begin], edges[end])


def cut_bytes(
    texts: pa.Array, starts: np.ndarray | None = None, stops: np.ndarray | None = None
) -> pa.Array:
    """Cut each text at its own place, in bytes; what lies beyond the end is "".

    For arguments see `cut_texts`. A place inside a character is moved to that character's end.
    """
    offsets = text_offsets(texts).astype(np.int64)
    size = int(offsets[-1])
    if not size:
        return empty_texts(len(texts))
    data = np.frombuffer(texts.buffers()[2], np.uint8, size)
    begin, end = (
        default if at is None else _to_a_boundary(np.minimum(offsets[:-1] + at, offsets[1:]), data)
        for at, default in ((starts, offsets[:-1]), (stops, offsets[1:]))
    )
    return _spans(texts, begin, end)


def _to_a_boundary(places: np.ndarray, data: np.ndarray) -> np.ndarray:
    for _ in range(3):  # a character has four bytes at most
        inside = (data[np.minimum(places, len(data) - 1)] & 0xC0) == 0x80
        inside &= places < len(data)
        if not inside.any():
            break
        places = places + inside
    return places


def _spans(texts: pa.Array, starts: np.ndarray, stops: np.ndarray) -> pa.Array:
    """Copy byte spans, which stand in order and apart, into one text each."""
    stops = np.maximum(starts, stops)
    cuts = np.empty(2 * len(starts) + 1, np.int32)
    cuts[:-1:2], cuts[1::2], cuts[-1] = starts, stops, text_offsets(texts)[-1]
    return texts_of(stops - starts, _every_other(texts, cuts, first=0))
