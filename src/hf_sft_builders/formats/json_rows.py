"""The rows of a JSON file, one way for all who read such: blocks of lines, and objects of a block.

JSON Lines, a JSON array and objects over several lines are the same here; so are encodings and
compressions, which `opened` has undone. Columns and their types are told elsewhere: by
`json_reading` from a whole file, by builders from its beginning, before the first row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pydantic_core import from_json

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_blocks import BLOCK_BYTES, Block, json_blocks

Opening = Callable[[], AbstractContextManager[IO[bytes]]]
"""Opens a file from its beginning, as plain UTF-8."""


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
            FormatError: if it is no JSON, or no UTF-8; it names the byte.
        """
        with self.opening() as stream:
            for block in json_blocks(stream, self.name, self.block_bytes, self.whole):
                self._require_utf8(block)
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
                yield offset, self._row(line, offset)
            offset += len(line) + 1

    def place(self, offset: int) -> str:
        """Say which line a byte is in; reads the file again, which only errors do."""
        lines, left = 1, offset
        with self.opening() as stream:
            while left > 0 and (data := stream.read(min(left, 1 << 20))):
                lines += data.count(b"\n")
                left -= len(data)
        return f"{self.name}: line {lines}, byte {offset}"

    def _row(self, line: bytes, offset: int) -> dict[str, Any]:
        try:
            row = from_json(line, allow_inf_nan=True)
        except ValueError as error:
            raise FormatError(
                f"{self.place(offset)}: not valid JSON: {error}. Found: "
                f"{line[:120].decode('utf-8', 'replace')!r}. Mend or delete this row."
            ) from error
        if not isinstance(row, dict):
            raise FormatError(
                f"{self.place(offset)}: found {str(row)[:80]!r}, expected an object "
                'with the row\'s columns: {"column": value, …}.'
            )
        return row

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
