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
_NO_BYTES = pa.py_buffer(b"")


def text_offsets(texts: pa.Array) -> np.ndarray:
    """Give where each text begins in the bytes, and where the last one ends (int32)."""
    offsets = texts.buffers()[1]
    if offsets is None:
        return np.zeros(len(texts) + 1, np.int32)
    return np.frombuffer(offsets, np.int32, len(texts) + 1, offset=4 * texts.offset)


def text_sizes(texts: pa.Array) -> np.ndarray:
    """Give the bytes of each text (int32); null has none."""
    sizes = np.diff(text_offsets(texts))
    if texts.null_count:
        sizes[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return sizes


def texts_of(sizes: np.ndarray, data: pa.Buffer | None) -> pa.StringArray:
    """Give the texts that stand one after the other in these bytes."""
    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    return pa.StringArray.from_buffers(len(sizes), pa.py_buffer(offsets), data or _NO_BYTES)


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


def named(names: list[str], codes: np.ndarray) -> pa.Array:
    """Give the name of each code, which is its place in `names`."""
    if len(codes) > 1 and (codes[::2] == codes[0]).all() and (codes[1::2] == codes[1]).all():
        return in_turn((names[codes[0]], names[codes[1]]), len(codes))
    return pa.array(names, pa.string()).take(pa.array(codes))


def kept_texts(texts: pa.Array, mask: np.ndarray) -> pa.Array:
    """Give the marked texts only; runs of neighbours are copied at once."""
    count = int(np.count_nonzero(mask))
    if count == len(texts):
        return texts
    if texts.null_count == len(texts):
        return pa.nulls(count, texts.type)
    edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    if texts.null_count or 4 * len(edges) > len(texts) or not pa.types.is_string(texts.type):
        return texts.filter(pa.array(mask))
    offsets = text_offsets(texts)
    runs = _between(offsets[np.concatenate([[0], edges, [len(texts)]])], texts)
    chosen = np.zeros(len(runs), dtype=bool)
    chosen[0 if mask[0] else 1 :: 2] = True
    return texts_of(np.diff(offsets)[mask], runs.filter(pa.array(chosen)).buffers()[2])


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
    sizes = np.zeros(len(mask), np.int32)
    sizes[mask] = text_sizes(texts)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32) + text_offsets(texts)[0]
    data = texts.buffers()[2] or _NO_BYTES
    return pa.StringArray.from_buffers(len(mask), pa.py_buffer(offsets), data)


def _between(cuts: np.ndarray, texts: pa.Array) -> pa.StringArray:
    """Give what lies between neighbouring places in the bytes of texts."""
    data = texts.buffers()[2] or _NO_BYTES
    return pa.StringArray.from_buffers(len(cuts) - 1, pa.py_buffer(cuts), data)


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
    return _spans(data, edges[begin], edges[end])


def _spans(data: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> pa.Array:
    """Copy byte spans, which stand in order and apart, into one text each."""
    kept = np.zeros(len(data) + 1, dtype=np.int8)
    np.add.at(kept, starts, 1)
    np.add.at(kept, stops, -1)
    mask = np.cumsum(kept[:-1], dtype=np.int8).astype(bool)
    return texts_of(stops - starts, pa.py_buffer(np.ascontiguousarray(data[mask])))
