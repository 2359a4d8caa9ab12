"""Formats: what trainers read. One file each; `FORMATS` is the registry.

Third parties add one with an entry point of group `hf_sft_builders.formats` that names an
instance of `Format`.
"""

from __future__ import annotations

import functools
from importlib.metadata import entry_points

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.messages import Messages
from hf_sft_builders.formats.sharegpt import ShareGPT

FORMATS: dict[str, Format] = {
    format_.name: format_ for format_ in (Alpaca(), Messages(), ShareGPT())
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
        ['alpaca', 'messages', 'sharegpt']
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
