"""The rows of a review: by number and by id, undecoded, wherever they come from.

A row is known by its `id`. Where there is none, its id is made of what it says, and of how often that
stood before it; then a row that changes is another row. `seen` is the hash of what a row says: its
format's columns, without lineage and without scores that somebody adds later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.formats import Format
from hf_sft_builders.formats.json_columns import json_text
from hf_sft_builders.formats.parts import rows_that_fit
from hf_sft_builders.formats.row_hashes import bytes_by_hash
from hf_sft_builders.formats.tables import class_labels
from hf_sft_builders.quality.said import format_of

NOT_SAID = ("id", "provenance", "content_hash", "score")
_BATCH = 5_000


class Rows:
    """All rows of a dataset, over its splits.

    Args:
        splits: Name → `Dataset`, in order.

    Raises:
        ConfigurationError: if there are no rows.
    """

    def __init__(self, splits: Mapping[str, Any]) -> None:
        self.splits = {name: ds.with_format("arrow") for name, ds in splits.items()}
        sizes = [len(ds) for ds in self.splits.values()]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.total = int(self.starts[-1])
        if not self.total:
            raise ConfigurationError("The dataset has no rows; there is nothing to review.")
        first = next(iter(splits.values()))
        self.columns: tuple[str, ...] = tuple(first.column_names)
        self.features = first.features
        self.classes = class_labels(first)
        self.said: tuple[str, ...] = self._said()

    @cached_property
    def format(self) -> Format | None:
        """The format of the rows, None where they have none."""
        try:
            return format_of(self.features.arrow_schema)
        except ConfigurationError:
            return None

    @property
    def fingerprint(self) -> str:
        """Changes when the rows do."""
        return "-".join(f"{name}:{ds._fingerprint}" for name, ds in self.splits.items())

    @cached_property
    def _step(self) -> int:
        """How many rows are read at once: fewer where they are pictures."""
        size, rows = 0, 0
        for ds in self.splits.values():
            size, rows = size + int(ds.data.nbytes), rows + int(ds.data.num_rows)
        return rows_that_fit(rows, size, _BATCH)

    def _said(self) -> tuple[str, ...]:
        own = set(self.format.schema.names) if self.format else set(self.columns) - set(NOT_SAID)
        return tuple(name for name in self.columns if name in own)

    @cached_property
    def ids(self) -> list[str]:
        """The id of each row; one that stands twice gets a number behind it."""
        given: list[Any] = [None] * self.total
        if "id" in self.columns:
            given = [id for table in self.tables(["id"]) for id in table["id"].to_pylist()]
        bare = [place for place, id in enumerate(given) if id is None or id == ""]
        for place, seen in zip(bare, self.seen(bare), strict=True):
            given[place] = f"row-{seen}"
        ids = [str(id) for id in given]
        return ids if len(set(ids)) == len(ids) else _numbered(ids)

    @cached_property
    def places(self) -> dict[str, int]:
        """Id → number of the row."""
        return dict(zip(self.ids, range(self.total), strict=True))

    def place(self, id: str) -> int:
        """Give the number of a row.

        Raises:
            ConfigurationError: if the dataset has no such row.
        """
        if id not in self.places:
            raise ConfigurationError(
                f"No row {id!r} in this dataset. It may have been built again without it; what was "
                "done to it is kept in the review's log."
            )
        return self.places[id]

    def split_of(self, place: int) -> str:
        """Name the split of a row."""
        return list(self.splits)[int(np.searchsorted(self.starts, place, side="right")) - 1]

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Give all rows in order, some thousand at a time."""
        for ds in self.splits.values():
            chosen = ds.select_columns(list(columns)) if columns else ds
            for start in range(0, len(ds), self._step):
                yield chosen[start : start + self._step]

    def at(self, places: Sequence[int]) -> pa.Table:
        """Give some rows as a table, in that order."""
        wanted = np.asarray(places, dtype=np.int64)
        owner = np.searchsorted(self.starts, wanted, side="right") - 1
        parts, order = [], []
        for number, ds in enumerate(self.splits.values()):
            mine = np.flatnonzero(owner == number)
            if len(mine):
                parts.append(ds[(wanted[mine] - self.starts[number]).tolist()])
                order.append(mine)
        if not parts:
            return next(iter(self.splits.values()))[:0]
        back = np.argsort(np.concatenate(order), kind="stable")
        return pa.concat_tables(parts).take(pa.array(back))

    def row(self, place: int) -> dict[str, Any]:
        """Give one row as the dataset has it."""
        return dict(self.at([place]).to_pylist()[0])

    def hash_columns(self, columns: Sequence[str] | None) -> None:
        """Take these columns for `hashes`, where the rows still have all of them."""
        if columns and set(columns) <= set(self.columns):
            self.said = tuple(columns)

    def hashes(self, table: pa.Table) -> list[str]:
        """Give the hash of what each row of a table says."""
        return row_hashes(table.select([name for name in self.said if name in table.column_names]))

    def seen(self, places: Sequence[int]) -> Iterator[str]:
        """Give the hash of what some rows say, in that order."""
        for start in range(0, len(places), self._step):
            yield from self.hashes(self.at(places[start : start + self._step]))


def row_hashes(table: pa.Table) -> list[str]:
    """Give a hash of each row, over all its columns."""
    if not table.num_rows:
        return []
    names = sorted(table.column_names)
    whole = table.select(names).combine_chunks()
    parts = [whole[name].combine_chunks() for name in names]
    parts = [part.chunk(0) if isinstance(part, pa.ChunkedArray) else part for part in parts]
    parts = [bytes_by_hash(part) for part in parts]
    try:
        texts = json_text(pa.StructArray.from_arrays(parts, names=names)).to_pylist()
    except FormatError:  # NaN; JSON proper has no word for it
        if table.num_rows > 1:
            return [row_hashes(table.slice(row, 1))[0] for row in range(table.num_rows)]
        texts = [json.dumps(whole.to_pylist()[0], ensure_ascii=False, default=repr)]
    return [xxhash.xxh3_64_hexdigest(text.encode()) for text in texts]


def _numbered(given: list[str]) -> list[str]:
    """Tell rows with one id apart by how often it stood before; the first keeps it."""
    taken, times, ids = set(given), dict.fromkeys(given, 0), []
    for id in given:
        times[id] += 1
        name = id if times[id] == 1 else f"{id}#{times[id]}"
        while times[id] > 1 and name in taken:
            times[id] += 1
            name = f"{id}#{times[id]}"
        taken.add(name)
        ids.append(name)
    return ids
