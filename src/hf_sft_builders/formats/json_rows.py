"""The rows of a JSON file, one way for all who read such: blocks of lines, and objects of a block.

JSON Lines, a JSON array and objects over several lines are the same here; so are encodings and
compressions, which `opened` has undone. Columns and their types are told elsewhere: by
`json_reading` from a whole file, by builders from its beginning, before the first row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json, to_json

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_blocks import BLOCK_BYTES, Block, json_blocks

Opening = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens a file from its beginning, as plain UTF-8."""
_DECODER, _SPACE = json.JSONDecoder(), re.compile(r"\s*")
_NULL_FIRST = re.compile(rb"\s*null")
_NULL_ROW = re.compile(rb"[\n\r}][ \t]*null")


@dataclass(frozen=True)
class JsonFile:
    """A file of JSON objects, read in bounded memory.

    Example:
        >>> file = JsonFile(lambda: io.BytesIO(b'[{"a": 1}, {"a": 2}]'), "rows.json")
        >>> [row for _, row in file.rows()]
        [{'a': 1}, {'a': 2}]
    """

    opening: Opening
    """Called once for each reading, and once more for the line of an error."""
    name: str
    """For errors."""
    block_bytes: int = BLOCK_BYTES
    """Bytes that are read at once."""
    whole: bool = True
    """Whether this is all of the file; else a row that is cut off at the end is left out."""

    def blocks(self) -> Iterator[Block]:
        """Give the file in blocks of whole rows, a line each.

        Raises:
            FormatError: if it is no JSON, or no UTF-8, or begins with null for a row; it names the byte.
        """
        with self.opening() as stream:
            for block in json_blocks(stream, self.name, self.block_bytes, self.whole):
                self._require_utf8(block)
                self.require_objects(block)
                yield block

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give each row with the place of its first byte.

        Raises:
            FormatError: on a row that is no JSON object; it names line and byte.
        """
        for block in self.blocks():
            yield from self.rows_of(block)

    def rows_of(self, block: Block) -> Iterator[tuple[int, dict[str, Any]]]:
        """Give each row of a block with the place of its first byte; for errors see `rows`."""
        offset = block.offset
        for line in block.data.split(b"\n"):
            if line.strip():
                yield from ((offset, row) for row in self._rows_on(line, offset))
            offset += len(line) + 1

    def place(self, offset: int) -> str:
        """Say which line a byte is in; reads the file again, which only errors do."""
        lines, left = 1, offset
        with self.opening() as stream:
            while left > 0 and (data := stream.read(min(left, 1 << 20))):
                lines += data.count(b"\n")
                left -= len(data)
        return f"{self.name}: line {lines}, byte {offset}"

    def _rows_on(self, line: bytes, offset: int) -> list[dict[str, Any]]:
        try:
            values = _values(line)
        except ValueError as error:
            raise FormatError(
                f"{self.place(offset)}: not valid JSON: {error}. Found: "
                f"{line[:120].decode('utf-8', 'replace')!r}. Mend or delete this row."
            ) from error
        for value in values:
            if not isinstance(value, dict):
                raise FormatError(
                    f"{self.place(offset)}: found {to_json(value).decode()[:80]!r}, expected an object "
                    'with the row\'s columns: {"column": value, …}. Mend or delete this row.'
                )
        return values

    def _require_utf8(self, block: Block) -> None:
        """Stop at bytes that are no UTF-8; Arrow's reader would hand them on as text."""
        offsets = pa.py_buffer(np.array([0, len(block.data)], np.int64))
        text = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), 1, [None, offsets, pa.py_buffer(block.data)]
        )
        try:
            text.cast(pa.large_string())
        except pa.ArrowInvalid:
            try:
                block.data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"{self.place(block.offset + error.start)}: found "
                    f"{error.object[error.start : error.start + 8]!r}, expected UTF-8. Save "
                    "it as that, or name its encoding where that is asked: encoding='gb18030' "
                    "(hf-sft: --encoding gb18030)."
                ) from error

    def require_objects(self, block: Block, table: pa.Table | None = None) -> None:
        """Stop at null in place of a row, of which Arrow's reader makes a row of nulls.

        Args:
            block: Rows as they stand in the file.
            table: What Arrow made of them; without it, only the first row is looked at, where null
                crashes Arrow.

        Raises:
            FormatError: it names line and byte.
        """
        if table is None:
            suspicious = _NULL_FIRST.match(block.data)
        else:
            hollow = all(column.null_count for column in table.columns)
            suspicious = _NULL_ROW.search(block.data) if hollow else None
        if suspicious:
            for _ in self.rows_of(block):
                pass  # tells null from text that only looks like it


def _values(line: bytes) -> list[Any]:
    """Read what stands on a line: one value, or several side by side, as Arrow's reader does."""
    try:
        return [from_json(line, allow_inf_nan=True)]
    except ValueError as error:
        if "trailing characters" not in str(error):
            raise
    text, place, values = line.decode("utf-8").strip(), 0, []
    while place < len(text):
        _, end = _DECODER.raw_decode(text, place)
        values.append(from_json(text[place:end], allow_inf_nan=True))
        space = _SPACE.match(text, end)
        place = space.end() if space else end
    return values
