"""Rows to Parquet files: `data/<split>-00000-of-00002.parquet`, shards of at most ~500 MB.

The same rows give the same bytes: no times are written, and rows are laid out anew, so that it
does not matter how a dataset was put together before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_sft_builders.formats.tables import in_schema
from hf_sft_builders.publishing.media_cells import (
    BesideRows,
    MediaCells,
    cell_columns,
    embedded,
    feature_columns,
    holds_media,
    path_columns,
    require_no_local_paths,
)
from hf_sft_builders.publishing.media_folder import ROWS, MediaFolder
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
    media: tuple[str, ...] = ()
    """Media beside the rows."""
    relative: tuple[str, ...] = ()
    """Columns whose paths are relative to the dataset's folder."""
    stored: Mapping[str, str] = field(default_factory=dict)
    """Columns of media → the columns of file names that stand for them in the Parquet file."""

    def as_read(self, columns: Iterable[str]) -> set[str]:
        """Name the columns of the Parquet files as `load_dataset` gives them."""
        names = {stored: name for name, stored in self.stored.items()}
        return {names.get(column, column) for column in columns}

    @property
    def pattern(self) -> str:
        """A glob for exactly these files."""
        if self.stored:
            return f"{data_folder(self.config)}/{self.split}/**"
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
    media: str = "embedded",
) -> SplitFiles:
    """Write one split.

    Args:
        ds: Its rows.
        split: Its name.
        folder: The dataset's folder.
        prepare: Changes each table before it is written, but not its schema.
        config: The config that it belongs to.
        media: Whether media go into the rows (`embedded`) or to files beside them (`files`).
    """
    if media == "files" and feature_columns(ds.features):
        return _write_folder(ds, split, folder, prepare, config)
    place = data_folder(config)
    (folder / place).mkdir(exist_ok=True)
    shards = _Shards(folder / place, split, oldest_schema(ds.features))
    beside = BesideRows(folder)
    cells, paths, files = cell_columns(ds.features), path_columns(ds.features), media == "files"
    change = (
        MediaCells([*cells, *paths], beside)
        if files
        else MediaCells(cells, embedded, keep_names=True)
    )
    try:
        for table in row_batches(ds, _rows_at_once(ds)):
            if not files:
                require_no_local_paths(table, paths)
            shards.write(prepare(change.of(_embed(table, ds.features))))
    finally:
        shards.close()
    names, file_bytes = shards.name_files()
    return SplitFiles(
        split,
        len(ds),
        shards.num_bytes,
        tuple(f"{place}/{name}" for name in names),
        file_bytes + sum(beside.files.values()),
        config,
        ds.features,
        media=tuple(beside.files),
        relative=tuple(change.changed) if files else (),
    )


def _write_folder(
    ds: Any, split: str, folder: Path, prepare: Callable[[pa.Table], pa.Table], config: str
) -> SplitFiles:
    place = f"{data_folder(config)}/{split}"
    written = MediaFolder(ds.features, folder / place)
    try:
        for table in row_batches(ds, _MEDIA_ROWS):
            written.write(prepare(_embed(table, ds.features)))
    finally:
        written.close()
    return SplitFiles(
        split,
        len(ds),
        written.num_bytes,
        (f"{place}/{ROWS}",),
        written.path.stat().st_size + sum(written.media.values()),
        config,
        ds.features,
        media=tuple(f"{place}/{name}" for name in written.media),
        stored=written.columns,
    )


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
    if holds_media(ds.features):
        return _MEDIA_ROWS
    bytes_per_row = max(1, ds.data.nbytes // max(1, len(ds.data)))
    return min(2 ** (ROW_GROUP_BYTES // bytes_per_row).bit_length() // 2 or 1, 2**17)


def _laid_out(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return in_schema(table, schema).combine_chunks()


def _embed(table: pa.Table, features: Any) -> pa.Table:
    """Put the bytes of images and the like into the rows, with file names instead of paths."""
    from datasets.features.features import require_storage_embed
    from datasets.table import embed_table_storage

    columns = feature_columns(features)
    if not columns and not any(require_storage_embed(each) for each in features.values()):
        return table

    table = embed_table_storage(in_schema(table, features.arrow_schema))
    # `datasets` 3 embeds no videos.
    videos = [name for name, feature in columns.items() if type(feature).__name__ == "Video"]
    return MediaCells(videos, embedded).of(table)
