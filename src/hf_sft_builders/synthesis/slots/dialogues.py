"""Where in a conversation a tool is called, with which arguments, and what it gave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.records import MESSAGE
from hf_sft_builders.synthesis.augmenting import passed
from hf_sft_builders.synthesis.conversations import Message, conversation_format, messages_of
from hf_sft_builders.synthesis.slots.table import Result
from hf_sft_builders.synthesis.slots.tool import Tool


def conversation_of(row: Row) -> list[Message] | None:
    """Give what is said in a row; None where it holds no conversation."""
    try:
        conversation_format(row)
    except ConfigurationError:
        return None
    return messages_of(row) or None


def left_alone(row: Row, why: str) -> Outcome:
    """Pass a row on that an op has nothing to do with, and count why."""
    return Outcome(rows=(passed(row),), notes=(why,))


def message(role: str, content: str, calls: str | None = None) -> Message:
    """Make a message with every field that records have."""
    made: Message = dict.fromkeys(MESSAGE.names)
    return {**made, "role": role, "content": content, "tool_calls": calls}


def calls_in(turn: Message) -> list[tuple[str, dict[str, Any]]]:
    """Give name and arguments of the calls of a message, in either way of writing them."""
    text = turn.get("tool_calls")
    if not text:
        return []
    told = json.loads(text)
    found = []
    for call in told if isinstance(told, list) else [told]:
        inner = call.get("function", call)
        arguments = inner.get("arguments") or {}
        found.append(
            (inner["name"], json.loads(arguments) if isinstance(arguments, str) else arguments)
        )
    return found


def last_call(messages: Sequence[Message], tool: Tool) -> tuple[int, dict[str, Any]] | None:
    """Give the place of the last message that calls the tool, and the arguments."""
    for index in range(len(messages) - 1, -1, -1):
        for name, arguments in calls_in(messages[index]):
            if name == tool.name:
                return index, dict(arguments)
    return None


def last_result(messages: Sequence[Message]) -> Result | None:
    """Give what the last tool message holds, if these are records."""
    for turn in reversed(messages):
        if turn["role"] == "tool":
            return Result.from_json(turn["content"] or "")
    return None


def is_answered(messages: Sequence[Message]) -> bool:
    """Whether the last turn is the assistant's, in words."""
    last = messages[-1]
    return last["role"] == "assistant" and bool((last.get("content") or "").strip())


def told(messages: Sequence[Message]) -> str:
    """Give the words that people and model said to each other, without results of tools."""
    return "\n".join(turn["content"] or "" for turn in messages if turn["role"] != "tool")


def spoken(messages: Sequence[Message]) -> str:
    """Give what people and model said, for prompts and checks."""
    names: Mapping[str, str] = {"user": "user", "assistant": "assistant", "tool": "tool result"}
    return "\n".join(
        f"{names.get(turn['role'], turn['role'])}: {turn['content'] or turn.get('tool_calls') or ''}"
        for turn in messages
    )
