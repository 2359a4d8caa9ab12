"""JSON files cut into blocks of JSON Lines, in bounded memory and without a Python loop over bytes.

A block is some whole rows, each on one line, together with the place of its first byte in the file.
A JSON array becomes lines by turning the commas between its elements into line breaks and all
other line breaks into spaces, so that every byte keeps its place. Line breaks inside a text stay:
JSON has none there, and whoever reads the row must find out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from hf_sft_builders.errors import FormatError

BLOCK_BYTES = 16 << 20
_BOM = b"\xef\xbb\xbf"
_QUOTE, _OPEN, _CLOSE, _COMMA, _BREAK = 1, 2, 3, 4, 5
_KINDS = bytes(
    {
        34: _QUOTE,
        91: _OPEN,
        123: _OPEN,
        93: _CLOSE,
        125: _CLOSE,
        44: _COMMA,
        10: _BREAK,
        13: _BREAK,
    }.get(byte, 0)
    for byte in range(256)
)
"""What structures JSON: quote, brackets, comma, line break."""
_NO_BREAKS = bytes.maketrans(b"\n\r", b"  ")


@dataclass(frozen=True)
class Block:
    """Some rows, one per line."""

    offset: int
    """Place of the first byte in the (decompressed) file."""
    data: bytes


def json_blocks(
    stream: IO[bytes], name: str, block_bytes: int = BLOCK_BYTES, whole: bool = True
) -> Iterator[Block]:
    """Cut JSON Lines, a JSON array of objects, or objects over several lines into blocks.

    Args:
        stream: Plain bytes, UTF-8.
        name: Of the file, for errors.
        block_bytes: Bytes to read at a time. A block is as large as its largest row needs.
        whole: Whether the file ends where the stream does; else a last row that is cut off is left
            out.

    Raises:
        FormatError: if the file is neither; it names the byte.
    """
    data = stream.read(max(block_bytes, len(_BOM)))
    offset = len(_BOM) if data.startswith(_BOM) else 0
    rest = data[offset:]
    while (not rest or rest.isspace()) and (data := stream.read(block_bytes)):
        offset += len(rest)
        rest = data
    blank = next((n for n, byte in enumerate(rest) if byte not in b" \t\r\n"), len(rest))
    offset, rest = offset + blank, rest[blank:]
    if not rest:
        return
    if rest[:1] == b"[":
        yield from _elements(stream, rest[1:], offset + 1, name, block_bytes, whole)
    elif rest[:1] == b"{":
        end = rest.find(b"\n")
        by_line = _is_whole(rest[:end] if end >= 0 else rest)
        cut = _cut_lines if by_line else _cut_objects
        yield from _sequence(stream, rest, offset, cut, block_bytes, whole)
    else:
        raise FormatError(
            f"{name}: byte {offset}: found {rest[:20]!r}, expected a JSON array or one JSON object "
            "per line. Is it another kind of file, or in another encoding (encoding='gb18030')?"
        )


def _is_whole(line: bytes) -> bool:
    """Say whether a line closes what it opens."""
    _, kinds, depth, _ = _structure(line, 0)
    return bool(len(kinds)) and int(depth[-1]) == 0


def _sequence(
    stream: IO[bytes],
    rest: bytes,
    offset: int,
    cut: Callable[[bytes, bool], tuple[bytes, int]],
    block_bytes: int,
    whole: bool,
) -> Iterator[Block]:
    size = block_bytes
    while True:
        data = stream.read(size)
        rest += data
        lines, used = cut(rest, whole and not data)
        if lines and not lines.isspace():
            yield Block(offset, lines)
        offset, rest = offset + used, rest[used:]
        size = max(block_bytes, len(rest))  # a row larger than a block: read twice as much
        if not data:
            return


def _cut_lines(data: bytes, last: bool) -> tuple[bytes, int]:
    used = len(data) if last else data.rfind(b"\n") + 1
    return data[:used], used


def _cut_objects(data: bytes, last: bool) -> tuple[bytes, int]:
    """Cut after the last object that is whole; line breaks stay only between objects."""
    places, kinds, depth, broken = _structure(data, 0)
    ends = places[(kinds == _CLOSE) & (depth == 0)]
    used = len(data) if last else int(ends[-1]) + 1 if len(ends) else 0
    between = places[(kinds == _BREAK) & (depth == 0)]
    return _with_breaks(data[:used], between, broken), used


def _elements(
    stream: IO[bytes], rest: bytes, offset: int, name: str, block_bytes: int, whole: bool
) -> Iterator[Block]:
    size = block_bytes
    while True:
        data = stream.read(size)
        rest += data
        places, kinds, depth, broken = _structure(rest, 1)
        closing = places[(kinds == _CLOSE) & (depth == 0)]
        commas = places[(kinds == _COMMA) & (depth == 1)]
        if len(closing):
            used = int(closing[0])
            yield from _block(_with_breaks(rest[:used], commas, broken), offset)
            return _require_end(rest[used + 1 :], stream, offset + used + 1, name)
        if not data and whole:
            raise FormatError(
                f"{name}: byte {offset + len(rest)}: the file ends before its JSON array does. "
                "Expected a closing ]. Is the file cut off?"
            )
        used = int(commas[-1]) + 1 if len(commas) else 0
        yield from _block(_with_breaks(rest[:used], commas, broken), offset)
        if not data:
            return
        offset, rest = offset + used, rest[used:]
        size = max(block_bytes, len(rest))


def _with_breaks(data: bytes, *places: np.ndarray) -> bytes:
    """Have line breaks at these places, as far as there are such, and nowhere else."""
    lines = np.frombuffer(data.translate(_NO_BREAKS), np.uint8).copy()
    for each in places:
        lines[each[each < len(data)]] = ord("\n")
    return lines.tobytes()


def _block(lines: bytes, offset: int) -> Iterator[Block]:
    if lines and not lines.isspace():
        yield Block(offset, lines)


def _require_end(tail: bytes, stream: IO[bytes], offset: int, name: str) -> None:
    while not tail.strip():
        offset += len(tail)
        tail = stream.read(1 << 16)
        if not tail:
            return
    raise FormatError(
        f"{name}: byte {offset + len(tail) - len(tail.lstrip())}: found {tail.strip()[:20]!r} after "
        "the end of the JSON array. Expected one array, or one object per line."
    )


def _structure(data: bytes, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find what structures JSON: places, kinds and the depth after each, nothing inside strings.

    Last come the places of line breaks inside strings, where JSON allows none.
    """
    every = np.frombuffer(data.translate(_KINDS), np.uint8)
    places = np.flatnonzero(every != 0)
    kinds = every[places]
    real = kinds != _QUOTE
    real[~real] = ~_escaped(data, places[~real])
    places, kinds = places[real], kinds[real]
    quotes = kinds == _QUOTE
    is_outside = np.cumsum(quotes) % 2 == 0
    broken = places[(kinds == _BREAK) & ~is_outside]
    outside = is_outside & ~quotes
    places, kinds = places[outside], kinds[outside]
    step = (kinds == _OPEN).astype(np.int64) - (kinds == _CLOSE)
    return places, kinds, depth + np.cumsum(step), broken


def _escaped(data: bytes, quotes: np.ndarray) -> np.ndarray:
    """Say which quotes stand behind an odd number of backslashes."""
    escaped = np.zeros(len(quotes), bool)
    if b"\\" not in data:
        return escaped
    slashes = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\\"))
    number = np.arange(len(slashes))
    first = np.maximum.accumulate(np.where(np.diff(slashes, prepend=-2) != 1, number, 0))
    before = np.searchsorted(slashes, quotes) - 1  # the last backslash before each quote
    beside = (before >= 0) & (slashes[before] == quotes - 1)
    run = before - first[before] + 1
    escaped[beside] = run[beside] % 2 == 1
    return escaped
