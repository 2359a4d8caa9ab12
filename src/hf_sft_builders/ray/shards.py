"""The shards of a build: which files are worked on together, and what is finished of them.

    <cache>/hf_sft_ray/<job>/<shard>/00000.parquet   pieces of its rows
    <cache>/hf_sft_ray/<job>/<shard>/done.json       pieces, and the shard's account
    <cache>/hf_sft_ray/<job>/account/                see `ray.jobs`

The job is named by the builder's cache key, so finished shards are those of the same rows; a shard
by its files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from hf_sft_builders.accounts import write_share
from hf_sft_builders.ledger import Ledger

_DONE = "done.json"


@dataclass(frozen=True)
class Shard:
    """Files that are worked on together."""

    name: str
    files: tuple[Any, ...]


def shards_of(files: Sequence[Any], most: int) -> list[Shard]:
    """Put files into groups, in order; the same for the same files."""
    step = max(1, -(-len(files) // most))
    return [_shard(tuple(files[start : start + step])) for start in range(0, len(files), step)]


def _shard(files: tuple[Any, ...]) -> Shard:
    told = json.dumps([(file.uri, str(file.stamp)) for file in files])
    return Shard(hashlib.sha256(told.encode()).hexdigest()[:24], files)


def piece_of(
    shard: str, number: int, rows: pa.Table | None, ledger: str = "", said: str = ""
) -> pa.Table:
    """Make what a worker sends: rows as Parquet, or with the last piece the account and `telling`'s lines."""
    sink = pa.BufferOutputStream()
    if rows is not None:
        parquet.write_table(rows, sink, compression="zstd")
    columns = {
        "shard": pa.array([shard]),
        "piece": pa.array([number]),
        "rows": pa.array([sink.getvalue().to_pybytes()], pa.large_binary()),
        "ledger": pa.array([ledger]),
        "said": pa.array([said]),
    }
    return pa.table(columns)


class FinishedShards:
    """What is finished of one build, on the driver's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.account = folder / "account"

    @classmethod
    def of(cls, builder: Any) -> FinishedShards:
        """Find the folder of a builder's job."""
        key = hashlib.sha256(str(builder.cache_dir).encode()).hexdigest()[:24]
        return cls(Path(builder._cache_dir_root).expanduser().resolve() / "hf_sft_ray" / key)

    def begin(self, shards: Sequence[Shard]) -> None:
        """Count what is finished, and forget what an earlier run had half done."""
        self.account.mkdir(parents=True, exist_ok=True)
        for share in self.account.glob("*.json"):
            share.unlink()
        for shard in shards:
            if self.has(shard):
                write_share(self.account, shard.name, self.ledger(shard).to_json())

    def has(self, shard: Shard) -> bool:
        """Whether a shard is finished."""
        return (self._folder / shard.name / _DONE).is_file()

    def take(self, row: Mapping[str, Any]) -> bool:
        """Write down what a worker sent; tell whether the shard is finished with it."""
        place = self._folder / row["shard"]
        place.mkdir(parents=True, exist_ok=True)
        if row["ledger"]:
            done = {"pieces": row["piece"], "ledger": row["ledger"], "said": row["said"]}
            _write(place / _DONE, json.dumps(done).encode())
        else:
            _write(place / f"{row['piece']:05}.parquet", row["rows"])
        return bool(row["ledger"])

    def ledger(self, shard: Shard) -> Ledger:
        """Give the account of a finished shard."""
        return Ledger.from_json(self._done(shard.name)["ledger"])

    def said(self, shard: str) -> str:
        """Give what reading a finished shard had to say; see `telling`."""
        return str(self._done(shard)["said"])

    def tables(self, shard: Shard) -> Iterator[pa.Table]:
        """Give the rows of a finished shard."""
        for number in range(self._done(shard.name)["pieces"]):
            yield parquet.read_table(self._folder / shard.name / f"{number:05}.parquet")

    def remove(self) -> None:
        """Forget the job: its rows are in the cache now."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # another job may be there
            self._folder.parent.rmdir()

    def _done(self, shard: str) -> dict[str, Any]:
        done: dict[str, Any] = json.loads((self._folder / shard / _DONE).read_text("utf-8"))
        return done


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    part.write_bytes(data)
    part.replace(path)
