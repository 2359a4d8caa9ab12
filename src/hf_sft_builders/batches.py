"""Batches of rows, in whatever form a dataset or Ray Data hands them over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

Batch = Mapping[str, Sequence[Any]]


def as_lists(batch: Any) -> Batch:
    """Give a batch as lists of plain values, whatever format the dataset hands it over in."""
    if hasattr(batch, "to_pydict"):  # Arrow
        batch = batch.to_pydict()
    elif not isinstance(batch, Mapping):  # pandas
        batch = {name: _of_pandas(batch[name]) for name in batch}
    lists: Batch = batch
    if not any(_is_array(values) for values in lists.values()):
        return lists
    return {name: _plain(values) for name, values in lists.items()}


def _of_pandas(column: Any) -> list[Any]:
    """Give the values of a column; only one of plain floats has NaN that may be meant."""
    values: list[Any] = column.tolist()
    if getattr(column.dtype, "kind", "") == "f":
        return values
    missing = column.isna().tolist()
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]


def _is_array(values: Any) -> bool:
    first = values[0] if isinstance(values, list) and values else None
    return hasattr(values, "tolist") or hasattr(first, "tolist")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


def refuse_guesses(name: str, batch: Any) -> None:
    """Refuse a batch of NumPy or pandas in which a number may stand for nothing, or for a moment.

    Raises:
        ConfigurationError: with the line to write.
    """
    if hasattr(batch, "to_pydict"):
        return
    for column in batch:
        kind = getattr(getattr(batch[column], "dtype", None), "kind", "")
        is_nan = kind == "f" and any(value != value for value in batch[column])
        if is_nan or kind in ("m", "M"):
            found = "NaN, which may have been nothing at all" if is_nan else "moments as numbers"
            raise ConfigurationError(
                f"{name}: column {column!r} came as {found}: NumPy and pandas cannot say which. "
                f'Write ds.map_batches(op, batch_format="pyarrow").'
            )


def typed_table(
    batch: Any,
    columns: Mapping[str, Sequence[Any]],
    features: Callable[[datasets.Features], datasets.Features],
) -> pa.Table:
    """Give the columns that were made of a batch as a table, of the types that they are said to have.

    Args:
        batch: What they were made of; where it is a table, its columns keep their types.
        columns: All of the result.
        features: Gives the result's features for the batch's.
    """
    import datasets
    import pyarrow as pa

    if hasattr(batch, "to_pydict"):
        known = datasets.Features.from_arrow_schema(batch.schema)
        return pa.table(dict(columns), schema=features(known).arrow_schema)
    told = features(datasets.Features()).arrow_schema
    types = {field.name: field.type for field in told}
    arrays = {name: pa.array(values, types.get(name)) for name, values in columns.items()}
    return pa.table(arrays)
