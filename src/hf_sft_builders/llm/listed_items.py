r"""Replies that are a numbered or bulleted list of strings instead of JSON.

Only lists that can be read in one way are: one kind of mark, numbers that count up by one, a line
without a mark only where it is indented under its item. A cut-off list looks like a whole one; only
`finish_reason` tells them apart.

Example:
    >>> list_items("Here you are:\n1. Who built it?\n2. When?").items
    ['Who built it?', 'When?']
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_MARKED = re.compile(
    r"(?P<indent>[ \t]*)(?:(?P<number>[0-9]{1,5})[.)、．](?![0-9])|[（(](?P<ring>[0-9]{1,5})[)）]"
    r"|(?P<bullet>[-*•])(?=\s))[ \t]*(?P<words>\S.*)"
)
_FENCE = re.compile(r"[ \t]*(?:```|~~~)\w*[ \t]*")
_DOTS = re.compile(r"[.…\s]+")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」"}


class AmbiguousListError(ValueError):
    """The lines can be read as more than one list; says why."""


@dataclass
class ListedItems:
    """The items of a list, and what stood around them."""

    items: list[str] = field(default_factory=list)
    prose_around: bool = False
    fenced: bool = False
    kind: str = ""
    """The list's mark: "number", "ring" or "bullet"."""
    indent: int = 0
    count: int = 0
    """The number of the last item."""
    gap: bool = False
    """The line before was empty."""
    ended: bool = False


def list_items(text: str) -> ListedItems:
    """Read the one list of a text; no items where it has none.

    Raises:
        AmbiguousListError: where an item could be lost or two be mixed up.
    """
    found = ListedItems()
    for line in text.splitlines():
        if _FENCE.fullmatch(line):
            found.fenced = True
        elif not line.strip():
            found.gap = True
        else:
            marked = _MARKED.fullmatch(line)
            _take_item(found, marked) if marked else _take_words(found, line)
            found.gap = False
    if any(_DOTS.fullmatch(item) for item in found.items):
        raise AmbiguousListError("an item is only dots and stands for something left out")
    found.items = _without_quotes(found.items)
    return found


def _take_item(found: ListedItems, marked: re.Match[str]) -> None:
    kind = "number" if marked["number"] else "ring" if marked["ring"] else "bullet"
    number = int(marked["number"] or marked["ring"] or found.count + 1)
    indent = len(marked["indent"])
    if not found.items:
        found.kind, found.indent, found.count = kind, indent, number - 1
    if found.ended or kind != found.kind or indent != found.indent:
        raise AmbiguousListError(f"more than one list, the second at {marked['words'][:40]!r}")
    if number != found.count + 1:
        raise AmbiguousListError(f"item {found.count + 1} is missing before item {number}")
    found.items.append(marked["words"].rstrip())
    found.count = number


def _take_words(found: ListedItems, line: str) -> None:
    indent = len(line) - len(line.lstrip())
    if found.items and not found.ended and indent > found.indent:
        found.items[-1] += "\n" + line.strip()
    elif not found.items or found.gap or found.ended:
        found.prose_around = True
        found.ended = bool(found.items)
    else:
        raise AmbiguousListError(f"a line that may or may not belong to an item: {line[:40]!r}")


def _without_quotes(items: list[str]) -> list[str]:
    """Take quotes off where every item stands in them: then they are the list's, not the item's."""
    bare = [
        item[1:-1]
        for item in items
        if len(item) > 1 and _QUOTES.get(item[0]) == item[-1] and item[-1] not in item[1:-1]
    ]
    return bare if len(bare) == len(items) else items
