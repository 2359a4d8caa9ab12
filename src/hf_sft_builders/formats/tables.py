"""Datasets of any kind as Arrow tables: their first rows, their features, their class labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.parts import parts_of
from hf_sft_builders.formats.turns import as_array


def first_rows(ds: Any, rows: int) -> pa.Table:
    """Give the first rows of a dataset as a table, undecoded; fewer where they are 64 MB already.

    Raises:
        ConfigurationError: for something that is no dataset, or has no split.
    """
    import datasets

    if isinstance(ds, pa.Table):
        return next(parts_of(ds.slice(0, rows)))
    if isinstance(ds, (datasets.DatasetDict, datasets.IterableDatasetDict)):
        if not ds:
            raise ConfigurationError("The DatasetDict has no split.")
        return first_rows(next(iter(ds.values())), rows)
    if isinstance(ds, datasets.Dataset):
        return next(parts_of(ds.with_format("arrow")[: min(rows, len(ds))]))
    if isinstance(ds, datasets.IterableDataset):
        for table in ds.with_format("arrow").iter(batch_size=min(rows, 100)):
            return table
        return pa.table({})
    raise _no_dataset(ds)


def _no_dataset(ds: Any) -> ConfigurationError:
    return ConfigurationError(
        f"Expected a Dataset, DatasetDict, IterableDataset or pa.Table; got {type(ds).__name__}."
    )


def features_of(ds: Any) -> Any:
    """Give the features of a dataset or table."""
    import datasets

    if isinstance(ds, pa.Table):
        return datasets.Features.from_arrow_schema(ds.schema)
    if isinstance(ds, (datasets.DatasetDict, datasets.IterableDatasetDict)):
        return features_of(next(iter(ds.values())))
    if not isinstance(ds, (datasets.Dataset, datasets.IterableDataset)):
        raise _no_dataset(ds)
    return ds.features or datasets.Features.from_arrow_schema(first_rows(ds, 100).schema)


def in_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give the columns of a schema in its types.

    Only columns of another type are cast: pyarrow cannot cast a list of structs in which a field
    has the type null, as `datasets` guesses where every row leaves it empty, not even to itself.
    """
    columns = [
        table[field.name]
        if table.schema.field(field.name).type == field.type
        else table[field.name].cast(field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def class_labels(ds: Any) -> dict[str, tuple[str, ...]]:
    """Give the columns of class numbers: column → names of its classes."""
    import datasets

    return {
        name: tuple(feature.names)
        for name, feature in features_of(ds).items()
        if isinstance(feature, datasets.ClassLabel) and feature.names
    }


def with_class_names(table: pa.Table, labels: Mapping[str, Sequence[str]]) -> pa.Table:
    """Give columns of class numbers as names: column → names of its classes."""
    for column, names in labels.items():
        index = table.schema.get_field_index(column)
        table = table.set_column(index, column, _named(table[column], names))
    return table


def _named(column: pa.ChunkedArray | pa.Array, names: Sequence[str]) -> pa.Array:
    """Give class numbers as names; null, and -1 as `datasets` writes it, stay without one."""
    numbers = as_array(column)
    given = pc.and_(numbers.is_valid(), pc.greater_equal(pc.fill_null(numbers, -1), 0))
    index = pc.if_else(given, numbers, pa.scalar(None, numbers.type))
    return pa.array(list(names), pa.string()).take(index)
