"""`POST /v1/embeddings`: vectors that are near each other where texts share words."""

from __future__ import annotations

import re
import zlib
from typing import Any

_WORDS = re.compile(r"[a-z]+|[\u4e00-\u9fff]")
_DIMENSIONS = 64


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Answer one request."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(text)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(len(text) // 4 + 1 for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": body["model"], "data": data, "usage": usage}


def _vector(text: str) -> list[float]:
    vector = [0.0] * _DIMENSIONS
    for word in _WORDS.findall(text.lower()):
        vector[zlib.crc32(word.encode()) % _DIMENSIONS] += 1.0
    return vector
