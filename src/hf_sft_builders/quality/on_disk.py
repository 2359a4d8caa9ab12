"""Numbers that are written once and read later, in files without a name: they cost disk, not memory.

The files lie where `tempfile` puts them (`TMPDIR`), and are gone with the last who uses them, also
after a kill. They are written by calls that say when the disk is full, never through a mapping,
where that would end the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hf_sft_builders.errors import BuildError


class BandFile:
    """The buckets of all rows, band by band: 4 bytes of disk for each row and band.

    Args:
        bands: How many.
        rows: How many.

    Example:
        >>> keys = BandFile(2, 1000)
        >>> keys.write(0, np.zeros((2, 1000), np.uint32))
        >>> [len(band) for band in keys]
        [1000, 1000]
    """

    def __init__(self, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._file = _opened()

    def write(self, start: int, keys: np.ndarray) -> None:
        """Keep the buckets of some rows: uint32 of shape (bands, rows from `start` on)."""
        for number, band in enumerate(keys):
            self._file.seek(4 * (number * self.rows + start))
            _written(self._file, band)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Give each band: uint32 per row."""
        for number in range(self.bands):
            self._file.seek(4 * number * self.rows)
            yield np.fromfile(self._file, np.uint32, self.rows)


def kept_on_disk(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Write arrays of uint64 one after the other; give all of them as one, which is only read."""
    file, count = _opened(), 0
    for part in parts:
        _written(file, part)
        count += len(part)
    if not count:
        return np.zeros(0, np.uint64)
    return np.memmap(file, np.uint64, "r", shape=(count,))


def _opened() -> Any:
    return tempfile.TemporaryFile(prefix="hf_sft_", buffering=0)


def _written(file: Any, numbers: np.ndarray) -> None:
    left = np.ascontiguousarray(numbers).data.cast("B")
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise BuildError(
            f"{tempfile.gettempdir()}: what is known of the rows that are compared cannot be written "
            f"({error.strerror}). Free some space, or set TMPDIR to a folder that has it."
        ) from error
