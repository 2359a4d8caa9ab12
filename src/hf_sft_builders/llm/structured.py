"""Replies in the shape of a pydantic model: how they are asked for and how they are read.

Strict JSON is read as it stands. Anything else is mended where it has one reading, and the mending
is named in `repairs`; a reply that is incomplete or has two readings is refused, with words that can
be sent back to the model.

Of several candidates in one reply, the last one that fits wins: models think first and answer last.
Not so when something broken follows it, or when two different ones stand side by side (then neither
is the draft of the other): those are refused. Replies without the outer object (a bare list, one
object per line, a numbered list of strings) are read where the shape has one list for them to be.

Example:
    >>> class Person(BaseModel):
    ...     name: str
    >>> read_reply("Here it is: {'name': 'Ada'}", Person)
    ParsedReply(value=Person(name='Ada'), repairs=('prose around', 'single quotes'))
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from hf_sft_builders.errors import ReplyRejected
from hf_sft_builders.llm.json_repair import Attempt, scan
from hf_sft_builders.llm.listed_items import AmbiguousListError, ListedItems, list_items
from hf_sft_builders.llm.reply_shape import ListField, fit, list_field, rejection

Shape = TypeVar("Shape", bound=BaseModel)

CODE_FENCE = "code fence"
PROSE = "prose around"
THINKING = "thinking before"
LISTED = "numbered list"
BARE_LIST = "list without its object"
BARE_ITEM = "item without its list"
ITEM_PER_LINE = "one object per line"
LIST_OF_ONE = "wrapped in a list of one"
OBJECT_OF_ONE = "wrapped in an object of one"
REPEATED = "repeated"
DRAFTS = "earlier candidates"

_OPENING = re.compile(r"\s*<(think|thinking)>", re.IGNORECASE)
_CLOSING = {
    name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("think", "thinking")
}
# Chat templates that open the thinking themselves leave only its end in the reply, on a line alone.
_STRAY_CLOSING = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_FENCE = re.compile(r"(?:```|~~~)[\w-]*")
_ONLY_BETWEEN = re.compile(r"(?:[\s,，;]|```\w*|\b[0-9]+[.)、]|[-*•]\s)*+")
_LIST_LINE = re.compile(r"^[ \t]*(?:[0-9]+[.)、．]|[（(][0-9]+[)）]|[-*•]\s)", re.MULTILINE)
_JSON_LINE = re.compile(r"^\s*[{\[]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParsedReply(Generic[Shape]):
    """A reply as the shape that was asked for."""

    value: Shape
    repairs: tuple[str, ...] = ()
    """What had to be mended, in stable words, sorted."""


@dataclass(frozen=True, slots=True)
class PartialReply(ParsedReply[Shape]):
    """The complete items of a reply that was cut off; `str()` of it goes into the ledger."""

    complete: int = 0
    begun: int = 0
    """Items that the reply began, the incomplete one included."""

    def __str__(self) -> str:
        return f"{self.complete} of {self.begun}, truncated"


def response_format(schema: type[BaseModel]) -> dict[str, Any]:
    """Give the `response_format` of the chat protocol that asks for this shape."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", schema.__name__)[:64]
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": schema.model_json_schema()},
    }


def shape_instruction(schema: type[BaseModel]) -> str:
    """Say in words what shape is wanted, for servers that cannot be told by schema."""
    wanted = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return f"Reply with one JSON object of this JSON schema and nothing else:\n{wanted}"


def split_reasoning(text: str) -> tuple[str, str]:
    """Part a reply into (reasoning, answer) where the thinking stands in front, in tags.

    Several thoughts in a row are all reasoning. Thinking that is not closed is all there is, and
    the answer is empty. Tags further on are part of the answer.
    """
    thoughts: list[str] = []
    answer = text
    while opening := _OPENING.match(answer):
        closing = _CLOSING[opening[1].lower()].search(answer, opening.end())
        thoughts.append(answer[opening.end() : closing.start() if closing else None].strip())
        answer = answer[closing.end() :] if closing else ""
    stray = None if thoughts else _stray_closing(text)
    if stray:
        return text[: stray.start()].strip(), text[stray.end() :].lstrip()
    return "\n\n".join(thoughts), answer.lstrip() if thoughts else answer


def _stray_closing(text: str) -> re.Match[str] | None:
    stray = _STRAY_CLOSING.search(text)
    return stray if stray and "<think" not in text[: stray.start()].lower() else None


def parse_reply(text: str, schema: type[Shape]) -> Shape:
    """Read a reply as `schema`; see `read_reply`, which also says what was mended."""
    return read_reply(text, schema).value


def read_reply(text: str, schema: type[Shape]) -> ParsedReply[Shape]:
    """Read a reply as `schema`.

    Raises:
        ReplyRejected: with what was found and what was expected, fit to be sent to the model.
    """
    try:
        return ParsedReply(fit(text, schema))
    except ReplyRejected:
        return _Reading(text, schema).whole()


def complete_items(text: str, schema: type[Shape]) -> PartialReply[Shape]:
    """Read what is complete of a cut-off reply; only for ops that can use a part of their list.

    Raises:
        ReplyRejected: where no item is complete, the shape has no one list, or the reply is broken
            in another way than by its end.
    """
    return _Reading(text, schema).part()


class _Reading(Generic[Shape]):
    """One reply on its way to becoming `schema`."""

    def __init__(self, text: str, schema: type[Shape]) -> None:
        self.reasoning, self.text = split_reasoning(text)
        self.schema = schema
        self.list = list_field(schema)
        found = scan(self.text)
        self.attempts, self.after = found.attempts, found.after
        self.broken = [attempt for attempt in self.attempts if attempt.problem]

    def whole(self) -> ParsedReply[Shape]:
        if self.reasoning and not self.text:
            raise self._rejected("it ends within its thinking")
        return self._direct() or self._listed() or self._without_object()

    def part(self) -> PartialReply[Shape]:
        last = self.attempts[-1] if self.attempts else None
        if self.list is None:
            raise self._rejected("it is cut off, and this shape has no one list to keep a part of")
        if last and last.unfinished and last.list_key in ("", json.dumps(self.list.key)):
            items, cut = last.items, last
        elif not last and self.list.of_strings:
            items, cut = self._listed_items().items[:-1], None
        else:
            raise self._rejected("it is cut off before the first item is complete")
        if not items:
            raise self._rejected("it is cut off before the first item is complete")
        value = fit(self.list.around(",".join(map(_as_json, items)) if not cut else ",".join(items)), self.schema)
        return PartialReply(value, self._repairs(cut), len(items), len(items) + 1)
