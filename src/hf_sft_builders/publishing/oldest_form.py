"""Features in the oldest form that every supported version of `datasets` reads.

`datasets` 4 renamed `[feature]` to `List` and writes the new name into the metadata of files,
where version 3 stops with "Feature type 'List' not found". Version 4 and later read both forms,
so the old one is written:
    {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}   new
    [{"dtype": "string", "_type": "Value"}]                               oldest
A list of fixed length is a `Sequence` there, in the metadata and in the card's YAML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError

_OLDEST_TYPES = {
    *("Value", "ClassLabel", "List", "LargeList", "Sequence", "Image", "Audio", "Video"),
    *("Array2D", "Array3D", "Array4D", "Array5D", "Translation", "TranslationVariableLanguages"),
}
_CALLER = "The published files are read by every supported version of `datasets`, from 3.4 on. "


def oldest_schema(features: Any) -> pa.Schema:
    """Give the Arrow schema of features, with the metadata in the oldest form.

    Raises:
        ConfigurationError: naming the column whose type old versions do not know.
    """
    described = {name: _oldest(feature, name) for name, feature in features.to_dict().items()}
    metadata = {"info": {"features": described}}
    schema: pa.Schema = features.arrow_schema
    return schema.with_metadata({"huggingface": json.dumps(metadata)})


def oldest_yaml(features: Any) -> list[dict[str, Any]]:
    """Give features as the card's YAML holds them."""
    return [_oldest_yaml(column) for column in features._to_yaml_list()]


def _oldest(feature: Any, column: str) -> Any:
    if isinstance(feature, list):
        return [_oldest(inner, column) for inner in feature]
    kind = feature.get("_type")
    if not isinstance(kind, str):
        return {name: _oldest(inner, column) for name, inner in feature.items()}
    _require_known(kind, column)
    if kind not in ("List", "LargeList", "Sequence"):
        return feature
    inner = _oldest(feature["feature"], column)
    if kind == "List" and feature.get("length", -1) < 0:
        return [inner]
    if kind == "List" and _is_struct(feature["feature"]):
        raise ConfigurationError(
            f"Column {column!r} is a list of fixed length of structs. {_CALLER}"
            "Cast the column to a list of any length with ds.cast_column first."
        )
    return {**feature, "feature": inner, "_type": "Sequence" if kind == "List" else kind}


def _require_known(kind: str, column: str) -> None:
    if kind not in _OLDEST_TYPES:
        raise ConfigurationError(
            f"Column {column!r} holds {kind}, which old versions do not know. {_CALLER}"
            "Turn the column into text first (JSON as a string, with json.dumps in ds.map)."
        )


def _is_struct(feature: Any) -> bool:
    return isinstance(feature, Mapping) and not isinstance(feature.get("_type"), str)


def _oldest_yaml(node: Any) -> Any:
    if isinstance(node, list):
        return [_oldest_yaml(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    # Version 3 drops the length of a `list`, and keeps that of a `sequence`.
    fixed = "list" in node and "length" in node
    return {
        "sequence" if fixed and name == "list" else name: _oldest_yaml(inner)
        for name, inner in node.items()
    }
