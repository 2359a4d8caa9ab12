"""Replies in the shape of a pydantic model: how they are asked for and how they are read.

Strict JSON is read as it stands. Anything else is mended where it has one reading, and the mending
is named in `repairs`; a reply that is incomplete or has two readings is refused, with words that
can be sent back to the model.

Example:
    >>> class Person(BaseModel):
    ...     name: str
    >>> read_reply("Here it is: {'name': 'Ada'}", Person)
    ParsedReply(value=Person(name='Ada'), repairs=('prose around', 'single quotes'))
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from hf_sft_builders.errors import ReplyRejected
from hf_sft_builders.llm.reply_reading import ParsedReply, PartialReply, ReplyReading
from hf_sft_builders.llm.reply_shape import fit, rejection

__all__ = [
    "ParsedReply",
    "PartialReply",
    "complete_items",
    "parse_reply",
    "read_reply",
    "response_format",
    "shape_instruction",
    "split_reasoning",
]

Shape = TypeVar("Shape", bound=BaseModel)

_OPENING = re.compile(r"\s*<(think|thinking)>", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("think", "thinking")}
# Chat templates that open the thinking themselves leave only its end in the reply, on a line alone.
_STRAY_CLOSING = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.IGNORECASE | re.MULTILINE)


@lru_cache(maxsize=64)
def response_format(schema: type[BaseModel]) -> dict[str, Any]:
    """Give the `response_format` of the chat protocol that asks for this shape."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", schema.__name__)[:64]
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "schema": schema.model_json_schema()},
    }


@lru_cache(maxsize=64)
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
        return _reading(text, schema).whole()


def complete_items(text: str, schema: type[Shape]) -> PartialReply[Shape]:
    """Read what is complete of a cut-off reply; only for ops that can use a part of their list.

    Raises:
        ReplyRejected: where no item is complete, the shape has no one list, or the reply is broken
            in another way than by its end.
    """
    return _reading(text, schema).part()


def _reading(text: str, schema: type[Shape]) -> ReplyReading[Shape]:
    reasoning, answer = split_reasoning(text)
    if reasoning and not answer:
        raise rejection(schema, "it ends within its thinking or right after", text)
    return ReplyReading(answer, schema, thought=bool(reasoning))
