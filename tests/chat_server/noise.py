"""The ways in which real models wrap and bend the JSON they were asked for."""

from __future__ import annotations

import json
from typing import Any

from chat_server.settings import Noise
from chat_server.wire import encode_json


def noisy(text: str, noise: Noise) -> str:
    """Spoil `text` in one way; what needs JSON leaves other text as it is."""
    match noise:
        case "fence":
            return f"```json\n{text}\n```"
        case "bare_fence":
            return f"```\n{text}\n```"
        case "prose":
            return f"Sure! Here is what you asked for:\n\n{text}\n\nLet me know if it helps."
        case "numbered_list":
            return "\n".join(f"{i}. {item}" for i, item in enumerate(_items(text), 1))
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return repr(value) if noise == "single_quotes" else _trailing_commas(value)


def _items(text: str) -> list[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return text.splitlines()
    if isinstance(value, dict):
        value = next((x for x in value.values() if isinstance(x, list)), [value])
    values = value if isinstance(value, list) else [value]
    return [item if isinstance(item, str) else encode_json(item) for item in values]


def _trailing_commas(value: Any) -> str:
    if isinstance(value, dict) and value:
        inner = "".join(f"{encode_json(k)}: {_trailing_commas(v)}, " for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list) and value:
        return f"[{''.join(f'{_trailing_commas(v)}, ' for v in value)}]"
    return encode_json(value)
