"""Rows to Parquet files: `data/<split>-00000-of-00002.parquet`, shards of at most ~500 MB.

The same rows give the same bytes: no times are written, and rows are laid out anew, so that it
does not matter how a dataset was put together before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_sft_builders.publishing.oldest_form import oldest_schema
from hf_sft_builders.publishing.provenance_column import row_batches

SHARD_BYTES = 500_000_000
ROW_GROUP_BYTES = 100_000_000
_MEDIA_ROWS = 64
FOLDER, DEFAULT = "data", "default"


@dataclass(frozen=True, slots=True)
class SplitFiles:
    """The files of one split."""

    split: str
    rows: int
    num_bytes: int
    """In memory, as Arrow."""
    files: tuple[str, ...]
    """Relative to the dataset's folder."""
    file_bytes: int
    config: str = DEFAULT
    features: Any = None
    """Of its config."""
    adopted: bool = False
    """Whether the files are `push_to_hub`'s, not ours."""

    @property
    def pattern(self) -> str:
        """A glob for exactly these files."""
        return f"{data_folder(self.config)}/{self.split}-*-of-{len(self.files):05d}.parquet"


def data_folder(config: str) -> str:
    """Give the folder of a config's files, as `push_to_hub` names it."""
    return FOLDER if config == DEFAULT else config


def write_split(
    ds: Any,
    split: str,
    folder: Path,
    prepare: Callable[[pa.Table], pa.Table],
    config: str = DEFAULT,
) -> SplitFiles:
    """Write one split.

    Args:
        ds: Its rows.
        split: Its name.
        folder: The dataset's folder.
        prepare: Changes each table before it is written, but not its schema.
        config: The config that it belongs to.
    """
    place = data_folder(config)
    (folder / place).mkdir(exist_ok=True)
    shards = _Shards(folder / place, split, oldest_schema(ds.features))
    try:
        for table in row_batches(ds, _rows_at_once(ds)):
            shards.write(prepare(_embed(table, ds.features)))
    finally:
        shards.close()
    names, file_bytes = shards.name_files()
    files = tuple(f"{place}/{name}" for name in names)
    return SplitFiles(split, len(ds), shards.num_bytes, files, file_bytes, config, ds.features)


class _Shards:
    """Writes tables one after the other, and begins a new file when one is full."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._folder, self._split, self._schema = folder, split, schema
        self._writer: pq.ParquetWriter | None = None
        self._parts: list[Path] = []
        self._filled = 0
        self.num_bytes = 0

    def write(self, table: pa.Table) -> None:
        table = _laid_out(table, self._schema)
        if self._writer is None or self._filled + table.nbytes > SHARD_BYTES:
            self._begin()
        assert self._writer is not None
        self._writer.write_table(table)
        self._filled += table.nbytes
        self.num_bytes += table.nbytes

    def _begin(self) -> None:
        self.close()
        self._parts.append(self._folder / f"{self._split}-{len(self._parts):05d}.part")
        self._writer = pq.ParquetWriter(self._parts[-1], self._schema, write_page_index=True)
        self._filled = 0

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def name_files(self) -> tuple[list[str], int]:
        count, size = len(self._parts), 0
        names = [f"{part.stem}-of-{count:05d}.parquet" for part in self._parts]
        for part, name in zip(self._parts, names, strict=True):
            size += part.stat().st_size
            part.rename(part.with_name(name))
        return names, size


def _rows_at_once(ds: Any) -> int:
    """Give the rows of one row group: a power of two, so that it depends little on the layout."""
    if _has_media(ds.features):
        return _MEDIA_ROWS
    bytes_per_row = max(1, ds.data.nbytes // max(1, len(ds.data)))
    return min(2 ** (ROW_GROUP_BYTES // bytes_per_row).bit_length() // 2 or 1, 2**17)


def _laid_out(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return table.select(schema.names).cast(schema).combine_chunks()


def _embed(table: pa.Table, features: Any) -> pa.Table:
    """Put the bytes of images and the like into the rows, with file names instead of paths."""
    if not _has_media(features):
        return table
    from datasets.table import embed_table_storage

    return embed_table_storage(table.select(list(features)).cast(features.arrow_schema))


def _has_media(features: Any) -> bool:
    from datasets.features.features import require_storage_embed

    return any(require_storage_embed(feature) for feature in features.values())
