"""What a message holds: words, or parts of words and pictures, as the chat protocol has them.

Example:
    >>> message = {"role": "user", "content": [text_part("What is this?"), image_part(png)]}
    >>> words_in(message["content"])
    'What is this?'

A picture is sent as a data URL. It is part of the key of a stored reply, by its hash; the store
keeps what the server answered, never what it was sent.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

TOKENS_PER_IMAGE = 1500
"""An estimate, rather too many: what a page costs with most vision models."""


def text_part(words: str) -> dict[str, Any]:
    """Give the part of a message that is words."""
    return {"type": "text", "text": words}


def image_part(data: bytes, media_type: str = "image/png") -> dict[str, Any]:
    """Give the part of a message that is a picture."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def words_in(content: Any) -> str:
    """Give the words of a message's content."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("type") == "text")


def estimated_tokens(messages: Iterable[Mapping[str, Any]]) -> int:
    """Estimate the tokens of messages, rather too many: one for each three bytes."""
    return sum(_tokens(message["content"]) + 8 for message in messages)


def images_in(content: Any) -> int:
    """Count the pictures of a message's content."""
    return 0 if isinstance(content, str) else sum(p.get("type") == "image_url" for p in content)


def _tokens(content: Any) -> int:
    return len(words_in(content).encode()) // 3 + TOKENS_PER_IMAGE * images_in(content)


def with_words(content: Any, words: str) -> Any:
    """Add words at the end of a message's content."""
    if isinstance(content, str):
        return f"{content}\n\n{words}"
    return [*content, text_part(words)]
