"""`sft.mix`: several datasets as one, in one format, each row knowing where it is from.

Every row gets `source` (the name its dataset was given) and `provenance` with the license of its
dataset; rows that have a provenance of their own keep it. No row is ever repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.batches import Rows, tables_of
from hf_sft_builders.formats.checking import find_format
from hf_sft_builders.formats.lineage import lineage_features
from hf_sft_builders.formats.picking import is_stream, table_of_batch
from hf_sft_builders.formats.row_hashes import row_keys, row_numbers
from hf_sft_builders.formats.selection import shares
from hf_sft_builders.formats.tables import in_schema
from hf_sft_builders.licenses import UNKNOWN, evidence
from hf_sft_builders.records import PROVENANCE_STEP, provenance_step

_SOURCE, _PROVENANCE = "source", "provenance"


def mix(
    parts: Mapping[str, Rows],
    weights: Mapping[str, float] | None = None,
    *,
    to: str | None = None,
    total: int | None = None,
    licenses: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Rows:
    """Mix datasets into one: formats converted, features aligned, license and source on each row.

    Args:
        parts: Name → `Dataset`, or name → `IterableDataset` for all.
        weights: Name → weight: the part that each has in the result, at every place of it. Without
            weights all rows are taken.
        to: Format of the result; that of the first dataset if it is not given.
        total: Rows of the result, where there are weights; as many as the datasets have by default.
        licenses: Name → license, for datasets that do not say theirs (`ds.info.license`).
        seed: Another seed, another order and other rows.

    Returns:
        One dataset: the format's columns, columns of the inputs (null where a dataset has none),
        `id` and so on, `source` and `provenance`. Its order comes from what the rows say, not from
        where they stood. Of streams, the order comes from the seed, and the mix ends with the first
        stream that does; without weights, one stream follows the other.

    Raises:
        ConfigurationError: if names do not match, a column has two types, or rows are too few.
        LossyConversion: if a dataset holds what the format cannot.

    Example:
        >>> mixed = sft.mix({"qa": ds, "chat": other}, weights={"qa": 0.7, "chat": 0.3})
        >>> mixed[0]["source"], mixed[0]["provenance"][0]["license"]["id"]
        ('qa', 'cc-by-4.0')
    """
    _require_names(parts, weights, total)
    streams = {is_stream(ds) for ds in parts.values()}
    if len(streams) > 1:
        raise ConfigurationError("Mix datasets or streams, not both: ds.to_iterable_dataset().")
    known = get_format(to) if to else find_format(next(iter(parts.values())))
    ready = {
        name: _prepared(ds, name, known, (licenses or {}).get(name)) for name, ds in parts.items()
    }
    whole = _all_features(ready)
    aligned = {name: _aligned(ds, whole) for name, ds in ready.items()}
    if streams == {True}:
        return _mixed_streams(aligned, weights, total, seed)
    return _mixed(aligned, weights, total, seed)


def _require_names(
    parts: Mapping[str, Rows], weights: Mapping[str, float] | None, total: int | None
) -> None:
    import datasets

    if not isinstance(parts, Mapping):
        raise ConfigurationError(
            f"parts is {type(parts).__name__}; expected a name for each: sft.mix({{'name': ds, …}})."
        )
    for name, ds in parts.items():
        if not isinstance(ds, (datasets.Dataset, datasets.IterableDataset)):
            raise ConfigurationError(
                f"{name} is a {type(ds).__name__}; sft.mix takes Dataset or IterableDataset. "
                "Name one split of a DatasetDict: ds['train']."
            )
        if ds.features is None:
            raise ConfigurationError(f"The stream {name} has no known columns: ds.cast(features).")
        if _SOURCE in ds.features:
            raise ConfigurationError(
                f"{name} has a column {_SOURCE!r} already. Rename it: "
                f"ds.rename_column({_SOURCE!r}, 'origin')."
            )
    if not parts:
        raise ConfigurationError("Nothing to mix: sft.mix({'name': ds, …}).")
    if weights is not None and (set(weights) != set(parts) or min(weights.values()) <= 0):
        raise ConfigurationError(
            f"weights are {dict(weights)}; expected one over 0 for each of {', '.join(parts)}."
        )
    if weights is None and total is not None:
        raise ConfigurationError("total= needs weights=; to take fewer rows: sft.sample(ds, n).")


def _prepared(ds: Rows, name: str, known: Format, license: str | None) -> Rows:
    """Convert a dataset and put source and provenance on its rows."""
    here = find_format(ds)
    step = _source_step(name, license or str(getattr(ds.info, "license", None) or ""))
    carried = {c: kind for c, kind in ds.features.items() if c not in here.features}
    whole = {**known.features, **carried}
    if _PROVENANCE not in whole:
        whole[_PROVENANCE] = lineage_features()[_PROVENANCE]
    features = type(ds.features)({**whole, _SOURCE: _text()})
    change = partial(
        _changed, here=here.name, known=known.name, name=name, step=step, columns=list(features)
    )
    return _mapped(ds, change, features)


def _mapped(ds: Rows, change: Any, features: Any) -> Rows:
    """Run a function from table to table over a dataset or stream, and type the result."""
    if is_stream(ds):

        def on_batch(batch: dict[str, list[Any]], given: Any) -> dict[str, list[Any]]:
            made = in_schema(change(table_of_batch(batch, given)), features.arrow_schema)
            return dict(made.to_pydict())

        given = {"given": ds.features}
        old = list(ds.features)
        return ds.map(
            on_batch, batched=True, remove_columns=old, features=features, fn_kwargs=given
        )
    plain = ds.with_format("arrow")
    made = plain.map(change, batched=True, batch_size=10_000, features=features)
    return made.with_format(None)


def _changed(
    table: pa.Table,
    here: str,
    known: str,
    name: str,
    step: dict[str, Any],
    columns: list[str],
) -> pa.Table:
    """Convert one table; `columns` are those of the result, in their order.

    Formats are told by name, because `datasets` hashes what it is given, and cannot hash models.
    """
    bare = _PROVENANCE not in table.column_names
    table = _in_format(table, get_format(here), get_format(known))
    if bare:
        one = pa.array([[step]], pa.list_(PROVENANCE_STEP))
        kept = [column for column in table.column_names if column != _PROVENANCE]
        steps = one.take(pa.array([0] * table.num_rows))
        table = table.select(kept).append_column(_PROVENANCE, steps)
    return table.append_column(_SOURCE, pa.array([name] * table.num_rows, pa.string())).select(
        columns
    )


def _in_format(table: pa.Table, here: Format, known: Format) -> pa.Table:
    if here.name != known.name:
        return known.from_records(here.to_records(table))
    own = known.own_columns(table)  # with the columns that may be left out
    beside = [name for name in table.column_names if name not in own.column_names]
    columns = {name: own[name] for name in own.column_names}
    return pa.table({**columns, **{name: table[name] for name in beside}})


def _source_step(name: str, license: str) -> dict[str, Any]:
    found = evidence(license, "licenses= option or ds.info", "declared") if license else UNKNOWN
    return provenance_step(step="source", uri=name, title=name, license=asdict(found))


def _all_features(parts: Mapping[str, Rows]) -> Any:
    """Give the columns of all datasets; one that two have is of one type."""
    whole: dict[str, Any] = {}
    first: dict[str, str] = {}
    for name, ds in parts.items():
        for column, kind in ds.features.items():
            if column in whole and whole[column] != kind:
                raise ConfigurationError(
                    f"Column {column!r} is {kind} in {name} and {whole[column]} in "
                    f"{first[column]}. Make them one: ds.cast_column, or rename one."
                )
            whole.setdefault(column, kind)
            first.setdefault(column, name)
    return type(next(iter(parts.values())).features)(whole)


def _aligned(ds: Rows, whole: Any) -> Rows:
    if list(ds.features) == list(whole):
        return ds
    return _mapped(ds, partial(_with_columns, schema=whole.arrow_schema), whole)


def _with_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = {
        f.name: table[f.name] if f.name in table.column_names else pa.nulls(len(table), f.type)
        for f in schema
    }
    return pa.table(columns)


def _mixed(
    parts: Mapping[str, Rows], weights: Mapping[str, float] | None, total: int | None, seed: int
) -> Rows:
    import datasets

    sizes = np.array([len(ds) for ds in parts.values()], dtype=np.int64)
    wanted = sizes if weights is None else _wanted(parts, sizes, weights, total)
    picked, places, start = [], [], 0
    for ds, size, count in zip(parts.values(), sizes, wanted, strict=True):
        numbers = _numbers(ds, seed)
        best = np.argsort(numbers, kind="stable")[:count]
        # Each dataset is spread evenly over the mix, so that every stretch of it has the weights.
        picked.append(start + best)
        places.append((np.arange(count) + numbers[best]) / max(1, count))
        start += int(size)
    order = np.argsort(np.concatenate(places), kind="stable")
    return datasets.concatenate_datasets(list(parts.values())).select(np.concatenate(picked)[order])


def _numbers(ds: Rows, seed: int) -> np.ndarray:
    tables = tables_of(ds.remove_columns([_PROVENANCE]))
    return np.concatenate([np.zeros(0), *(row_numbers(row_keys(t), seed) for t in tables)])


def _wanted(
    parts: Mapping[str, Rows], sizes: np.ndarray, weights: Mapping[str, float], total: int | None
) -> np.ndarray:
    values = np.array([weights[name] for name in parts], dtype=float)
    values /= values.sum()
    most = int(np.floor((sizes / values).min() + 1e-9))
    total = most if total is None else total
    wanted = shares(total, values, np.full(len(sizes), total))
    for name, size, count in zip(parts, sizes, wanted, strict=True):
        if count > size:
            raise ConfigurationError(
                f"{total} rows by these weights need {count} of {name}, which has {size}. "
                f"total= can be {most} at most."
            )
    return wanted


def _mixed_streams(
    parts: Mapping[str, Rows], weights: Mapping[str, float] | None, total: int | None, seed: int
) -> Rows:
    import datasets

    if weights is None:
        return datasets.concatenate_datasets(list(parts.values()))
    whole = sum(weights.values())
    mixed = datasets.interleave_datasets(
        list(parts.values()), probabilities=[weights[name] / whole for name in parts], seed=seed
    )
    return mixed if total is None else mixed.take(total)


def _text() -> Any:
    import datasets

    return datasets.Value("string")
