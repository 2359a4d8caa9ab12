"""All endpoints of the server, and the ones it is steered by."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import asdict
from typing import Any

from chat_server.batches import Batches
from chat_server.chat import Chat
from chat_server.embeddings import embeddings
from chat_server.faults import spoil
from chat_server.settings import Settings
from chat_server.statistics import Statistics
from chat_server.wire import Reply, Request, error_reply, json_reply


class App:
    """One server: settings that may change, statistics, files and batches that stay."""

    def __init__(self, settings: Settings) -> None:
        self.statistics = Statistics()
        self.batches = Batches(self.statistics)
        self.kept: deque[Request] = deque()
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Take settings; rules, seeds, scripts and limits start afresh, whatever was changed."""
        self.settings = settings
        self.kept = deque(self.kept, maxlen=settings.keep)
        self.chat = Chat(self.settings, self.statistics)
        self.batches.configure(self.settings, self.chat.answered)

    def connected(self, change: int) -> None:
        """Note a connection at its first request (+1) and at its end (-1)."""
        self.statistics.connected(change)

    def reply(self, request: Request) -> Reply:
        """Answer one request."""
        if request.path.startswith("/_"):
            return self._steered(request)
        self.kept.append(request)
        endpoint, reply = self._public(request)
        reply.endpoint = endpoint
        self.statistics.began(reply)
        return reply

    def done(self, reply: Reply, delivered: bool) -> None:
        """Note that an answer is out."""
        if reply.endpoint:
            self.statistics.ended(reply, delivered)

    def _public(self, request: Request) -> tuple[str, Reply]:
        # Azure's paths differ in front: /openai/deployments/{name}/chat/completions
        is_chat = request.path.endswith("/chat/completions")
        refused = self._unauthorized(request) if self.settings.api_key else None
        if is_chat and request.method == "POST":
            return "chat", refused or self.chat.reply(request)
        parts = request.path.strip("/").split("/")[1:]
        endpoint = parts[0] if parts else ""
        return endpoint, refused or self._struck(endpoint, request, parts)

    def _struck(self, endpoint: str, request: Request, parts: list[str]) -> Reply:
        rule = self.chat.faults.strike(endpoint)
        if rule is None:
            return self._other(request, parts)
        self.statistics.faults[rule.kind] += 1
        return spoil(self.chat.faults.error(rule) or self._other(request, parts), rule)

    def _other(self, request: Request, parts: list[str]) -> Reply:
        match (request.method, *parts):
            case ("GET", "models"):
                models = [_model(name) for name in self.settings.models]
                return json_reply({"object": "list", "data": models})
            case ("GET", "models", name):
                if name in self.settings.models:
                    return json_reply(_model(name))
                message = f"The model '{name}' does not exist"
                return error_reply(404, message, code="model_not_found", param="model")
            case ("POST", "embeddings"):
                return json_reply(embeddings(request.json()))
            case (_, "files" | "batches", *_):
                return self.batches.reply(request, parts)
        return error_reply(404, f"Unknown request URL: {request.method} {request.path}.")

    def _unauthorized(self, request: Request) -> Reply | None:
        key = request.header("api-key") or request.header("authorization").removeprefix("Bearer ")
        if key == self.settings.api_key:
            return None
        return error_reply(401, "Incorrect API key provided.", code="invalid_api_key")

    def _steered(self, request: Request) -> Reply:
        match (request.method, request.path):
            case ("GET", "/_stats"):
                return json_reply(self.statistics.report())
            case ("GET", "/_requests"):
                return json_reply([_shown(kept) for kept in self.kept])
            case ("GET", "/_control"):
                return json_reply(asdict(self.settings))
            case ("POST", "/_control"):
                return self._controlled(self.settings, request)
            case ("POST", "/_fresh"):
                self._forget()
                return self._controlled(Settings(), request)
            case ("POST", "/_reset"):
                self._forget()
                self.configure(self.settings)
                return json_reply({})
        return error_reply(404, "No such switch.")

    def _forget(self) -> None:
        self.statistics.reset()
        self.kept.clear()

    def _controlled(self, before: Settings, request: Request) -> Reply:
        try:
            self.configure(before.changed(request.json()))
        except (TypeError, ValueError) as error:
            return error_reply(400, str(error))
        return json_reply(asdict(self.settings))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1700000000, "owned_by": "chat_server"}


def _shown(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body) if request.body else None
    except ValueError:
        body = request.body.decode("utf-8", "replace")
    shown = {"method": request.method, "path": request.path, "query": request.query}
    return shown | {"headers": request.headers(), "body": body}
