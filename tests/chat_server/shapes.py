"""Valid JSON for a JSON schema: small, deterministic, different for different prompts."""

from __future__ import annotations

import json
import math
from typing import Any

_FORMATS = {
    "date-time": "2024-01-02T03:04:05Z",
    "date": "2024-01-02",
    "time": "03:04:05Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "12345678-1234-4234-8234-123456789abc",
}


class Shape:
    """Values for one schema; `mark` goes into every string."""

    def __init__(self, schema: dict[str, Any], mark: str, array_items: int = 2) -> None:
        self.root = schema
        self.mark = mark
        self.array_items = array_items

    def example(self) -> Any:
        """Give one value that the schema allows."""
        return self._value(self.root, "value", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        return self._typed(_type(schema), schema, name, depth)

    def _typed(self, kind: str, schema: dict[str, Any], name: str, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number":
                return _number(schema, kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._string(schema, name)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            target: Any = self.root
            for part in schema["$ref"].split("/")[1:]:
                target = target[part.replace("~1", "/").replace("~0", "~")]
            return self._resolved(target)
        if parts := schema.get("allOf"):
            merged = {k: v for k, v in schema.items() if k != "allOf"}
            for part in parts:
                merged |= self._resolved(part)
            return merged
        if options := schema.get("anyOf") or schema.get("oneOf"):
            # A nullable field is filled: null would test nothing.
            filled = [option for option in options if option.get("type") != "null"]
            return self._resolved((filled or options)[0])
        return schema

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        fields = schema.get("properties", {})
        # A schema that contains itself ends where fields may be left out.
        wanted = [name for name in fields if depth < 4 or name in required]
        return {name: self._value(fields[name], name, depth + 1) for name in wanted}

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        count = 0 if depth >= 6 else self.array_items
        count = max(schema.get("minItems", 0), min(count, schema.get("maxItems", count)))
        items = [*first, *[schema.get("items", {})] * max(0, count - len(first))]
        return [self._value(item, f"{name} {i + 1}", depth + 1) for i, item in enumerate(items)]

    def _string(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        text = f"{name} {self.mark}".ljust(schema.get("minLength", 0), ".")
        return text[: schema.get("maxLength", len(text))]


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    return str(kind)


def _number(schema: dict[str, Any], whole: bool) -> float:
    step = schema.get("multipleOf", 1 if whole else 0.5)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = 1 if high is None else min(1, high - step)
    value = math.ceil(low / step) * step
    if value == schema.get("exclusiveMinimum"):
        value += step
    if high is not None and value >= high and not whole:
        value = (low + high) / 2
    return int(value) if whole else float(value)


def schema_in(text: str) -> dict[str, Any] | None:
    """Find a JSON schema that a prompt spells out, as for servers without `response_format`."""
    decoder = json.JSONDecoder()
    at = -1
    # A long document may be full of braces; a schema is never behind hundreds of them.
    for _ in range(200):
        at = text.find("{", at + 1)
        if at < 0:
            return None
        try:
            found, _ = decoder.raw_decode(text, at)
        except ValueError:
            continue
        if isinstance(found, dict) and ("properties" in found or "$defs" in found):
            return found
    return None
