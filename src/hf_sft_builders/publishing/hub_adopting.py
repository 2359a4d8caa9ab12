"""Rows that `push_to_hub` put on the Hub already are not sent again.

Its files hold the same rows in other bytes. Where every row is the one that would be published, those
files are taken over as they are; card, license and manifest are written for them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from hf_sft_builders.publishing.parquet_files import SplitFiles, data_folder
from hf_sft_builders.publishing.repository import Found, Repository

_ROWS = 5_000


def with_adopted(
    hub: Repository, found: Found, folder: Path, written: Sequence[SplitFiles]
) -> list[SplitFiles]:
    """Put the repository's own files into the folder, in place of ours that hold the same rows."""
    if found.published and not found.published["adopted"]:
        return list(written)
    return [_adopted(hub, found, folder, split) or split for split in written]


def _adopted(hub: Repository, found: Found, folder: Path, split: SplitFiles) -> SplitFiles | None:
    stored = _shards_of(found, split)
    if not stored or _told_rows(found, split) not in (None, split.rows):
        return None
    fetched = folder / ".adopted"
    try:
        theirs = [hub.download(path, found.head, fetched) for path in stored]
        if not _same_rows(theirs, [folder / path for path in split.files]):
            return None
        for path in split.files:
            (folder / path).unlink()
        for path, file in zip(stored, theirs, strict=True):
            file.rename(folder / path)
        size = sum((folder / path).stat().st_size for path in stored)
        return replace(split, files=tuple(stored), file_bytes=size, adopted=True)
    finally:
        shutil.rmtree(fetched, ignore_errors=True)


def _shards_of(found: Found, split: SplitFiles) -> list[str]:
    """Give the files of a split in order; none where they are no complete set."""
    name = re.escape(f"{data_folder(split.config)}/{split.split}")
    pattern = re.compile(rf"{name}-(\d{{5}})-of-(\d{{5}})\.parquet")
    shards = {path: match for path in sorted(found.files) if (match := pattern.fullmatch(path))}
    counts = {int(match[2]) for match in shards.values()}
    numbers = [int(match[1]) for match in shards.values()]
    complete = counts == {len(shards)} and numbers == list(range(len(shards)))
    return list(shards) if complete else []


def _told_rows(found: Found, split: SplitFiles) -> int | None:
    """Give the rows that the card names for a split, before anything is fetched."""
    infos = found.card.metadata.get("dataset_info") if found.card else None
    for info in infos if isinstance(infos, list) else [infos or {}]:
        if info.get("config_name", split.config) == split.config:
            for part in info.get("splits") or []:
                if part.get("name") == split.split:
                    return int(part.get("num_examples", -1))
    return None


def _same_rows(theirs: Sequence[Path], ours: Sequence[Path]) -> bool:
    schema = pq.read_schema(ours[0])
    if {*pq.read_schema(theirs[0]).names} != {*schema.names}:
        return False
    try:
        pairs = zip(_tables(theirs, schema), _tables(ours, schema), strict=True)
        return all(one.equals(other) for one, other in pairs)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError):
        return False  # other types, or another number of rows


def _tables(files: Sequence[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Give the rows of several files as tables of `_ROWS` rows each, the last one shorter."""
    plain = schema.remove_metadata()
    rest: list[pa.RecordBatch] = []
    rows = 0
    for file in files:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(_ROWS):
                rest.append(batch)
                rows += len(batch)
                while rows >= _ROWS:
                    whole = pa.Table.from_batches(rest)
                    yield _plain(whole.slice(0, _ROWS), plain)
                    rest = whole.slice(_ROWS).to_batches()
                    rows -= _ROWS
    if rows:
        yield _plain(pa.Table.from_batches(rest), plain)


def _plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return table.select(schema.names).cast(schema).combine_chunks()
