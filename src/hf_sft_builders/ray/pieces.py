"""Parquet files as pieces that workers read one by one, each row known by its place among all rows.

A piece is a row group. Places count through the files in the order of their names, so that "the first
row" means the same on any number of workers.
"""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from hf_sft_builders.errors import ConfigurationError, SourceError
from hf_sft_builders.quality.cleaned import ADDED, DUPLICATE_OF, REASON, SIMILARITY

_KINDS = {"reasons": pa.string(), "repeats": pa.string()}


@dataclass(frozen=True)
class Piece:
    """One row group of one file."""

    path: str
    group: int
    number: int
    """Of this piece, from 0."""
    start: int
    """The place of its first row among the rows of all files."""
    rows: int

    def read(self) -> pa.Table:
        """Read its rows."""
        return parquet.ParquetFile(self.path).read_row_group(self.group)


@dataclass(frozen=True)
class LeftOut:
    """The rows that do not stay, by place, ascending."""

    places: np.ndarray
    """int64."""
    reasons: np.ndarray
    """text."""
    repeats: np.ndarray
    """text: name of the row that each repeats."""
    similarity: np.ndarray
    """float64."""

    def within(self, piece: Piece) -> LeftOut:
        """Give those of one piece, by place within it."""
        ends = np.searchsorted(self.places, [piece.start, piece.start + piece.rows])
        part = slice(*ends)
        return LeftOut(
            self.places[part] - piece.start,
            self.reasons[part],
            self.repeats[part],
            self.similarity[part],
        )

    def to_bytes(self) -> bytes:
        """Give it as bytes that every worker can read."""
        columns = {each.name: getattr(self, each.name) for each in fields(self)}
        return packed(pa.table({n: pa.array(c, _KINDS.get(n)) for n, c in columns.items()}))

    @classmethod
    def of_bytes(cls, blob: bytes) -> LeftOut:
        """Read what `to_bytes` gave."""
        table = unpacked([blob])
        columns = [table[each.name].to_numpy() for each in fields(cls)]
        return cls(*columns)

    @classmethod
    def of(
        cls, places: np.ndarray, reasons: list[str], repeats: list[str], similarity: np.ndarray
    ) -> LeftOut:
        """Take names and reasons as lists."""
        words = np.array(reasons, dtype=object), np.array(repeats, dtype=object)
        return cls(places, *words, similarity)

    def counts(self) -> Counter[str]:
        """Count rows by reason."""
        return Counter(self.reasons.tolist())

    @classmethod
    def joined(cls, parts: Sequence[LeftOut]) -> LeftOut:
        """Put the findings of several workers in order."""
        none = cls.of(np.zeros(0, np.int64), [], [], np.zeros(0))
        whole = [none, *parts]
        order = np.argsort(np.concatenate([part.places for part in whole]))
        columns = (each.name for each in fields(cls))
        return cls(*(np.concatenate([getattr(part, n) for part in whole])[order] for n in columns))


@dataclass(frozen=True)
class CleanedFiles:
    """Rows of files parted in two; every row is in one of them."""

    folder: Path
    """Holds `kept/*.parquet`, in the order of the rows, and `rejected/*.parquet`, with `drop_reason`,
    `duplicate_of` and `similarity` beside their own columns."""
    rows: int
    """Of both."""
    counts: Counter[str] = field(default_factory=Counter)
    """Reason → rows."""
    noted: Counter[str] = field(default_factory=Counter)
    """What is worth knowing of rows that stay ("nothing to compare")."""

    def __str__(self) -> str:
        told = ", ".join(f"{reason} {rows:,}" for reason, rows in sorted(self.counts.items()))
        gone = self.counts.total()
        return f"{self.rows - gone:,} rows stay, {gone:,} left out ({told or 'no reason'})"


def pieces_of(source: str | Path) -> list[Piece]:
    """Find the row groups of a Parquet file, or of all Parquet files below a folder.

    Raises:
        SourceError: if there is none, one cannot be read, or the files differ in their columns.
        ConfigurationError: if it is no path, or if the rows have a column that is to be added to rows
            that are left out.
    """
    if not isinstance(source, (str, Path)):
        raise ConfigurationError(
            f"source is a {type(source).__name__}; expected the path of a Parquet file, or of a folder "
            "of them. Write the rows first: a Dataset with ds.to_parquet('rows/rows.parquet'), a "
            "ray.data.Dataset with ds.write_parquet('rows/')."
        )
    place = Path(source).expanduser()
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    if not files or not all(file.is_file() for file in files):
        raise SourceError(
            f"{source}: no Parquet file is there. Expected a file, or a folder of them."
        )
    found: list[Piece] = []
    start = 0
    first = _opened(files[0]).schema_arrow
    for file in files:
        footer = _opened(file)
        if not footer.schema_arrow.equals(first):
            raise SourceError(
                f"{file}: other columns or types than {files[0]}. Give files of one kind."
            )
        for group in range(footer.metadata.num_row_groups):
            rows = footer.metadata.row_group(group).num_rows
            found.append(Piece(str(file.resolve()), group, len(found), start, rows))
            start += rows
    if taken := [name for name in ADDED if name in first.names]:
        raise ConfigurationError(
            f"The rows have a column {taken[0]!r} already, where rows that are left out would tell. "
            "Rename it."
        )
    if not start:
        raise SourceError(f"{source}: the files hold no row.")
    return found


def _opened(file: Path) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(
            f"{file}: cannot be read as Parquet ({error}). Write it anew, or take it out of the folder."
        ) from error


@contextmanager
def new_folder(target: str | Path, source: str | Path) -> Iterator[Path]:
    """Give a folder to fill that has the target's name once all of it is there.

    Raises:
        ConfigurationError: if there is something at the target, it is inside the source, or it cannot
            be made.
    """
    place, rows = Path(target).expanduser().resolve(), Path(source).expanduser().resolve()
    if place.exists():
        raise ConfigurationError(f"target={str(target)!r} is there already. Name a new folder.")
    if place.is_relative_to(rows):
        raise ConfigurationError(
            f"target={str(target)!r} is inside source={str(source)!r}, whose files are all read as rows: "
            "the next call would read what this one wrote. Name a folder beside it."
        )
    part = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise ConfigurationError(
            f"target={str(target)!r} cannot be made ({error.strerror}). Name a folder where you may write."
        ) from error
    try:
        yield part
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def split_sides(piece: Piece, left_out: LeftOut, target: Path) -> None:
    """Write the rows of a piece that stay, and those that do not."""
    table, out = piece.read(), left_out.within(piece)
    stays = np.ones(table.num_rows, dtype=bool)
    stays[out.places] = False
    rejected = table.take(pa.array(out.places))
    told = {REASON: out.reasons, DUPLICATE_OF: out.repeats, SIMILARITY: out.similarity}
    for name, values in told.items():
        kind = pa.float64() if name == SIMILARITY else pa.string()
        rejected = rejected.append_column(name, pa.array(values, kind))
    for side, rows in (("kept", table.filter(pa.array(stays))), ("rejected", rejected)):
        if rows.num_rows:
            (target / side).mkdir(parents=True, exist_ok=True)
            parquet.write_table(rows, target / side / f"part-{piece.number:06d}.parquet")


def packed(table: pa.Table) -> bytes:
    """Give a table as bytes, whatever its columns hold."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def unpacked(blobs: Sequence[bytes]) -> pa.Table:
    """Give the tables that bytes hold as one."""
    return pa.concat_tables([pa.ipc.open_stream(blob).read_all() for blob in blobs])


def by_part(part: np.ndarray, parts: int) -> Iterator[tuple[int, np.ndarray]]:
    """Give the rows of each part that has any."""
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(parts + 1))
    for number in range(parts):
        if ends[number] < ends[number + 1]:
            yield number, order[ends[number] : ends[number + 1]]
