"""The card in Chinese: each English sentence that this package writes, and how it is said.

The English sentence is the key, so the code that writes a card reads as the English card does.
What licenses say is matched by its beginning; what is not known here stays English, for a sentence
about a license must not be guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.publishing.card_words_zh import SENTENCES_ZH, WORDS_ZH

LANGUAGES = ("auto", "en", "zh", "both")
"""What `card_language` may be; `auto`: English, with a Chinese summary where rows are Chinese."""

Say = Callable[..., str]
"""Gives an English sentence in the card's language, filled with values that are escaped already."""


def english(sentence: str, **values: object) -> str:
    """Say it in English.

    Example:
        >>> english("… and {n} more", n=3)
        '… and 3 more'
    """
    return sentence.format(**values) if values else sentence


def chinese(sentence: str, **values: object) -> str:
    """Say it in Chinese.

    Raises:
        ConfigurationError: for a sentence without a translation: a fault of this package.
    """
    if sentence not in WORDS_ZH:
        raise ConfigurationError(f"No Chinese for {sentence!r} in publishing/card_words_zh.py.")
    return english(WORDS_ZH[sentence], **values)


def of_license(sentence: str, say: Say) -> str:
    """Say a sentence about licenses, which may come from the license table."""
    if say is not chinese:
        return sentence
    for pattern, told in SENTENCES_ZH:
        if found := re.fullmatch(pattern, sentence, re.DOTALL):
            return told.format(*found.groups())
    return sentence


def in_chinese(page: str) -> str:
    """Give a page of Markdown with its prose in Chinese; code stays."""
    parts = re.split(r"(^```.*?^```$)", page, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else _paragraphs(part) for part in parts)


def _paragraphs(text: str) -> str:
    return re.sub(r"[^\n]+(?:\n[^\n]+)*", lambda found: chinese(found[0]), text)


def require_language(language: str) -> str:
    """Give the language back, if a card can be in it.

    Raises:
        UnknownName: naming those that there are.
    """
    if language not in LANGUAGES:
        raise UnknownName("card_language", language, LANGUAGES)
    return language
