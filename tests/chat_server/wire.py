"""HTTP/1.1 as bytes: requests out of a buffer, replies into pieces. Nothing here waits."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl

MAX_HEAD = 64 * 1024

encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class MalformedRequestError(ValueError):
    """The bytes are no HTTP request."""


@dataclass(slots=True)
class Request:
    """One request, its body decoded from whatever transfer coding it came in."""

    method: str
    path: str
    query: str
    head: bytes
    body: bytes
    keep_alive: bool

    def header(self, name: str) -> str:
        """Give a header's value, or nothing."""
        return self.headers().get(name.lower(), "")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def parameters(self) -> dict[str, str]:
        """The query as a dictionary."""
        return dict(parse_qsl(self.query))

    def headers(self) -> dict[str, str]:
        """All headers, names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}


def _value(head: bytes, key: bytes) -> bytes:
    """Give the value after `key` (line end, name, colon) in a head, all in lower case."""
    at = head.find(key)
    if at < 0:
        return b""
    end = head.find(b"\r\n", at + 2)
    return head[at + len(key) : end if end >= 0 else len(head)].strip()


def take_request(buffer: bytearray) -> Request | None:
    """Take the first request off the buffer; None while it is incomplete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_HEAD:
            raise MalformedRequestError("The head of the request does not end.")
        return None
    head = bytes(buffer[:end])
    lower = head.lower()
    found = _body(buffer, lower, end + 4)
    if found is None:
        return None
    body, after = found
    del buffer[:after]
    return _request(head, lower, body)


def awaits_continue(buffer: bytearray) -> bool:
    """Say whether only the head is there, and the client waits for leave to send the body."""
    return buffer.find(b"\r\n\r\n") == len(buffer) - 4 and b"100-continue" in buffer.lower()


def _request(head: bytes, lower: bytes, body: bytes) -> Request:
    line, _, _ = head.partition(b"\r\n")
    words = line.decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise MalformedRequestError(f"Not a request line: {line[:80]!r}.")
    path, _, query = words[1].partition("?")
    wish = _value(lower, b"\r\nconnection:")
    keep_alive = wish != b"close" and (words[2] != "HTTP/1.0" or wish == b"keep-alive")
    return Request(words[0], path, query, head, body, keep_alive)


def _body(buffer: bytearray, lower: bytes, start: int) -> tuple[bytes, int] | None:
    if _value(lower, b"\r\ntransfer-encoding:") == b"chunked":
        return _chunked(buffer, start)
    text = _value(lower, b"\r\ncontent-length:") or b"0"
    if not text.isdigit():
        raise MalformedRequestError(f"Not a Content-Length: {text!r}.")
    end = start + int(text)
    return (bytes(buffer[start:end]), end) if len(buffer) >= end else None


def _chunked(buffer: bytearray, at: int) -> tuple[bytes, int] | None:
    parts: list[bytes] = []
    while (line := buffer.find(b"\r\n", at)) >= 0:
        try:
            size = int(bytes(buffer[at:line]).split(b";")[0], 16)
        except ValueError as error:
            raise MalformedRequestError("Not the size of a chunk.") from error
        if size == 0:
            end = buffer.find(b"\r\n\r\n", line)
            return (b"".join(parts), end + 4) if end >= 0 else None
        at = line + 2
        if len(buffer) < at + size + 2:
            return None
        parts.append(bytes(buffer[at : at + size]))
        at += size + 2
    return None


@dataclass(slots=True)
class Reply:
    """An answer and the way it reaches the client."""

    status: int
    body: list[bytes]
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    gap: float = 0.0
    """Seconds between pieces; 0 sends all at once."""
    ending: Literal["keep", "close", "reset", "hang"] = "keep"
    chunked: bool = False
    cut: bool = False
    """Only half of what the head promises is sent."""
    silent: bool = False
    """Not even the head is sent."""
    label: str = ""
    """What the statistics count, where that is not the status."""
    endpoint: str = ""
    digest: str = ""
    admitted: bool = False

    def pieces(self) -> list[bytes]:
        """Give the bytes as they are to be written, a piece at a time."""
        if self.silent:
            return []
        coded = [b"%x\r\n%b\r\n" % (len(part), part) for part in self.body]
        parts = [*coded, b"0\r\n\r\n"] if self.chunked else self.body
        head = self._head(sum(map(len, self.body)))
        if self.cut:
            whole = b"".join(parts)
            parts = [whole[: len(whole) // 2]]
        return [head, *parts] if self.gap else [head + b"".join(parts)]

    def _head(self, length: int) -> bytes:
        size = "transfer-encoding: chunked" if self.chunked else f"content-length: {length}"
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.ending == "close" and not self.cut:
            more += "connection: close\r\n"
        reason = _REASONS.get(self.status, "Unknown")
        return (
            f"HTTP/1.1 {self.status} {reason}\r\ncontent-type: {self.content_type}\r\n"
            f"{size}\r\n{more}\r\n"
        ).encode("latin-1")


def json_reply(value: Any, status: int = 200, **options: Any) -> Reply:
    """Answer with JSON."""
    return Reply(status, [encode_json(value).encode()], **options)


def error_reply(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    **options: Any,
) -> Reply:
    """Answer with the error JSON of the OpenAI API."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_reply({"error": error}, status, **options)
