"""The page's words: `words/en.json` and `words/zh.json`, with the same keys and places.

Example:
    >>> words("zh")["confirm"]
    '确认'
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("en", "zh")


class Starter(NamedTuple):
    """Who started the page: what is taken where a browser says nothing else."""

    reviewer: str
    language: str = ""


@functools.cache
def words(language: str) -> Mapping[str, str]:
    """Give the words of a language, by key."""
    path = Path(__file__).parent / "words" / f"{language}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def preferred(accepted: str) -> str:
    """Give the language that a browser's `Accept-Language` asks for first; English where it is neither."""
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"
