"""What a trainer's profile is: how it wants a row, and the configuration beside the files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hf_sft_builders.publishing.trainers.example import (
    MEDIA,
    Example,
    Said,
    Unsayable,
    json_text,
)

Row = dict[str, Any]

CHAT, PREFERENCE, KTO, TEXT = "chat", "preference", "kto", "text"
"""What is learnt from: replies; the better of two; replies judged good or bad; bare text."""


@dataclass(frozen=True)
class Shape:
    """What a whole dataset holds; it decides the columns and the configuration."""

    kind: str
    tools: bool = False
    """Whether any row has tools or calls one."""
    media: frozenset[str] = frozenset()
    """Which of `images`, `videos`, `audios` any row has."""
    ids: bool = False
    """Whether rows have an id."""


@dataclass(frozen=True)
class DataFile:
    """One file of rows."""

    name: str
    split: str
    rows: int
    group: str = ""
    """What its rows share, where a profile wants them apart."""


class Profile(ABC):
    """Base of every trainer's profile; one file each."""

    name: str
    """As `trainer=` takes it."""
    title: str
    """As people write it."""
    kinds: frozenset[str] = frozenset({CHAT, PREFERENCE, KTO, TEXT})
    media: frozenset[str] = frozenset()
    """Which media it can be given."""
    addresses: bool = False
    """Whether media may be `https://` addresses."""
    inline: bool = False
    """Whether files of media become `data:` addresses in the rows."""
    holds_tools: bool = True
    holds_reasoning: bool = True

    @abstractmethod
    def row(self, example: Example, shape: Shape) -> Row:
        """Say one example in the trainer's encoding.

        Raises:
            Unsayable: if the trainer has no place for it.
        """

    @abstractmethod
    def beside(self, shape: Shape, files: tuple[DataFile, ...]) -> Mapping[str, str]:
        """Give the files beside the rows: name → text."""

    def written(self, row: Row, shape: Shape) -> Row:
        """Give a row as it is written, where that differs from what the rules look at."""
        return row

    def group(self, row: Row) -> str:
        """Name the file of its split that a row belongs to; "" is the main one."""
        return ""

    def view(self, rows: list[Row]) -> pa.Table:
        """Give rows as the trainer's rules look at them: calls as JSON text, each key a column."""
        return pa.Table.from_pylist([_flat(row) for row in rows])

    def require_sayable(self, example: Example, shape: Shape) -> None:
        """Stop at what no profile of this trainer can say.

        Raises:
            Unsayable: naming it.
        """
        _require_kind(example, shape)
        said = example.messages + example.rejected
        if any(message.missing for message in said):
            raise Unsayable("content-not-null", "text in each message that calls no tool")
        if not self.holds_tools and (example.tools or any(message.calls for message in said)):
            raise Unsayable("tools-not-read", f"no tools; {self.title} leaves them out")
        if not self.holds_reasoning and any(message.reasoning for message in said):
            raise Unsayable("reasoning-not-read", f"no reasoning; {self.title} has no place for it")


def _require_kind(example: Example, shape: Shape) -> None:
    if shape.kind == TEXT:
        if not example.text:
            raise Unsayable("text-not-empty", "bare text, as in the other rows")
        return
    if not example.messages:
        raise Unsayable("conversation-not-empty", "at least one message")
    if shape.kind == PREFERENCE and not example.rejected:
        raise Unsayable("no-rejected-reply", "a rejected reply, as in the other rows")
    if shape.kind == KTO and example.desirable is None:
        raise Unsayable("no-label", "desirable or not, as in the other rows")


def _flat(row: Row) -> Row:
    return {name: _flat_value(value) for name, value in row.items()}


def _flat_value(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return (
            [_flat_message(item) for item in value] if _is_message(value[0]) else json_text(value)
        )
    return _flat_message(value) if isinstance(value, dict) else value


def _is_message(value: Row) -> bool:
    return "role" in value or "from" in value


def _flat_message(message: Row) -> Row:
    """Give calls as JSON text, and typed parts as the text in them (… where there is none)."""
    flat = dict(message)
    if message.get("tool_calls"):
        flat["tool_calls"] = json_text(message["tool_calls"])
    if isinstance(message.get("content"), list):
        flat["content"] = "".join(part.get("text", "…") for part in message["content"])
    return flat


def plain(said: Said) -> Row:
    """Give a message as role and content."""
    return {"role": said.role, "content": said.words}


def with_calls(said: Said, arguments_as_text: bool) -> Row:
    """Give a message in the OpenAI protocol's form, with `tool_calls` only where there are any."""
    message = plain(said)
    if said.calls:
        message["tool_calls"] = [
            {
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json_text(call.arguments)
                    if arguments_as_text
                    else dict(call.arguments),
                },
            }
            for call in said.calls
        ]
    return message


def with_media(row: Row, example: Example, shape: Shape) -> Row:
    """Add a column for each kind of media that the dataset has; [] where a row has none."""
    media = {name: list(example.media.get(name, ())) for name in MEDIA if name in shape.media}
    return {**row, **media}


def with_id(row: Row, example: Example) -> Row:
    """Add the row's id, which leads back to the dataset, where it has one."""
    return {**row, "id": example.id} if example.id is not None else row


def files_of(files: tuple[DataFile, ...], training: bool) -> list[str]:
    """Name the files of rows to train on, or those to evaluate on (every other split)."""
    names = {file.split for file in files}
    train = "train" if "train" in names else min(names)
    return [file.name for file in files if (file.split == train) == training]
