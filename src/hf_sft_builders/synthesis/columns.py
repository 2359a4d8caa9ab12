"""Columns of `datasets` for the fields of a pydantic model, and text from prompt templates."""

from __future__ import annotations

import json
import re
import types
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError

if TYPE_CHECKING:
    import datasets

_COLUMN = re.compile(r"\{([^{}\s][^{}]*)\}")
_TYPES = {str: "string", int: "int64", float: "float64", bool: "bool"}


def columns_of(template: str) -> tuple[str, ...]:
    """Name the columns that a template like `"Translate {text}."` takes, in order, once each.

    Doubled braces are plain ones, as in Python's own templates: `{{"a": 1}}`.
    """
    bare = template.replace("{{", "").replace("}}", "")
    return tuple(dict.fromkeys(_COLUMN.findall(bare)))


def fill(template: str, row: dict[str, Any]) -> str:
    """Put a row's values into a template: none as nothing, lists and dicts as JSON."""
    parts = re.split(r"(\{\{|\}\})", template)
    plain = {"{{": "{", "}}": "}"}
    filled = (
        plain.get(part) or _COLUMN.sub(lambda m: _said(row[m.group(1)]), part) for part in parts
    )
    return "".join(filled)


def _said(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str) if value else ""
    return "" if value is None else str(value)


def features_of(schema: type[BaseModel]) -> datasets.Features:
    """Give typed columns for the fields of a model; the same whatever the data.

    Raises:
        ConfigurationError: for a type that has no column type, with those that do, and for what
            is no pydantic model.
    """
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        raise ConfigurationError(
            f"schema={schema!r}; expected a pydantic model: class Answer(BaseModel): ..."
        )
    import datasets

    return datasets.Features(
        {name: _feature(name, field.annotation) for name, field in schema.model_fields.items()}
    )


def _feature(name: str, annotation: Any) -> Any:
    import datasets

    if annotation in _TYPES:
        return datasets.Value(_TYPES[annotation])
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _feature(name, type(inner[0]))
    if (
        origin in (Union, types.UnionType)
        and len(kept := [a for a in inner if a is not type(None)]) == 1
    ):
        return _feature(name, kept[0])
    if origin in (list, tuple, set):
        return [_feature(name, inner[0] if inner else str)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return dict(features_of(annotation))
    raise ConfigurationError(
        f"Field {name!r} has the type {annotation!r}, which no column has. Use str, int, float, "
        "bool, Literal, list[...], a pydantic model, or one of these | None."
    )
