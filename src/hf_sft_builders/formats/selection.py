"""`sft.sample` and `sft.balance`: fewer rows, chosen by what they are and never by where they stand."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, tables_of
from hf_sft_builders.formats.json_columns import json_text
from hf_sft_builders.formats.picking import at, is_stream, kept, refuse_paths
from hf_sft_builders.formats.row_hashes import require_columns, row_keys, row_numbers
from hf_sft_builders.formats.turns import as_array

logger = logging.getLogger("hf_sft_builders")


def sample(ds: Rows, n: int | None = None, *, fraction: float | None = None, seed: int = 0) -> Rows:
    """Pick rows at random: the same rows for the same seed, whatever their order.

    A larger sample of the same seed holds the smaller one. Rows keep their order.

    Args:
        ds: `Dataset`, `IterableDataset` (with `fraction=`), `DatasetDict` (each split) or table.
        n: How many rows; all, with a warning, if there are fewer.
        fraction: Which part, decided for each row on its own: near, not exactly, that part.
        seed: Another seed, other rows.

    Raises:
        ConfigurationError: if not exactly one of `n` and `fraction` is given, or a stream is asked
            for `n` rows, which would have to be read whole.

    Example:
        >>> small = sft.sample(ds, 1000)
        >>> tenth = sft.sample(stream, fraction=0.1)
    """
    if (n is None) == (fraction is None):
        raise ConfigurationError("sft.sample takes a number of rows or fraction=0.1, one of them.")
    if fraction is not None and not 0 <= fraction <= 1:
        raise ConfigurationError(f"fraction is {fraction}; expected 0 to 1.")
    if n is not None and n < 0:
        raise ConfigurationError(f"n is {n}; expected 0 or more rows.")
    if isinstance(ds, Mapping):
        parts = {name: sample(part, n, fraction=fraction, seed=seed) for name, part in ds.items()}
        return cast(Any, type(ds))(parts)
    refuse_paths(ds, "sample")
    if fraction is not None:
        return kept(ds, lambda table: row_numbers(row_keys(table), seed) < fraction)
    if is_stream(ds):
        raise ConfigurationError(
            "A stream would have to be read whole for so many rows. "
            "Pass fraction=…, or load without streaming=True."
        )
    order = np.argsort(_numbers(ds, seed), kind="stable")
    if n is not None and n > len(order):
        logger.warning(
            "sft.sample was asked for %d rows and gives all %d that there are.", n, len(order)
        )
    return at(ds, np.sort(order[:n]))


def balance(
    ds: Rows,
    by: str,
    *,
    total: int | None = None,
    per: int | Mapping[str, int] | None = None,
    strategy: Literal["min", "proportional"] = "min",
    seed: int = 0,
) -> Rows:
    """Pick rows so that each value of a column has its share. No row is ever repeated.

    Args:
        ds: `Dataset` or table. Null is a value of its own, named "null".
        by: The column, such as `domain` or `label`.
        total: Rows in all; each value gets an equal part ("min") or the part that it has
            ("proportional"). A value with fewer rows gives all, and the others fill up.
        per: Rows of each value instead, one number or value → number; those not named give none.
        strategy: "min" without `total` and `per`: as many of each as the rarest has.
        seed: Another seed, other rows.

    Raises:
        ConfigurationError: if the column is missing, a value has too few rows for `per`, or it is a
            stream (counting needs all rows).

    Example:
        >>> even = sft.balance(ds, by="domain", total=3000)
        >>> picked = sft.balance(ds, by="label", per={"positive": 500, "negative": 500})
    """
    refuse_paths(ds, "balance")
    if is_stream(ds):
        raise ConfigurationError(
            "sft.balance counts all rows, which a stream has not got yet. Load without streaming=True."
        )
    if total is not None and per is not None:
        raise ConfigurationError("sft.balance takes total= or per=, not both.")
    if strategy not in ("min", "proportional"):
        raise ConfigurationError(f"strategy is {strategy!r}; expected 'min' or 'proportional'.")
    values, groups = _groups(ds, by)
    counts = np.bincount(groups, minlength=len(values))
    wanted = _wanted(values, counts, total, per, strategy)
    order = np.lexsort((_numbers(ds, seed), groups))
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(groups), dtype=np.int64)
    rank[order] = np.arange(len(groups)) - starts[groups[order]]
    return at(ds, np.flatnonzero(rank < wanted[groups]))


def shares(total: int, weights: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Divide a number by weights, none over its limit; what one cannot take, the others do.

    Returns:
        int64 per weight; their sum is `total`, or the sum of the limits if that is less.
    """
    given = np.zeros(len(weights), dtype=np.int64)
    left = min(int(total), int(limits.sum()))
    while left:
        open_ = (given < limits) & (weights > 0)
        if not open_.any():  # only those without a weight have rows left
            break
        part = np.where(open_, weights, 0.0)
        ideal = left * part / part.sum()
        step = np.minimum(np.floor(ideal).astype(np.int64), limits - given)
        if not step.any():  # less than one each: the largest remainders, one each
            best = np.argsort(np.where(open_, -ideal, np.inf), kind="stable")[:left]
            step = np.zeros_like(given)
            step[best[open_[best]]] = 1
        given += step
        left -= int(step.sum())
    return given


def _wanted(
    values: list[str],
    counts: np.ndarray,
    total: int | None,
    per: int | Mapping[str, int] | None,
    strategy: str,
) -> np.ndarray:
    if per is not None:
        return _named(values, counts, per)
    if not len(counts):
        return counts
    weights = np.ones(len(counts)) if strategy == "min" else counts.astype(float)
    if total is not None:
        return shares(total, weights, counts)
    return np.full(len(counts), counts.min()) if strategy == "min" else counts


def _named(values: list[str], counts: np.ndarray, per: int | Mapping[str, int]) -> np.ndarray:
    wanted = per if isinstance(per, Mapping) else dict.fromkeys(values, per)
    have = dict(zip(values, counts.tolist(), strict=True))
    for value, number in wanted.items():
        if have.get(value, 0) < number:
            raise ConfigurationError(
                f"{number} rows of {value!r} were asked for; there are {have.get(value, 0)}. "
                f"There is: {', '.join(f'{name} {count}' for name, count in have.items())}."
            )
    return np.array([wanted.get(value, 0) for value in values], dtype=np.int64)


def _groups(ds: Rows, by: str) -> tuple[list[str], np.ndarray]:
    """Give the distinct values of a column as text, and the number of each row's value."""
    parts = []
    for table in tables_of(ds):
        require_columns(table.column_names, [by])
        column = as_array(table[by])
        text = pa.types.is_string(column.type)
        parts.append((column if text else json_text(column)).fill_null("null"))
    whole = pa.chunked_array(parts, pa.string()).combine_chunks()
    whole = whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
    encoded = whole.dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices, dtype=np.int64)


def _numbers(ds: Rows, seed: int) -> np.ndarray:
    parts = [row_numbers(row_keys(table), seed) for table in tables_of(ds)]
    return np.concatenate([np.zeros(0), *parts])
