"""One line of a batch, from request to a line of the output or the error file."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat_server.asked import Asked, BodyError
from chat_server.wire import Reply, encode_json, error_reply

_MESSAGES = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This request was not executed: the batch was cancelled.",
}


@dataclass
class LineResult:
    """A finished line and the file it belongs in."""

    line: bytes
    failed: bool


def process(line: dict[str, Any], answer: Callable[[Asked], Reply]) -> LineResult:
    """Answer one line; faults of the connection cannot happen here and become status 500."""
    try:
        reply = answer(Asked(line["body"]))
    except BodyError as error:
        reply = error_reply(400, str(error), param=error.param)
    status, body = reply.status, _value(reply)
    if body is None:
        status, body = 500, _value(error_reply(500, "Internal error.", kind="server_error"))
    response = {"status_code": status, "request_id": uuid.uuid4().hex, "body": body}
    return _result(line, response, None, failed=status != 200)


def broken_off(line: dict[str, Any], code: str) -> LineResult:
    """Give a line that was never answered."""
    return _result(line, None, {"code": code, "message": _MESSAGES[code]}, failed=True)


def _value(reply: Reply) -> Any:
    if reply.silent or reply.cut:
        return None
    try:
        return json.loads(b"".join(reply.body))
    except ValueError:
        return None


def _result(line: dict[str, Any], response: Any, error: Any, *, failed: bool) -> LineResult:
    value = {
        "id": f"batch_req_{uuid.uuid4().hex}",
        "custom_id": line["custom_id"],
        "response": response,
        "error": error,
    }
    return LineResult(f"{encode_json(value)}\n".encode(), failed)
