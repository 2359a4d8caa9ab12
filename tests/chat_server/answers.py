"""What the model says: an echo, unless a rule or a wanted shape decides otherwise."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any

from chat_server.asked import Asked
from chat_server.noise import noisy
from chat_server.settings import Kind, Settings
from chat_server.shapes import Shape, schema_in
from chat_server.wire import encode_json

_TOKENS = re.compile(r"[A-Za-z0-9]+\s*|\s+|.", re.DOTALL)


@dataclass(slots=True)
class Answer:
    """One choice of a completion."""

    text: str
    finish_reason: str = "stop"
    reasoning: str = ""
    reasoning_field: str | None = None
    top_logprobs: int | None = None

    @property
    def tokens(self) -> int:
        """Estimate of the tokens of the text."""
        return len(self.text.encode()) // 4 + 1

    def logprobs(self, tokens: list[str]) -> list[dict[str, Any]]:
        """Made-up, but stable and in the form of the API."""
        return [_logprob(token, self.top_logprobs or 0) for token in tokens]


class Answers:
    """Gives the answers of one server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.count = 0

    def give(self, asked: Asked, fault: Kind | None) -> Answer:
        """Answer once."""
        self.count += 1
        answer = Answer("" if fault == "empty" else self._text(asked, fault))
        needed = self.settings.needs_max_tokens
        if fault == "length" or (needed and (asked.max_tokens or 0) < needed):
            answer.text = answer.text[: len(answer.text) // 2]
            answer.finish_reason = "length"
        self._think(answer)
        if asked.body.get("logprobs") and self.settings.logprobs:
            answer.top_logprobs = asked.body.get("top_logprobs") or 0
        return answer

    def _text(self, asked: Asked, fault: Kind | None) -> str:
        if fault == "wrong_shape":
            return '{"unexpected": true}'
        text = self._ruled(asked)
        if text is None:
            text = self._shaped(asked) if self.settings.shapes else None
        if text is None:
            return self._echo(asked)
        noises = self.settings.noises
        return noisy(text, noises[(self.count - 1) % len(noises)]) if noises else text

    def _ruled(self, asked: Asked) -> str | None:
        rules = self.settings
        if rules.script:
            return rules.script[(self.count - 1) % len(rules.script)]
        fitting = (text for part, text in rules.replies.items() if part in asked.prompt)
        return next(fitting, rules.answer) if rules.replies else rules.answer

    def _shaped(self, asked: Asked) -> str | None:
        if asked.format == "text" and "JSON" not in asked.prompt:
            return None
        schema = _schema(asked)
        if schema is None:
            return encode_json({"answer": self._echo(asked)})
        mark = f"{zlib.crc32(asked.prompt.encode()):08x}"
        if self.settings.vary:
            mark += f" #{self.count}"
        return encode_json(Shape(schema, mark, self.settings.array_items).example())

    def _echo(self, asked: Asked) -> str:
        text = asked.texts[-1]
        if self.settings.echo_chars is not None:
            text = text[-self.settings.echo_chars :]
        return f"Echo: {text}" + (f" #{self.count}" if self.settings.vary else "")

    def _think(self, answer: Answer) -> None:
        field = self.settings.reasoning
        if field in ("think", "thinking"):
            thought = f"<{field}>\n{self.settings.reasoning_text}\n</{field}>\n\n"
            answer.text = thought + answer.text
        elif field:
            answer.reasoning_field = field
            answer.reasoning = self.settings.reasoning_text


def _schema(asked: Asked) -> dict[str, Any] | None:
    if asked.format == "json_schema":
        return dict(asked.body["response_format"]["json_schema"].get("schema", {}))
    return schema_in(asked.prompt)


def split_tokens(text: str) -> list[str]:
    """Cut a text into pieces that join to the same text again."""
    return _TOKENS.findall(text)


def _logprob(token: str, top: int) -> dict[str, Any]:
    first = -(1 + zlib.crc32(token.encode()) % 100) / 100
    others = [(token, first)] + [(f"{token}~{rank}", first - rank) for rank in range(1, top)]
    return _scored(token, first) | {"top_logprobs": [_scored(t, p) for t, p in others[:top]]}


def _scored(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}
