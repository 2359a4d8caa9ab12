"""One record as trainers' rows are made from it: its parts told apart, its tool calls read.

    {"messages": […], "rejected": […], "tools": "[…]"}  →  Example(prompt, completion, rejected, tools)

What a trainer cannot be told raises `Unsayable` with a short reason, which is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

THINK, THOUGHT = "<think>\n", "\n</think>\n\n"
"""What stands around reasoning inside a reply: the form that trainers and chat templates know."""

MEDIA = ("images", "videos", "audios")


class Unsayable(ValueError):
    """A row that a trainer cannot be given as it is.

    Args:
        reason: A short, stable word for the count ("no-rejected-reply").
        expected: What would have been right.
    """

    def __init__(self, reason: str, expected: str) -> None:
        super().__init__(f"{reason}: expected {expected}")
        self.reason, self.expected = reason, expected


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """One message."""

    role: str
    content: str | None
    reasoning: str = ""
    calls: tuple[Call, ...] = ()

    @property
    def words(self) -> str:
        """Give the content, with the reasoning before it."""
        content = self.content or ""
        return f"{THINK}{self.reasoning}{THOUGHT}{content}" if self.reasoning else content

    @property
    def missing(self) -> bool:
        """Say whether there is neither content nor a call nor reasoning."""
        return self.content is None and not self.calls and not self.reasoning


@dataclass(frozen=True)
class Example:
    """One record, read."""

    id: str | None
    prompt: tuple[Said, ...] = ()
    completion: tuple[Said, ...] = ()
    rejected: tuple[Said, ...] = ()
    text: str | None = None
    desirable: bool | None = None
    tools: Sequence[Any] = ()
    media: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """`images`, `videos`, `audios` → files in the export's folder, or addresses."""

    @property
    def messages(self) -> tuple[Said, ...]:
        """Give prompt and completion."""
        return self.prompt + self.completion

    @property
    def reply(self) -> Said:
        """Give the completion, which must be one message."""
        return _single(self.completion, "reply")

    @property
    def worse_reply(self) -> Said:
        """Give the rejected side, which must be one message."""
        return _single(self.rejected, "rejected reply")


def read_example(record: Mapping[str, Any], media: Mapping[str, Sequence[str]]) -> Example:
    """Read a row of a record table.

    Args:
        record: The row.
        media: Its files, as they are named in the export.

    Raises:
        Unsayable: if tools or calls are not the JSON that they should be.
    """
    said = tuple(_read(message) for message in record.get("messages") or ())
    start = record.get("completion_start")
    start = len(said) - 1 if start is None else start
    return Example(
        id=record.get("id"),
        prompt=said[: max(start, 0)],
        completion=said[max(start, 0) :],
        rejected=tuple(_read(message) for message in record.get("rejected") or ()),
        text=record.get("text"),
        desirable=record.get("desirable"),
        tools=_tools(record.get("tools")),
        media=media,
    )


def _read(message: Mapping[str, Any]) -> Said:
    return Said(
        message["role"],
        message["content"],
        message.get("reasoning") or "",
        _calls(message.get("tool_calls")),
    )


def _calls(text: str | None) -> tuple[Call, ...]:
    if not text:
        return ()
    found = _json(text, "call-not-json", "tool calls as JSON")
    return tuple(_call(call) for call in (found if isinstance(found, list) else [found]))


def _call(call: Any) -> Call:
    body = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise Unsayable("call-without-name", "a call with name and arguments")
    given = body.get("arguments")
    if isinstance(given, str):
        given = _json(given or "{}", "arguments-not-json", "arguments as a JSON object")
    if not isinstance(given, dict):
        raise Unsayable("arguments-not-object", "arguments as a JSON object")
    return Call(body["name"], given)


def _tools(text: str | None) -> Sequence[Any]:
    if not text:
        return ()
    found = _json(text, "tools-not-json", "tools as a JSON list of objects")
    if not isinstance(found, list) or not all(isinstance(tool, dict) for tool in found):
        raise Unsayable("tools-not-json", "tools as a JSON list of objects")
    return found


def _json(text: str, reason: str, expected: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Unsayable(reason, expected) from None


def _single(messages: tuple[Said, ...], what: str) -> Said:
    if len(messages) != 1:
        raise Unsayable("one-reply", f"one message as {what}, found {len(messages)}")
    return messages[0]


def json_text(value: Any) -> str:
    """Write a value as JSON text, with Chinese as it is."""
    return json.dumps(value, ensure_ascii=False)
