"""The fields that a reply must have: a pydantic model, or a JSON schema as a dict, text or file.

{"type": "object", "properties": {"店名": {"type": "string"}, "合计": {"type": "number"}}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ops import hashed_by_fingerprint

_TYPES: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}


@hashed_by_fingerprint
@dataclass(frozen=True)
class JsonFields:
    """What is read into JSON."""

    text: str
    """The JSON schema."""
    model: type[BaseModel] | None = None
    """The user's own, whose validators count too."""

    @classmethod
    def of(cls, given: JsonFields | type[BaseModel] | Mapping[str, Any] | str | Path) -> JsonFields:
        """Take a schema as people give it.

        Raises:
            ConfigurationError: a file that cannot be read, or what is no schema of an object.
        """
        if isinstance(given, JsonFields):
            return given
        if isinstance(given, type) and issubclass(given, BaseModel):
            return cls(_text(given.model_json_schema()), given)
        if isinstance(given, (str, Path)):
            given = _loaded(str(given))
        if not isinstance(given, Mapping) or not given.get("properties"):
            raise ConfigurationError(
                f"schema={given!r}; expected a pydantic model, or a JSON schema of an object with "
                "`properties`, as a dict or the path of a .json file."
            )
        made = cls(_text(given))
        made.shape()
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """The fields, in order."""
        return tuple(self.shape().model_fields)

    def fingerprint(self) -> str:
        """Give what it says, wherever it is defined."""
        return self.text

    def shape(self) -> type[BaseModel]:
        """Give the shape of a reply."""
        return self.model or _built(self.text)


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False)


def _loaded(place: str) -> Any:
    try:
        text = place if place.lstrip().startswith("{") else Path(place).read_text("utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"schema={place[:200]!r} cannot be read: {error}. Expected a JSON schema, or the path "
            "of its file."
        ) from error


@lru_cache(maxsize=32)
def _built(text: str) -> type[BaseModel]:
    return _object("Fields", json.loads(text))


def _object(name: str, schema: Mapping[str, Any]) -> type[BaseModel]:
    required = schema.get("required", list(schema["properties"]))
    fields: dict[str, Any] = {}
    for field, said in schema["properties"].items():
        kind = _kind(field, said)
        about = said.get("description")
        optional = field not in required
        fields[field] = (
            (kind | None, Field(default=None, description=about))
            if optional
            else (kind, Field(description=about))
        )
    return create_model(name, **fields)


def _kind(name: str, said: Mapping[str, Any]) -> Any:
    if "enum" in said:
        return Literal[tuple(said["enum"])]
    kind = said.get("type")
    if kind in _TYPES:
        return _TYPES[str(kind)]
    if kind == "array":
        return list[_kind(name, said.get("items") or {"type": "string"})]  # type: ignore[misc]
    if kind == "object" and said.get("properties"):
        return _object(name, said)
    raise ConfigurationError(
        f"schema: field {name!r} is {dict(said)!r}; expected type string, integer, number, boolean, "
        "array, object with properties, or enum. Or pass a pydantic model."
    )
