"""Features written short: `typed({"prompt": [MESSAGE_SPEC], "label": "bool"})`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datasets

TURN = {"role": "string", "content": "string"}
"""A message of two fields, which every trainer reads."""
FILE = {"bytes": "binary", "path": "string"}
"""A medium, as `Image`, `Audio` and `Video` store it. Not these features themselves: they need
Pillow, torchcodec and torch as soon as a row is written; `ds.cast_column` gives them to who wants."""


def typed(columns: Mapping[str, Any]) -> datasets.Features:
    """Give the features of columns.

    Args:
        columns: Name → the name of a type ("string", "bool", "float64", "image", "audio", "video"),
            a list of one such, or a dict of them.
    """
    import datasets

    return datasets.Features({name: _feature(kind) for name, kind in columns.items()})


def _feature(kind: Any) -> Any:
    import datasets

    if isinstance(kind, list):
        return [_feature(kind[0])]
    if isinstance(kind, dict):
        return {name: _feature(inner) for name, inner in kind.items()}
    if kind in ("image", "video", "audio"):
        return _feature(FILE)
    return datasets.Value(kind)
