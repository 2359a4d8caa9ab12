"""A tool as its JSON says: the schema that models are shown, and what its slots mean for records.

    {"name": "search_hotels", "description": "按条件查酒店",
     "parameters": {"type": "object", "properties": {
        "name": {"type": "string"}, "facilities": {"type": "array", "items": {"type": "string"}},
        "price_range_upper": {"type": "number"}}},
     "x-record": {"noun": "酒店", "measure": "家", "name": "name", "short_name": "short_name",
        "fields": {"price": {"title": "房价", "unit": "元", "also": ["价格", "预算"]}}},
     "x-slots": {"facilities": {"phrases": {"免费停车场": ["不收费的停车场"]}}}}

What begins with `x-` is ours and is never shown to a model that is trained. Names such as
`price_range_upper`, `max_price` or `rating_min` say by themselves which column they bound, and how;
`x-slots` says it where they do not: `{"field": "price", "match": "at_most"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import ConfigurationError, UnknownName

Match = Literal["name", "equals", "has_all", "at_least", "at_most"]

_SIDES: dict[Match, str] = {
    "at_most": r"upper|max|most|to|lte?|below",
    "at_least": r"lower|min|least|from|gte?|above",
}
_ARGUMENTS = dict[str, Any]


@dataclass(frozen=True)
class RecordField:
    """A column of the records, as people speak of it."""

    name: str
    title: str
    unit: str = ""
    also: tuple[str, ...] = ()
    """Other words for it (房价, 预算, budget)."""


@dataclass(frozen=True)
class Slot:
    """An argument of the tool, and what it asks of a record."""

    name: str
    field: RecordField
    match: Match
    say: tuple[str, ...] = ()
    """How it is said: `在{value}`; `{value}`, `{title}` and `{unit}` are filled in."""
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Other words for a value, which mean the same."""

    @property
    def is_bound(self) -> bool:
        """Whether it is a number that bounds a column."""
        return self.match in ("at_least", "at_most")

    def canonical(self, value: str) -> str:
        """Give the value that a phrase stands for."""
        return next((own for own, said in self.phrases if value in said), value)


@dataclass(frozen=True)
class Tool:
    """A tool over records; equal where its JSON is."""

    text: str
    """Its JSON, canonical."""

    def __reduce__(self) -> tuple[type[Tool], tuple[Any, ...]]:
        return type(self), (self.text,)  # what was read of it stays out of hashes and pickles

    @classmethod
    def of(cls, given: Tool | str | Path | Mapping[str, Any]) -> Tool:
        """Read a tool: a file, a mapping, or one that is read already.

        Raises:
            ConfigurationError: if it is no tool over records, with what is missing.
        """
        if isinstance(given, Tool):
            return given
        raw = dict(given) if isinstance(given, Mapping) else _read(Path(given))
        inner = raw.get("function")
        if isinstance(inner, Mapping):
            raw = {**{k: v for k, v in raw.items() if k.startswith("x-")}, **inner}
        tool = cls(json.dumps(raw, ensure_ascii=False, sort_keys=True))
        if not tool.name or not tool.slots:
            raise ConfigurationError(
                'A tool needs "name" and "parameters" with "properties"; found '
                f"{', '.join(sorted(raw)) or 'nothing'}. See docs/tool_dialogues.md."
            )
        return tool

    @cached_property
    def _raw(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read

    @property
    def name(self) -> str:
        """What calls name it."""
        return str(self._raw.get("name") or "")

    @cached_property
    def record(self) -> dict[str, Any]:
        """What `x-record` says."""
        return {"name": "name", "short_name": "", "measure": "", **self._raw.get("x-record", {})}

    @cached_property
    def language(self) -> str:
        """Language of its dialogues: `x-language`, else that of the descriptions; zh or en."""
        told = self._raw.get("x-language") or detect_language(
            json.dumps([self.noun, self._raw.get("description", "")], ensure_ascii=False)
        )
        return "zh" if told == "zh" or re.search(r"[\u4e00-\u9fff]", self.noun) else "en"

    @property
    def closings(self) -> tuple[tuple[str, str], ...]:
        """Closings of its own, as pairs of user and assistant (`x-record`: `closings`)."""
        return tuple((user, assistant) for user, assistant in self.record.get("closings", ()))

    @property
    def noun(self) -> str:
        """What a record is: 酒店, hotel."""
        return str(self.record.get("noun") or "")

    @cached_property
    def fields(self) -> dict[str, RecordField]:
        """The columns that have words, in order."""
        told = self.record.get("fields", {})
        return {
            name: RecordField(
                name, said.get("title", name), said.get("unit", ""), tuple(said.get("also", ()))
            )
            for name, said in told.items()
        }

    @cached_property
    def slots(self) -> dict[str, Slot]:
        """Its arguments by name.

        Raises:
            ConfigurationError: for a match that there is not.
        """
        properties = self._raw.get("parameters", {}).get("properties", {})
        return {name: self._slot(name, schema) for name, schema in properties.items()}

    @cached_property
    def schema_text(self) -> str:
        """The tools as models are shown them: JSON text of a list, in OpenAI's form."""
        shown = {key: value for key, value in self._raw.items() if not key.startswith("x-")}
        return json.dumps([{"type": "function", "function": shown}], ensure_ascii=False)

    def _slot(self, name: str, schema: Mapping[str, Any]) -> Slot:
        told = self._raw.get("x-slots", {}).get(name, {})
        field, match = _guessed(name, schema, self.record)
        match = told.get("match", match)
        if match not in get_args(Match):
            raise UnknownName("match", match, get_args(Match), f"(slot {name!r})")
        column = told.get("field", field)
        known = self.fields.get(column) or RecordField(column, told.get("title", column))
        phrases = tuple((own, tuple(said)) for own, said in told.get("phrases", {}).items())
        return Slot(name, known, match, tuple(told.get("say", ())), phrases)

    def arguments(self, given: Any) -> _ARGUMENTS:
        """Read slots as a row has them: JSON text or a mapping, nulls left out, in the tool's order.

        Raises:
            UnknownName: for a slot that the tool does not have.
            ConfigurationError: if they cannot be read.
        """
        read = _parsed(given)
        held = {name: value for name, value in read.items() if value not in (None, "", [])}
        for name in held:
            if name not in self.slots:
                raise UnknownName("slot", name, self.slots, f"(tool {self.name})")
        return {name: held[name] for name in self.slots if name in held}

    def call(self, arguments: _ARGUMENTS) -> str:
        """Give the call as messages hold it: JSON text."""
        return json.dumps([{"name": self.name, "arguments": arguments}], ensure_ascii=False)


def _parsed(given: Any) -> Mapping[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            'Slots are a mapping or JSON text of one, such as {"price_range_upper": 300}; found '
            f"{str(given)[:80]!r}."
        )
    return given


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigurationError(f"tool={str(path)!r}: no such file. Pass a tool's JSON or a dict.")
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"tool={path.name!r} is no JSON: {error}") from error
    found = raw[0] if isinstance(raw, list) and len(raw) == 1 else raw
    if not isinstance(found, dict):
        raise ConfigurationError(f"tool={path.name!r}: expected one tool, a JSON object.")
    return found


def _guessed(name: str, schema: Mapping[str, Any], record: Mapping[str, Any]) -> tuple[str, Match]:
    if name == record["name"]:
        return name, "name"
    if schema.get("type") == "array":
        return name, "has_all"
    for match, words in _SIDES.items():
        found = re.fullmatch(rf"(?:(?:{words})_(.+)|(.+?)(?:_range)?_(?:{words}))", name)
        if found and schema.get("type") in ("number", "integer"):
            return (found[1] or found[2]), match
    return name, "equals"
