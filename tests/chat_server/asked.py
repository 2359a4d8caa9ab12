"""A chat request as the server reads it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


class BodyError(ValueError):
    """The body is no chat request; says why and where."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class Asked:
    """The body of a chat request, and what the server needs to know of it."""

    def __init__(self, body: Any, digest: str = "") -> None:
        if not isinstance(body, dict):
            raise BodyError("We could not parse the JSON body of your request: not an object.")
        messages = body.get("messages")
        model = body.get("model")
        if not isinstance(model, str):
            raise BodyError("you must provide a model parameter", "model")
        if not isinstance(messages, list) or not messages:
            raise BodyError("'messages' must be a list of at least one message.", "messages")
        self.body = body
        self.digest = digest
        self.model = model
        self.messages: list[dict[str, Any]] = messages
        self.texts = [_text(message.get("content")) for message in messages]
        self.prompt = "\n".join(self.texts)
        # An estimate: four bytes a token, four tokens around each message.
        self.tokens = len(self.prompt.encode()) // 4 + 4 * len(messages)

    @classmethod
    def read(cls, raw: bytes) -> Asked:
        """Read the bytes of a body."""
        try:
            body = json.loads(raw)
        except ValueError as error:
            raise BodyError(
                f"We could not parse the JSON body of your request: {error}."
            ) from error
        return cls(body, body_hash(raw))

    @property
    def max_tokens(self) -> int | None:
        """The limit the client set."""
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")

    @property
    def format(self) -> str:
        """The kind of `response_format` asked for."""
        return str((self.body.get("response_format") or {}).get("type", "text"))

    def opening(self) -> int:
        """Stand for the prompt up to its first user turn."""
        roles = [message.get("role") for message in self.messages]
        end = roles.index("user") + 1 if "user" in roles else len(roles)
        return hash(tuple(self.texts[:end]))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text", "") for part in parts if isinstance(part, dict))


def body_hash(raw: bytes) -> str:
    """Name a body in the statistics."""
    return hashlib.sha256(raw).hexdigest()
