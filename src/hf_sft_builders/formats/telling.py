"""Which format rows are in, for whoever has to go on with them: by their values, else by columns.

`sft.detect` explains itself and stops where nothing fits; here rows that break their format's types
(which a check shall find) are still told by the names of their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats import get_format, list_formats
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.detection import detect


def format_of(ds: Any, columns: Collection[str]) -> Format | None:
    """Tell the format of rows; None where even their columns are those of none.

    Args:
        ds: What `sft.detect` takes.
        columns: The names of its columns.
    """
    try:
        found = detect(ds)
    except FormatError:
        return by_columns(columns)
    # A layout of somebody else's is a format only after it was converted.
    own = [candidate for candidate in (found, *found.runners_up) if not candidate.layout]
    return get_format(own[0].format) if own else by_columns(columns)


def by_columns(
    columns: Collection[str], fits: Callable[[Format], bool] = lambda _: True
) -> Format | None:
    """Tell the format that has most of its columns here, and of several the one that lacks least."""
    names = set(columns)
    known = [get_format(name) for name in list_formats()]
    fitting = [one for one in known if set(one.features) - set(one.defaults) <= names and fits(one)]
    return max(fitting, key=lambda one: _closeness(one, names), default=None)


def _closeness(known: Format, names: set[str]) -> tuple[int, int]:
    own = set(known.features)
    return len(own & names), -len(own - names)
