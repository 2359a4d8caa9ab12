"""The rows of an export: each example said in the trainer's encoding, checked, written or refused.

A row ends in a file of its split or among the refused, with every reason; the two are counted, and
their sum is what came in.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.publishing.trainers.base import DataFile, Profile, Row, Shape
from hf_sft_builders.publishing.trainers.example import MEDIA, Unsayable, read_example
from hf_sft_builders.publishing.trainers.media import MediaFiles

DROPPED = "dropped.jsonl"
_SHOWN = 10


@dataclass(frozen=True)
class Refused:
    """One row that the trainer would not learn from as it is."""

    split: str
    index: int
    id: str | None
    reasons: tuple[tuple[str, str], ...]
    """Rule's name and what it expects."""

    def __str__(self) -> str:
        named = f" ({self.id})" if self.id else ""
        told = "; ".join(f"{name}: expected {expected}" for name, expected in self.reasons)
        return f"{self.split} row {self.index}{named}: {told}"


@dataclass
class Written:
    """What became of the rows."""

    files: list[DataFile] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    """The first few, to be shown."""
    drops: Counter[str] = field(default_factory=Counter)
    """Reason → rows; a row with several reasons counts for its first."""
    rows: Counter[str] = field(default_factory=Counter)
    """Split → rows that came in."""

    @property
    def kept(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)


class RowWriter:
    """Writes splits into a folder, one file per split and group.

    Args:
        profile: Of the trainer.
        shape: Of the whole dataset.
        rules: Of the trainer, over the profile's rows.
        folder: Where the files go.
    """

    def __init__(
        self, profile: Profile, shape: Shape, rules: tuple[Rule, ...], folder: Path
    ) -> None:
        self._profile, self._shape, self._rules, self._folder = profile, shape, rules, folder
        self._media = MediaFiles(folder, profile.addresses, profile.inline)
        self.written = Written()

    def write(self, split: str, tables: Iterable[pa.Table], source: Format) -> None:
        """Write one split.

        Args:
            split: Its name.
            tables: Its rows, in the source's format.
            source: That format.
        """
        counts: Counter[str] = Counter()
        with ExitStack() as stack:
            open_files: dict[str, Any] = {}
            for table in tables:
                for group, line in self._lines(split, table, source.to_records(table)):
                    if group not in open_files:
                        name = self._folder / _file_name(split, group)
                        stream = name.open("w", encoding="utf-8", newline="\n")
                        open_files[group] = stack.enter_context(stream)
                    open_files[group].write(line)
                    counts[group] += 1
        self.written.files += [
            DataFile(_file_name(split, group), split, rows, group)
            for group, rows in sorted(counts.items())
        ]

    def _lines(self, split: str, table: pa.Table, records: pa.Table) -> Iterator[tuple[str, str]]:
        first = self.written.rows[split]
        self.written.rows[split] += records.num_rows
        reasons: dict[int, list[tuple[str, str]]] = {}
        said = dict(self._said(records, reasons))
        for index, rule in self._broken(said):
            reasons.setdefault(index, []).append((rule.name, rule.expected))
        for index, row in said.items():
            if index not in reasons:
                yield self._profile.group(row), _line(self._profile.written(row, self._shape))
        for index in sorted(reasons):
            row_id = _id_of(records, index)
            self._refuse(Refused(split, first + index, row_id, tuple(reasons[index])), table, index)

    def _said(
        self, records: pa.Table, reasons: dict[int, list[tuple[str, str]]]
    ) -> Iterator[tuple[int, Row]]:
        kept = [name for name in records.column_names if name in _READ]
        for index, record in enumerate(records.select(kept).to_pylist()):
            try:
                example = read_example(record, self._media.of(record))
                self._profile.require_sayable(example, self._shape)
                yield index, self._profile.row(example, self._shape)
            except Unsayable as error:
                reasons[index] = [(error.reason, error.expected)]

    def _broken(self, said: dict[int, Row]) -> Iterator[tuple[int, Rule]]:
        if not said:
            return
        places, view = list(said), self._profile.view(list(said.values()))
        for rule in self._rules:
            for place in rule.broken(view).nonzero()[0]:
                yield places[place], rule

    def _refuse(self, refused: Refused, table: pa.Table, index: int) -> None:
        self.written.drops[refused.reasons[0][0]] += 1
        if len(self.written.refused) < _SHOWN:
            self.written.refused.append(refused)
        row = {name: table[name][index].as_py() for name in table.column_names}
        told = [{"rule": name, "expected": expected} for name, expected in refused.reasons]
        entry = {"split": refused.split, "row": refused.index, "reasons": told, "was": row}
        with (self._folder / DROPPED).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False, default=_plain) + "\n")


_READ = ("messages", "rejected", "text", "tools", "desirable", "id", "completion_start", *MEDIA)


def _id_of(records: pa.Table, index: int) -> str | None:
    found: str | None = records["id"][index].as_py() if "id" in records.column_names else None
    return found


def _file_name(split: str, group: str) -> str:
    return f"{split}{'_' * bool(group)}{group}.jsonl"


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
