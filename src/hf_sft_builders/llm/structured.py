"""Replies in the shape of a pydantic model: how they are asked for and how they are read."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hf_sft_builders.errors import ReplyRejected

Shape = TypeVar("Shape", bound=BaseModel)

_THINKING = re.compile(r"\s*<(think|thinking)>(.*?)</\1>\s*", re.DOTALL)
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL)


def response_format(schema: type[BaseModel]) -> dict[str, Any]:
    """Give the `response_format` of the chat protocol that asks for this shape."""
    return {
        "type": "json_schema",
        "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema()},
    }


def shape_instruction(schema: type[BaseModel]) -> str:
    """Say in words what shape is wanted, for servers that cannot be told by schema."""
    wanted = json.dumps(schema.model_json_schema(), ensure_ascii=False)
    return f"Reply with one JSON object of this JSON schema and nothing else:\n{wanted}"


def split_reasoning(text: str) -> tuple[str, str]:
    """Part a reply into (reasoning, answer) where the thinking stands in front, in tags."""
    match = _THINKING.match(text)
    return (match.group(2).strip(), text[match.end() :]) if match else ("", text)


def parse_reply(text: str, schema: type[Shape]) -> Shape:
    """Read a reply as `schema`; a fence around the JSON is taken off, nothing is guessed.

    Raises:
        ReplyRejected: with what was found and what is wrong with it.
    """
    fenced = _FENCE.search(text)
    candidate = fenced.group(1) if fenced else text.strip()
    try:
        return schema.model_validate_json(candidate)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'reply'}: {problem['msg']}"
            for problem in error.errors(include_url=False)[:3]
        )
        raise ReplyRejected(
            f"The reply is not a {schema.__name__}: {problems}. Found: {text[:200]!r}"
        ) from error
