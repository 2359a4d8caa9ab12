"""Media tags in a text as typed parts, in the order in which they stand there.

"<image>What is this?"  →  [{"type": "image"}, {"type": "text", "text": "What is this?"}]
"""

from __future__ import annotations

import re
from typing import Any

_TAG = re.compile(r"(<(?:image|video|audio)>)")


def parts(text: str) -> list[dict[str, Any]]:
    """Part a text at its tags; text without words gives no part."""
    found = []
    for piece in _TAG.split(text):
        if _TAG.fullmatch(piece):
            found.append({"type": piece.strip("<>")})
        elif piece:
            found.append({"type": "text", "text": piece})
    return found


def typed(message: dict[str, Any], as_parts: bool) -> dict[str, Any]:
    """Give a message with typed parts as content, or as it is."""
    return {**message, "content": parts(message["content"])} if as_parts else message
