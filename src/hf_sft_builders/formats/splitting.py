"""`sft.split`: train, validation and test that share no document.

What belongs together (the rows of a document, of a patient, of a question) goes to one side whole.
The side is decided by a hash of the group, so that adding documents moves no other.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows
from hf_sft_builders.formats.picking import decided, is_stream, kept, refuse_paths
from hf_sft_builders.formats.row_hashes import require_columns, row_keys, row_numbers
from hf_sft_builders.formats.turns import as_array, list_offsets

logger = logging.getLogger("hf_sft_builders")

_PROVENANCE = "provenance"
_TOLERANCE = 0.05


def split(
    ds: Rows, *, by: str = "document", fractions: Mapping[str, float] | None = None, seed: int = 0
) -> Any:
    """Part rows so that no group is on two sides.

    Args:
        ds: `Dataset`, `IterableDataset` or table.
        by: "document" (the first source in `provenance`), a column, or "hash" (each row by itself:
            its id, or its words; equal rows stay together).
        fractions: Name → part, which sum to 1: `{"train": 0.8, "test": 0.2}`. Must be given. Parts
            are of the groups, by hash; how near the rows come is told.
        seed: Another seed, other sides.

    Returns:
        `DatasetDict` or `IterableDatasetDict`; a dict of tables for a table. Rows keep their order.

    Raises:
        ConfigurationError: if the fractions are not given or do not sum to 1, the column is missing,
            or a split would be empty.

    Example:
        >>> parts = sft.split(ds, by="document", fractions={"train": 0.9, "validation": 0.1})
    """
    import datasets

    refuse_paths(ds, "split")
    if fractions is None:
        raise ConfigurationError(
            'sft.split needs to know the parts: fractions={"train": 0.9, "test": 0.1}.'
        )
    ends = _ends(fractions)
    parts = {
        name: (lambda table, low=low, high=high: _within(table, by, seed, low, high))
        for name, (low, high) in zip(fractions, pairwise([0.0, *ends]), strict=True)
    }
    if is_stream(ds):
        return datasets.IterableDatasetDict({name: kept(ds, part) for name, part in parts.items()})
    masks = {name: decided(ds, part) for name, part in parts.items()}
    _tell(masks, fractions, by)
    found = {name: _select(ds, mask) for name, mask in masks.items()}
    return found if isinstance(ds, pa.Table) else datasets.DatasetDict(found)


def _ends(fractions: Mapping[str, float]) -> list[float]:
    values = list(fractions.values())
    if not values or min(values) <= 0 or abs(sum(values) - 1) > 1e-9:
        raise ConfigurationError(
            f"fractions are {dict(fractions)}; expected parts over 0 that sum to 1, such as "
            '{"train": 0.9, "test": 0.1}.'
        )
    return [*np.cumsum(values)[:-1].tolist(), 1.0]


def _within(table: pa.Table, by: str, seed: int, low: float, high: float) -> np.ndarray:
    numbers = row_numbers(group_keys(table, by), seed)
    return np.asarray((numbers >= low) & (numbers < high))


def group_keys(table: pa.Table, by: str) -> pa.Array:
    """Give the group of each row as text.

    Raises:
        ConfigurationError: if there is nothing to tell it by.
    """
    if by == "hash":
        return row_keys(table)
    if by == "document" and "document" not in table.column_names:
        if _PROVENANCE in table.column_names:
            return _documents(table)
        if "uri" in table.column_names:
            return row_keys(table, ["uri"])
        raise ConfigurationError(
            "by='document' needs the column provenance, uri or document; the rows have "
            f"{', '.join(table.column_names)}. Name another column, or by='hash'."
        )
    require_columns(table.column_names, [by])
    return row_keys(table, [by])


def _documents(table: pa.Table) -> pa.Array:
    """Give the first source of each row: the file's hash, or its address; without one, the row."""
    lists = as_array(table[_PROVENANCE])
    steps, offsets = lists.flatten(), list_offsets(lists)
    sources = pc.coalesce(pc.struct_field(steps, "sha256"), pc.struct_field(steps, "uri"))
    known = np.flatnonzero(np.asarray(sources.is_valid()))
    first = np.searchsorted(known, offsets[:-1])
    place = np.append(known, -1)[np.minimum(first, len(known))]
    there = (place >= offsets[:-1]) & (place < offsets[1:])
    documents = sources.take(pa.array(np.where(there, place, 0), mask=~there))
    return pc.coalesce(documents, row_keys(table)) if documents.null_count else documents


def _select(ds: Rows, mask: np.ndarray) -> Rows:
    return (
        ds.filter(pa.array(mask)) if isinstance(ds, pa.Table) else ds.select(np.flatnonzero(mask))
    )


def _tell(masks: Mapping[str, np.ndarray], fractions: Mapping[str, float], by: str) -> None:
    rows = Counter({name: int(mask.sum()) for name, mask in masks.items()})
    total = max(1, rows.total())
    empty = [name for name in masks if not rows[name]]
    if empty and rows.total():
        raise ConfigurationError(
            f"Split {empty[0]!r} would be empty: too few groups by {by!r} for a part of "
            f"{fractions[empty[0]]:.0%}. Choose larger parts, another seed, or by='hash'."
        )
    found = {name: rows[name] / total for name in masks}
    told = ", ".join(f"{name} {rows[name]:,} rows ({found[name]:.1%})" for name in masks)
    far = any(abs(found[name] - fractions[name]) > _TOLERANCE for name in masks)
    logger.log(logging.WARNING if far else logging.INFO, "Split by %s: %s", by, told)
