"""Rows as the page shows them: turns of a conversation, fields of a form, entries of the history."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.markdown_text import LONGEST, left_out, rendered

_ROLES = ("system", "user", "assistant", "tool")
_SHOWN = 3_000
"""Characters of a column that is no part of the conversation."""
_LINE = 70
_INVISIBLE = {"Cf", "Co", "Cn", "Cc"}
_HARMLESS = "\n\r\t\u200d\ufeff"


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Turn:
    """One message."""

    role: str
    content: Markup
    reasoning: Markup
    reasoning_length: int
    calls: tuple[Call, ...]
    more: tuple[tuple[str, int], ...]
    """What is too long to be shown whole: its place in the record, and characters left out."""

    @property
    def role_class(self) -> str:
        """The role, where it is one that the style sheet knows."""
        return self.role if self.role in _ROLES else "other"


@dataclass(frozen=True)
class Field:
    """One control of the form."""

    name: str
    """A column, or a place in it: `messages.1.content`."""
    kind: str
    """text, json, number or bool."""
    text: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    """Names of a closed list, the number of each being its value."""

    @property
    def is_long(self) -> bool:
        """Whether it is put into the form only when a person asks for it."""
        return len(self.text) > LONGEST

    @property
    def rows(self) -> int:
        """Lines that the control shows."""
        lines = sum(1 + len(line) // _LINE for line in self.text[:5_000].split("\n"))
        return min(max(lines, 1), 16)


def turns(messages: Sequence[Mapping[str, Any]] | None, name: str = "messages") -> list[Turn]:
    """Lay out messages of a record, which stand in its column `name`."""
    return [_turn(message, f"{name}.{n}") for n, message in enumerate(messages or ())]


def _turn(message: Mapping[str, Any], place: str) -> Turn:
    reasoning = message.get("reasoning") or ""
    more = ((part, left_out(message.get(part) or "")) for part in ("content", "reasoning"))
    return Turn(
        str(message.get("role") or ""),
        rendered(message.get("content") or ""),
        rendered(reasoning),
        len(reasoning),
        tuple(_calls(message.get("tool_calls"))),
        tuple((f"record.{place}.{part}", left) for part, left in more if left),
    )


def _calls(told: str | None) -> Iterator[Call]:
    if not told:
        return
    try:
        calls = json.loads(told)
    except ValueError:
        yield Call("?", told)
        return
    for call in calls if isinstance(calls, list) else [calls]:
        made = call.get("function", call) if isinstance(call, dict) else {}
        yield Call(str(made.get("name", "?")), pretty(made.get("arguments", call)))


def pretty(value: Any) -> str:
    """Write a value for a person; JSON in a text is written as what it says."""
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            return value
        return pretty(parsed) if isinstance(parsed, (dict, list)) else value
    return json.dumps(value, ensure_ascii=False, indent=2, default=_unsayable)


def short(value: Any) -> str:
    """Write the value of a column that is no part of the conversation, cut where it is long."""
    text = value if isinstance(value, str) else pretty(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… (+{len(text) - _SHOWN:,})"


def form_of(
    fields: Mapping[str, Any],
    editable: Sequence[str],
    reasoning: str,
    classes: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Field]:
    """Give a control for each column that can be edited, one for each turn of a conversation.

    Args:
        fields: Columns of the row.
        editable: Names of those that can be edited.
        reasoning: The word for it.
        classes: Columns of a closed list, and its names.
    """
    found: list[Field] = []
    for name in editable:
        if classes.get(name) and isinstance(fields[name], int):
            found.append(Field(name, "choice", str(fields[name]), choices=tuple(classes[name])))
        else:
            found += _controls(name, fields[name], reasoning)
    return found


def _controls(name: str, value: Any, reasoning: str) -> Iterator[Field]:
    if isinstance(value, bool):
        yield Field(name, "bool", "true" if value else "false")
    elif isinstance(value, (int, float)):
        yield Field(name, "number", f"{value!r}")
    elif value is None or isinstance(value, str):
        yield Field(name, "text", value or "")
    elif _is_conversation(value):
        yield from _turn_controls(name, value, reasoning)
    else:
        yield Field(name, "json", pretty(value), "JSON")


def _is_conversation(value: Any) -> bool:
    said = ({"role", "content"}, {"from", "value"})
    return bool(value) and all(
        isinstance(turn, dict) and any(names <= set(turn) for names in said) for turn in value
    )


def _turn_controls(name: str, turns: Sequence[Mapping[str, Any]], word: str) -> Iterator[Field]:
    for number, turn in enumerate(turns):
        role, said = ("role", "content") if "content" in turn else ("from", "value")
        for key, what in (("reasoning", word), ("thinking", word), (said, "")):
            if isinstance(turn.get(key), str):
                hint = f"{turn.get(role)} {what}".strip()
                yield Field(f"{name}.{number}.{key}", "text", turn[key], hint)
            elif key == said and turn.get(key) is not None:
                place = f"{name}.{number}.{key}"
                yield Field(place, "json", pretty(turn[key]), f"{turn.get(role)} JSON")


def invisible(texts: Sequence[str]) -> str:
    """Name the characters that nobody sees: they turn words round, or hide them."""
    found: dict[str, int] = {}
    for text in texts:
        for character in {*text}:
            hidden = unicodedata.category(character) in _INVISIBLE and character not in _HARMLESS
            if hidden:
                found[character] = found.get(character, 0) + text.count(character)
    return ", ".join(
        f"U+{ord(c):04X} {unicodedata.name(c, '')} ×{n}".replace("  ", " ")
        for c, n in sorted(found.items())
    )


def moment(seconds: float) -> tuple[str, str]:
    """Give a time as a machine and as a person reads it, in the time of this machine."""
    told = datetime.fromtimestamp(seconds).astimezone()
    return told.isoformat(timespec="seconds"), told.strftime("%Y-%m-%d %H:%M:%S")


def percent(share: float) -> str:
    """Give a share in per cent; nothing but all is 100 %, nothing but none 0 %."""
    if 0 < share < 0.001:
        return "<0.1 %"
    return "100 %" if share == 1 else f"{min(share * 100, 99.9):.1f} %".replace(".0 %", " %")


def text_at(row: Any, place: str) -> str:
    """Give the text at a place of a row, whole: `record.messages.1.content`, `fields.output`.

    Raises:
        ConfigurationError: if there is no such place.
    """
    kind, *path = place.split(".")
    value = {"record": row.record, "fields": row.fields}.get(kind)
    try:
        for part in path:
            value = value[int(part)] if isinstance(value, list) else value[part]  # type: ignore[index]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ConfigurationError(f"The row has no place {place!r}.") from error
    return value if isinstance(value, str) else pretty(value)


def file_name(uri: str) -> str:
    """Give the last part of a path or URL, for where its whole length is too much."""
    return uri.rstrip("/").rpartition("/")[2] or uri


def _unsayable(value: Any) -> str:
    return f"<{len(value):,} bytes>" if isinstance(value, bytes) else str(value)
