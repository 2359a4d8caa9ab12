"""The `datasets` features of what every row carries: id and provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hf_sft_builders.records import PROVENANCE_STEP

if TYPE_CHECKING:
    import datasets


def lineage_features(provenance: bool = True) -> datasets.Features:
    """Give the features of the lineage columns.

    Args:
        provenance: Whether the rows carry their provenance beside the id.
    """
    import datasets

    columns: dict[str, Any] = {"id": datasets.Value("string")}
    if provenance:
        columns["provenance"] = [_feature(PROVENANCE_STEP)]
    return datasets.Features(columns)


def _feature(kind: pa.DataType) -> Any:
    """Turn an Arrow type into a feature: lists as `[…]`, which every version of `datasets` knows."""
    import datasets

    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    return datasets.Value(str(kind))
