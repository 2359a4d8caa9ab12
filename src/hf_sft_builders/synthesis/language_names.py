"""Languages by code, as prompts name them."""

from __future__ import annotations

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import UnknownName
from hf_sft_builders.ledger import Row

_NAMES = {
    "ar": ("阿拉伯语", "Arabic"),
    "de": ("德语", "German"),
    "en": ("英语", "English"),
    "es": ("西班牙语", "Spanish"),
    "fr": ("法语", "French"),
    "it": ("意大利语", "Italian"),
    "ja": ("日语", "Japanese"),
    "ko": ("韩语", "Korean"),
    "nl": ("荷兰语", "Dutch"),
    "pt": ("葡萄牙语", "Portuguese"),
    "ru": ("俄语", "Russian"),
    "zh": ("简体中文", "Chinese"),
}


def language_name(code: str, spoken: str) -> str:
    """Name a language, in Chinese or English.

    Raises:
        UnknownName: for a code that is none of ours, with the nearest.
    """
    if code not in _NAMES:
        raise UnknownName("language", code, _NAMES)
    return _NAMES[code][spoken != "zh"]


def language_of(row: Row, text: str) -> str:
    """Give the language of a row's text: as the row says, else by its letters; "" where none is told."""
    return row.get("language") or detect_language(text)


def language_among(row: Row, text: str) -> str:
    """Give a language that prompts can name: that of the row's text, `en` where it has no name."""
    found = language_of(row, text)
    return found if found in _NAMES else "en"
