"""The last question of a conversation and the answer to it, whatever format the row has."""

from __future__ import annotations

from typing import Any

from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.conversations import last_turn, messages_of, with_messages


def last_exchange(row: Row) -> tuple[str, str]:
    """Give the last question and its answer; "" for what is not there."""
    messages = messages_of(row)
    at = last_turn(messages, "user")
    if at is None:
        return "", ""
    answers = [m["content"] or "" for m in messages[at + 1 :] if m["role"] == "assistant"]
    return messages[at]["content"] or "", answers[-1] if answers else ""


def with_exchange(row: Row, question: str, answer: str) -> dict[str, Any]:
    """Give the row with another last question and answer; an answer is added where none was."""
    messages = messages_of(row)
    at = last_turn(messages, "user")
    assert at is not None, "the row has a question"
    messages[at] = {**messages[at], "content": question}
    behind = last_turn(messages, "assistant")
    if behind is not None and behind > at:
        messages[behind] = {**messages[behind], "content": answer}
    elif answer:
        blank = dict.fromkeys(messages[at])
        messages.append({**blank, "role": "assistant", "content": answer})
    return with_messages(row, messages)


def before_last_question(row: Row) -> list[dict[str, str]]:
    """Give what was said before the last question, as the chat protocol has it."""
    messages = messages_of(row)
    at = last_turn(messages, "user") or 0
    return [
        {"role": message["role"], "content": message["content"] or ""}
        for message in messages[:at]
        if message["role"] in ("system", "user", "assistant")
    ]
