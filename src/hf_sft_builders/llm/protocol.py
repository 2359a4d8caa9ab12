"""The chat protocol: bodies out, replies and refusals in. Pure.

Source: https://platform.openai.com/docs/api-reference/chat. Servers differ in small things, which are
met here: reasoning under three names, streams only, errors as HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json, to_json

from hf_sft_builders.llm.content import with_words
from hf_sft_builders.llm.model import ChatRequest
from hf_sft_builders.llm.structured import response_format, shape_instruction, split_reasoning

ShapeMode = Literal[
    "json_schema",  # the server is told the schema
    "json_object",  # the server promises JSON, the prompt says which
    "prompt",  # the prompt says it all
]
SHAPE_MODES: tuple[ShapeMode, ...] = ("json_schema", "json_object", "prompt")


@dataclass(frozen=True, slots=True)
class Completion:
    """What one call gave."""

    text: str
    reasoning: str
    finish_reason: str
    tokens_in: int
    tokens_out: int
    tokens_reasoning: int
    logprobs: Any = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call gave nothing, and what that means for the next ones."""

    kind: Literal[
        "rate",  # too many requests: wait, then again
        "overload",  # the server cannot now: again, a few times
        "shape",  # it does not know this response_format
        "stream",  # it only streams
        "row",  # this request cannot be served, others can
        "fatal",  # no request can be served until something is mended
    ]
    words: str
    next_step: str = ""
    """What to do about it, where that is known."""


def body_of(
    request: ChatRequest,
    model: str,
    mode: ShapeMode,
    stream: bool,
    messages: list[dict[str, Any]],
    parameters: Mapping[str, Any],
) -> bytes:
    """Make the bytes of one call."""
    body: dict[str, Any] = {"model": model, **parameters}
    if request.schema is not None:
        if mode == "json_schema":
            body["response_format"] = response_format(request.schema)
        else:
            messages = with_instruction(messages, shape_instruction(request.schema))
        if mode == "json_object":
            body["response_format"] = {"type": "json_object"}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return b'{"messages":' + to_json(messages) + b"," + to_json(body)[1:]


def with_instruction(messages: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """Add words to the last thing that the user says."""
    *before, last = messages
    return [*before, {**last, "content": with_words(last["content"], words)}]


def read_completion(body: bytes) -> Completion:
    """Read a reply, streamed or whole.

    Raises:
        ValueError: it is not a chat completion; the caller asks again.
    """
    raw = _joined_stream(body) if body.lstrip().startswith(b"data:") else from_json(body)
    try:
        choice = raw["choices"][0]
        message = choice["message"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"no choices in {body[:200]!r}") from error
    inline, text = split_reasoning(message.get("content") or "")
    usage = raw.get("usage") or {}
    details = usage.get("completion_tokens_details") or {}
    return Completion(
        text=text,
        reasoning=message.get("reasoning_content") or message.get("reasoning") or inline,
        finish_reason=choice.get("finish_reason") or "stop",
        tokens_in=int(usage.get("prompt_tokens") or 0),
        tokens_out=int(usage.get("completion_tokens") or 0),
        tokens_reasoning=int(details.get("reasoning_tokens") or 0),
        logprobs=choice.get("logprobs"),
    )


def _joined_stream(body: bytes) -> dict[str, Any]:
    """Put the pieces of a server-sent stream together to one completion."""
    text: list[str] = []
    thought: list[str] = []
    finish, usage = None, None
    for line in body.splitlines():  # of bytes: text would also break at U+2028 inside a word
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        piece = json.loads(line[5:])
        usage = piece.get("usage") or usage
        for choice in piece.get("choices") or ():
            delta = choice.get("delta") or {}
            text.append(delta.get("content") or "")
            thought.append(delta.get("reasoning_content") or delta.get("reasoning") or "")
            finish = choice.get("finish_reason") or finish
    if finish is None:
        raise ValueError("the stream broke off before its end")
    message = {"content": "".join(text), "reasoning_content": "".join(thought)}
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


_ROW_CODES = ("context_length", "content_filter", "content_policy", "string_above_max", "too long")
_QUOTA_CODES = ("insufficient_quota", "billing", "quota exceeded for")


_TO_DO = {
    401: "Set OPENAI_API_KEY to a key that this server takes.",
    403: "Use a key that may use this model, or another model=.",
    404: "See which models the server has (GET …/models), and that base_url= ends as it wants, "
    "mostly in /v1.",
    429: "Add to the account, or use another key: what is paid for is kept, the same call goes on.",
}
"""Status → the next step, where nothing heals by itself."""


def refusal_of(status: int, body: bytes, shaped: bool) -> Refusal:
    """Say what an error status means.

    Args:
        status: HTTP status, not 200.
        body: What the server said.
        shaped: Whether the request asked for a shape by `response_format`.
    """
    words = error_words(body)
    plain = words.lower()
    told = f"{status}: {words}"
    if status == 429:
        spent = any(code in plain for code in _QUOTA_CODES)
        return Refusal("fatal", told, _TO_DO[429]) if spent else Refusal("rate", told)
    if status in (408, 409, 425) or status >= 500:
        return Refusal("overload", told)
    if shaped and re.search(r"response_format|json_schema|json_object|guided|structured", plain):
        return Refusal("shape", told)
    if "stream" in plain and status == 400:
        return Refusal("stream", told)
    if any(code in plain for code in _ROW_CODES) or status == 413:
        return Refusal("row", told)
    return Refusal("fatal", told, _TO_DO.get(status, ""))


def error_words(body: bytes) -> str:
    """Give the server's own words, whatever they are wrapped in."""
    text = body.decode("utf-8", errors="backslashreplace")
    try:
        error = json.loads(text)
    except ValueError:
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())[:300] or "no words"
    inner = error.get("error", error) if isinstance(error, dict) else error
    if isinstance(inner, dict):
        parts = [str(inner[name]) for name in ("message", "code") if inner.get(name)]
        return " ".join(parts)[:500] or str(inner)[:300]
    return str(inner)[:300]
