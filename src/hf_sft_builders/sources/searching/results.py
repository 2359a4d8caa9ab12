"""What a search gives: a list of datasets that prints as a table, and an account of the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, overload

from hf_sft_builders.sources.catalogues.base import FoundDataset, Query
from hf_sft_builders.terminal import display_width, size_told

_LOOKS = ("URI", "LICENSE", "USE", "FORMATS", "SIZE", "UPDATED", "DOWNLOADS", "TITLE")


@dataclass(frozen=True)
class SearchResults(Sequence[FoundDataset]):
    """The datasets that were found, best first; `print(results)` shows a table."""

    query: Query
    found: tuple[FoundDataset, ...]
    asked: Mapping[str, int] = field(default_factory=dict)
    """By catalogue that answered: how many it gave."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """By catalogue that did not answer: why."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """By reason: how many did not hold a filter, or came after the limit."""
    joined: int = 0
    """How many were the same dataset in another place."""
    google: str = ""
    """The same search in Google Dataset Search, which can be asked in a browser only."""

    @overload
    def __getitem__(self, at: int) -> FoundDataset: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[FoundDataset]: ...
    def __getitem__(self, at: int | slice) -> FoundDataset | Sequence[FoundDataset]:
        return self.found[at]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[FoundDataset]:
        return iter(self.found)

    def __str__(self) -> str:
        return self.table()

    def table(self, width: int | None = None) -> str:
        """Draw the table and the account below it.

        Args:
            width: Columns of the screen; default: the terminal's. URIs are never cut.
        """
        rows = [_LOOKS, *(_row(one) for one in self.found)] if self.found else []
        lines = _aligned(rows, width or shutil.get_terminal_size((160, 24)).columns)
        return "\n".join([*lines, "", *self._account()]).strip()

    def to_json(self) -> str:
        """Write all of it as JSON; dates as `2023-05-17`."""
        fields = ("asked", "failures", "left_out", "joined", "google")
        told: dict[str, Any] = {name: getattr(self, name) for name in fields}
        told = {"query": asdict(self.query), "found": list(map(asdict, self.found))} | told
        return json.dumps(told, ensure_ascii=False, indent=2, default=str)

    def _account(self) -> Iterator[str]:
        told = ", ".join(f"{name} {count}" for name, count in self.asked.items()) or "none"
        yield f"{len(self.found)} shown. Catalogues that answered: {told}."
        if self.joined:
            yield f"Joined: {self.joined} that are the same dataset in another place."
        if self.left_out:
            reasons = ", ".join(f"{reason} {count}" for reason, count in self.left_out.items())
            yield f"Left out: {sum(self.left_out.values())} ({reasons})."
        for name, why in self.failures.items():
            yield f"{name} failed: {why}"
        if any(one.license_is_default for one in self.found):
            yield "license ? is what the platform writes where nobody named one: look at the page."
        if any(not one.loadable for one in self.found):
            yield "→ marks a page where a person must look or click first."
        yield f"Google Dataset Search: {self.google}"


def _row(one: FoundDataset) -> tuple[str, ...]:
    return (
        one.uri if one.loadable else f"→ {one.uri}",
        _license(one),
        _use(one),
        ",".join(one.formats[:3]) + ("…" if len(one.formats) > 3 else ""),
        "" if one.size is None else size_told(one.size),
        str(one.updated or ""),
        "" if one.downloads is None else f"{one.downloads:,}",
        one.title,
    )


def _license(one: FoundDataset) -> str:
    if one.license == "unknown":
        return _cut(f"? {one.license_raw}", 24)
    return one.license + (" ?" if one.license_is_default else "")


def _use(one: FoundDataset) -> str:
    """Say what the license is known to allow: commercial use, and sharing what is made from it."""
    if one.commercial is None:
        return "?"
    told = "commercial" if one.commercial else "non-commercial"
    return told if one.share_adaptations is not False else f"{told}, as it is"


def _aligned(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    rows = [tuple(" ".join(cell.split()) for cell in row) for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    shown = [at for at in range(len(widths)) if any(row[at] for row in rows[1:])]
    for row in rows:
        start = "  ".join(_filled(row[at], widths[at]) for at in shown[:-1])
        room = max(20, width - display_width(start) - 2)
        yield f"{start}  {_cut(row[shown[-1]], room)}".rstrip()


def _filled(cell: str, width: int) -> str:
    return cell + " " * (width - display_width(cell))


def _cut(text: str, width: int) -> str:
    """Shorten a text to a display width."""
    if display_width(text) <= width:
        return text.strip()
    kept = ""
    for mark in text:
        if display_width(kept + mark) > width - 1:
            break
        kept += mark
    return kept.rstrip() + "…"
