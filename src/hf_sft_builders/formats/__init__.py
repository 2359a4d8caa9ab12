"""Formats: what trainers read. One file each; `FORMATS` is the registry.

Third parties add one with an entry point of group `hf_sft_builders.formats` that names an
instance of `Format`.
"""

from __future__ import annotations

import functools
from importlib.metadata import entry_points

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.alpaca_variants import ALPACA_VARIANTS
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.classification import Classification
from hf_sft_builders.formats.dialogue import Dialogue
from hf_sft_builders.formats.distillation import Distillation
from hf_sft_builders.formats.domain import DOMAIN
from hf_sft_builders.formats.kto import KTO
from hf_sft_builders.formats.messages import Messages
from hf_sft_builders.formats.messages_variants import MESSAGES_VARIANTS
from hf_sft_builders.formats.multilingual_thinking import MultilingualThinking
from hf_sft_builders.formats.multimodal import MULTIMODAL
from hf_sft_builders.formats.preference import PREFERENCE
from hf_sft_builders.formats.prompt_completion import PROMPT_COMPLETION
from hf_sft_builders.formats.reasoning import Reasoning
from hf_sft_builders.formats.reward import Reward
from hf_sft_builders.formats.sharegpt import ShareGPT
from hf_sft_builders.formats.sharegpt_variants import SHAREGPT_VARIANTS
from hf_sft_builders.formats.text import Text
from hf_sft_builders.formats.thinking import THINKING

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        *(Messages(), *MESSAGES_VARIANTS),
        *(Alpaca(), *ALPACA_VARIANTS),
        *(ShareGPT(), *SHAREGPT_VARIANTS),
        *THINKING,
        *PROMPT_COMPLETION,
        *PREFERENCE,
        *KTO,
        *MULTIMODAL,
        *(Reasoning(), Distillation(), MultilingualThinking()),
        *(DOMAIN, Dialogue(), Classification(), Reward(), Text()),
    )
}

__all__ = ["FORMATS", "Format", "get_format", "list_formats"]


@functools.cache
def _installed() -> dict[str, Format]:
    found = entry_points(group="hf_sft_builders.formats")
    return {**{entry.name: entry.load() for entry in found}, **FORMATS}


def list_formats() -> list[str]:
    """List the names that `format=` takes.

    Example:
        >>> sft.list_formats()
        ['alpaca', 'alpaca_kto', …, 'text']
    """
    return sorted(_installed())


def get_format(name: str) -> Format:
    """Give a format by name.

    Raises:
        UnknownName: with the nearest name.
    """
    if name not in _installed():
        raise UnknownName("format", name, _installed(), "See sft.list_formats().")
    return _installed()[name]
