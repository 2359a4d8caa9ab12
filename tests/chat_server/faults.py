"""Which request is struck by which fault, and what that does to its answer."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from chat_server.asked import Asked
from chat_server.limits import retry_after
from chat_server.settings import Rule, Settings
from chat_server.wire import Reply, encode_json, error_reply

# status → (type, code, message) as hosted models word them
_ERRORS: dict[str, tuple[str, str | None, str]] = {
    "400": ("invalid_request_error", None, "Invalid request."),
    "401": ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "403": ("permission_error", "permission_denied", "You have no access to this model."),
    "404": ("invalid_request_error", "model_not_found", "The model does not exist."),
    "408": ("timeout", None, "Request timed out."),
    "409": ("conflict", None, "The resource was changed at the same time."),
    "429": ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    "500": ("server_error", None, "The server had an error while processing your request."),
    "502": ("server_error", None, "Bad gateway."),
    "503": ("service_unavailable", None, "The engine is currently overloaded."),
    "504": ("server_error", None, "Gateway timeout."),
}
_PAGE = b"<!DOCTYPE html><html><body><h1>%b</h1><p>nginx</p></body></html>"


class Faults:
    """The rules of one server with what they have counted."""

    def __init__(self, settings: Settings) -> None:
        self.rules = settings.faults
        self.retry_after = settings.retry_after
        self.random = random.Random(settings.seed + 1)
        self.seen: Counter[str] = Counter()
        self.struck: Counter[int] = Counter()
        self.tries: list[Counter[int]] = [Counter() for _ in self.rules]

    def strike(self, endpoint: str, asked: Asked | None = None) -> Rule | None:
        """Give the first rule that fits this request."""
        if not self.rules:
            return None
        self.seen[endpoint] += 1
        # Every rule counts every request, also those that an earlier rule takes.
        fitting = [i for i, rule in enumerate(self.rules) if self._fits(i, rule, endpoint, asked)]
        if not fitting:
            return None
        self.struck[fitting[0]] += 1
        return self.rules[fitting[0]]

    def _fits(self, index: int, rule: Rule, endpoint: str, asked: Asked | None) -> bool:
        if rule.endpoint != endpoint:
            return False
        if rule.containing and not (asked and rule.containing in asked.prompt):
            return False
        if rule.every and self.seen[endpoint] % rule.every:
            return False
        if rule.times and self.struck[index] >= rule.times:
            return False
        if rule.first_tries and self._tries(index, rule, asked) > rule.first_tries:
            return False
        return not rule.probability or self.random.random() < rule.probability

    def _tries(self, index: int, rule: Rule, asked: Asked | None) -> int:
        key = 0
        if asked:
            key = asked.opening() if rule.per == "opening" else hash(tuple(asked.texts))
        self.tries[index][key] += 1
        return self.tries[index][key]

    def error(self, rule: Rule) -> Reply | None:
        """Give the answer of a rule that stands for an HTTP error."""
        if rule.kind not in _ERRORS:
            return None
        kind, code, message = _ERRORS[rule.kind]
        headers = {}
        if rule.retry_after is not None:
            headers = retry_after(self.retry_after or "seconds", rule.retry_after)
        return error_reply(
            int(rule.kind), rule.message or message, kind=kind, code=code, headers=headers
        )


def spoil(reply: Reply, rule: Rule) -> Reply:
    """Do to a good answer what the rule says happens on its way."""
    if rule.after is not None:
        reply.delay = rule.after
    match rule.kind:
        case "reset" | "hang":
            reply.silent, reply.ending, reply.label = True, rule.kind, rule.kind
        case "reset_in_body":
            reply.cut, reply.ending, reply.label = True, "reset", rule.kind
        case "close_in_body":
            reply.cut, reply.ending, reply.label = True, "close", rule.kind
        case "dribble":
            whole = b"".join(reply.body)
            size = max(1, len(whole) // 20)
            reply.body = [whole[i : i + size] for i in range(0, len(whole), size)]
            reply.gap = rule.seconds / len(reply.body)
        case _:
            _spoil_body(reply, rule)
    return reply


def _spoil_body(reply: Reply, rule: Rule) -> None:
    match rule.kind:
        case "html_200" | "html_502":
            status = 502 if rule.kind == "html_502" else 200
            title = b"502 Bad Gateway" if status == 502 else b"Welcome"
            _replace(reply, _PAGE % title, "text/html", status)
        case "garbage":
            _replace(reply, random.Random(0).randbytes(200), reply.content_type, 200)
        case "truncated" if reply.chunked:
            reply.body = reply.body[: len(reply.body) // 2]
        case "truncated":
            whole = b"".join(reply.body)
            reply.body = [whole[: len(whole) // 2]]
        case "stream_error" if reply.chunked:
            error: dict[str, Any] = {"message": rule.message or "The server had an error."}
            event = encode_json({"error": error | {"type": "server_error", "code": 500}})
            reply.body = [*reply.body[: len(reply.body) // 2], f"data: {event}\n\n".encode()]


def _replace(reply: Reply, body: bytes, content_type: str, status: int) -> None:
    reply.status, reply.body, reply.chunked = status, [body], False
    reply.content_type, reply.gap = content_type, 0.0
