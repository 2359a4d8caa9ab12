"""Answers in the JSON of the protocol: one object, or the events of a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from chat_server.answers import Answer, split_tokens
from chat_server.asked import Asked
from chat_server.wire import Reply, encode_json

STREAM_CHARS = 16


def usage(asked: Asked, answers: list[Answer]) -> dict[str, Any]:
    """Count tokens by estimate."""
    thought = sum(len(answer.reasoning.encode()) // 4 for answer in answers)
    out = sum(answer.tokens for answer in answers) + thought
    counts = {
        "prompt_tokens": asked.tokens,
        "completion_tokens": out,
        "total_tokens": asked.tokens + out,
    }
    return counts | {"completion_tokens_details": {"reasoning_tokens": thought}}


def whole_reply(
    number: int, asked: Asked, answers: list[Answer], counts: dict[str, Any] | None
) -> Reply:
    """Answer with one `chat.completion`.

    Written as text: encoding dictionaries would be a quarter of what a request costs.
    """
    choices = ",".join(_choice(index, answer) for index, answer in enumerate(answers))
    ending = f',"usage":{encode_json(counts)}}}' if counts else "}"
    text = (
        f'{{"id":"chatcmpl-{number}","object":"chat.completion","created":{int(time.time())},'
        f'"model":{encode_json(asked.model)},"choices":[{choices}]{ending}'
    )
    return Reply(200, [text.encode()])


def stream_reply(
    number: int,
    asked: Asked,
    answers: list[Answer],
    counts: dict[str, Any] | None,
    seconds: float,
) -> Reply:
    """Answer with server-sent events that last `seconds`."""
    values = list(_chunks(number, asked, answers))
    if counts and (asked.body.get("stream_options") or {}).get("include_usage"):
        values.append(_frame(number, asked, "chat.completion.chunk", []) | {"usage": counts})
    events = [f"data: {encode_json(value)}\n\n".encode() for value in values]
    events.append(b"data: [DONE]\n\n")
    return Reply(
        200, events, "text/event-stream; charset=utf-8", chunked=True, gap=seconds / len(events)
    )


def _frame(number: int, asked: Asked, kind: str, choices: list[Any]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
        "choices": choices,
    }


def _choice(index: int, answer: Answer) -> str:
    reasoning = logprobs = ""
    if answer.reasoning_field:
        reasoning = f',"{answer.reasoning_field}":{encode_json(answer.reasoning)}'
    if answer.top_logprobs is not None:
        logprobs = encode_json({"content": answer.logprobs(split_tokens(answer.text))})
    return (
        f'{{"index":{index},"message":{{"role":"assistant","content":{encode_json(answer.text)},'
        f'"refusal":null{reasoning}}},"logprobs":{logprobs or "null"},'
        f'"finish_reason":"{answer.finish_reason}"}}'
    )


def _chunks(number: int, asked: Asked, answers: list[Answer]) -> Iterator[dict[str, Any]]:
    for index, answer in enumerate(answers):
        for delta, logprobs, finish in _deltas(answer):
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
            yield _frame(number, asked, "chat.completion.chunk", [choice])


def _deltas(answer: Answer) -> Iterator[tuple[dict[str, Any], Any, str | None]]:
    yield {"role": "assistant", "content": ""}, None, None
    if answer.reasoning_field:
        for piece in _pieces(answer.reasoning):
            yield {answer.reasoning_field: piece}, None, None
    if answer.top_logprobs is None:
        for piece in _pieces(answer.text):
            yield {"content": piece}, None, None
    else:
        for token in split_tokens(answer.text):
            yield {"content": token}, {"content": answer.logprobs([token])}, None
    yield {}, None, answer.finish_reason


def _pieces(text: str) -> list[str]:
    return [text[i : i + STREAM_CHARS] for i in range(0, len(text), STREAM_CHARS)]
