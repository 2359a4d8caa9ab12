"""What taking rows out of a dataset gives: those that stay, those that do not with the reason, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, column_names
from hf_sft_builders.formats.picking import at
from hf_sft_builders.ledger import Ledger, set_last_run

REASON, DUPLICATE_OF, SIMILARITY = "drop_reason", "duplicate_of", "similarity"
ADDED = (REASON, DUPLICATE_OF, SIMILARITY)


@dataclass(frozen=True)
class Cleaned:
    """A dataset parted in two; every row is in one of them."""

    kept: Rows
    """The rows that stay, in their order: the same kind of dataset."""
    rejected: Rows
    """The others, with `drop_reason`, `duplicate_of` (id of the row that it repeats, else "row 17" from
    0) and `similarity` (0 to 1) beside their own columns."""
    counts: Counter[str] = field(default_factory=Counter)
    """Reason → rows. Of streams, only once they were read."""
    noted: Counter[str] = field(default_factory=Counter)
    """What is worth knowing of rows that stay ("nothing to compare")."""

    def __str__(self) -> str:
        told = ", ".join(f"{reason} {rows:,}" for reason, rows in sorted(self.counts.items()))
        notes = "".join(f"; {note} {rows:,}" for note, rows in sorted(self.noted.items()))
        sizes = [_size(part) for part in (self.kept, self.rejected)]
        if None in sizes:
            return f"left out so far: {told or 'nothing'}{notes}"
        return f"{sizes[0]:,} rows stay, {sizes[1]:,} left out ({told or 'no reason'}){notes}"


@dataclass
class Findings:
    """What was found about the rows of one split."""

    places: np.ndarray
    """Rows that do not stay, ascending."""
    reasons: list[str]
    repeats: list[str]
    similarity: np.ndarray
    noted: Counter[str] = field(default_factory=Counter)


def cleaned(ds: Rows, found: Findings, rows: int, name: str) -> Cleaned:
    """Part a dataset or table, and count into `sft.last_run()`.

    Args:
        ds: `Dataset` or table.
        found: The rows that do not stay, and why.
        rows: How many it has.
        name: Of what was done, for the ledger.
    """
    stays = np.ones(rows, dtype=bool)
    stays[found.places] = False
    rejected = _with_columns(
        at(ds, found.places),
        {
            REASON: pa.array(found.reasons, pa.string()),
            DUPLICATE_OF: pa.array(found.repeats, pa.string()),
            SIMILARITY: pa.array(found.similarity, pa.float64()),
        },
    )
    kept = at(ds, np.flatnonzero(stays)) if len(found.places) else ds
    made = Cleaned(kept, rejected, Counter(found.reasons), found.noted)
    account(name, rows, made)
    return made


def account(name: str, rows: int, made: Cleaned) -> None:
    """Make what became of the rows the last run."""
    ledger = Ledger(builder=name)
    ledger.counts["inputs"] = rows
    ledger.counts["rows"] = rows - made.counts.total()
    ledger.drops.update(made.counts)
    ledger.noted.update(made.noted)
    set_last_run(ledger)


def refuse_taken_names(ds: Rows, name: str) -> None:
    """Stop where a column has the name of one that is added to rejected rows.

    Raises:
        ConfigurationError: saying how to rename it.
    """
    taken = [column for column in ADDED if column in column_names(ds)]
    if taken:
        raise ConfigurationError(
            f"sft.{name} adds {', '.join(ADDED)} to the rows it leaves out, and the rows have "
            f"{taken[0]!r} already. Rename it: ds.rename_column({taken[0]!r}, 'my_{taken[0]}')."
        )


def joined(parts: Mapping[str, Cleaned], kind: Any, name: str) -> Cleaned:
    """Give the results of several splits as one, a dataset dict each."""
    counts: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    for part in parts.values():
        counts.update(part.counts)
        noted.update(part.noted)
    made = Cleaned(
        kind({split: part.kept for split, part in parts.items()}),
        kind({split: part.rejected for split, part in parts.items()}),
        counts,
        noted,
    )
    rows = sum(_size(part.kept) or 0 for part in parts.values()) + counts.total()
    account(name, rows, made)
    return made


def row_names(ds: Rows, places: np.ndarray) -> list[str]:
    """Name rows: by their id where they have one, else "row 17"."""
    if "id" in column_names(ds):
        from hf_sft_builders.quality.compared_text import rows_at

        unique, number = np.unique(places, return_inverse=True)
        ids = rows_at(ds, unique)["id"].to_pylist() if len(unique) else []
        return [named(ids[i], int(unique[i])) for i in number]
    return [f"row {place}" for place in places]


def named(id_: Any, place: int) -> str:
    """Name one row."""
    return f"row {place}" if id_ is None or id_ == "" else str(id_)


def _with_columns(ds: Rows, columns: Mapping[str, pa.Array]) -> Rows:
    if isinstance(ds, pa.Table):
        for name, values in columns.items():
            ds = ds.append_column(name, values)
        return ds
    import datasets

    added = datasets.Dataset(pa.table(dict(columns)))
    return datasets.concatenate_datasets([ds.with_format(None), added], axis=1)


def _size(part: Rows) -> int | None:
    if isinstance(part, Mapping):
        sizes: Sequence[int | None] = [_size(inner) for inner in part.values()]
        return None if None in sizes else sum(size or 0 for size in sizes)
    return len(part) if hasattr(part, "__len__") else None
