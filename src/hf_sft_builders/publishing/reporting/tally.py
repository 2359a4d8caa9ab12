"""The running sums of a report: tables go in one by one, and only numbers stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.formats.turns import as_array
from hf_sft_builders.publishing.provenance_column import COLUMN, steps_of
from hf_sft_builders.publishing.reporting.measuring import Counting, Measured, Reading, measure
from hf_sft_builders.publishing.reporting.near_repeats import NearRepeats

_SAMPLE = 500
"""Rows of each table whose language is looked at."""
REVIEW_COLUMNS = ("reviewed", "review_status", "review")

Source = tuple[str, str, str, str]
"""Address, sha256, title and license of a source."""

Step = tuple[str, str, str, str, str]
"""Step, model, prompt, its sha256 and parameters."""
_STEP_KEYS = ("step", "model", "prompt", "prompt_sha256", "parameters")
_MOST_STEPS = 10_000


@dataclass
class Tally:
    """Sums over all tables so far."""

    reading: Reading
    tokens: Counting
    near: NearRepeats
    rows: int = 0
    numbers: dict[str, list[np.ndarray]] = field(default_factory=dict)
    """`tokens`, `question`, `answer`, `turns` → one value per row."""
    hashes: dict[str, list[np.ndarray]] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    """Code → rows of those that were looked at."""
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    sources: Counter[Source] = field(default_factory=Counter)
    """Source → rows that come from it."""
    models: Counter[str] = field(default_factory=Counter)
    steps: Counter[Step] = field(default_factory=Counter)
    """Step → rows that went through it."""
    rows_without_source: int = 0
    reviewed: Counter[str] = field(default_factory=Counter)
    review_column: str = ""

    def add(self, table: pa.Table) -> None:
        """Count a table in."""
        if not table.num_rows:
            return
        self.rows += table.num_rows
        found = measure(table, self.reading, self.tokens)
        for name in ("tokens", "question", "answer", "turns"):
            values = getattr(found, name)
            if len(values):
                self.numbers.setdefault(name, []).append(values)
        for name, hashes in found.hashes.items():
            self.hashes.setdefault(name, []).append(hashes)
        self.near.add(table, self.reading, found)
        self.languages.update(_languages(table, found))
        for name, column in found.labels.items():
            self.labels.setdefault(name, Counter()).update(_counted(column))
        self._add_origin(table)
        for name in REVIEW_COLUMNS:
            if name in table.column_names and _countable(table.schema.field(name).type):
                self.review_column = name
                self.reviewed.update(_counted(as_array(table[name]).cast(pa.string())))
                break

    def _add_origin(self, table: pa.Table) -> None:
        if not _has_steps(table):
            self.rows_without_source += table.num_rows
            return
        steps, parents = steps_of(table)
        steps = steps.append_column("row", parents)
        named = steps.filter(pc.is_valid(steps["uri"]))
        self.rows_without_source += table.num_rows - len(pc.unique(named["row"]))
        self.sources.update(_rows_by(named, ("uri", "sha256", "title", "license.id")))
        if len(self.steps) < _MOST_STEPS:  # parameters of a stranger's op may differ in every row
            self.steps.update(_rows_by(steps, _STEP_KEYS))
        made = steps.filter(pc.is_valid(steps["model"]))
        self.models.update({key[0]: n for key, n in _rows_by(made, ("model",)).items()})

    def repeated(self, name: str) -> int:
        """Count the rows whose words, or whose question or answer, stood in an earlier row."""
        parts = self.hashes.get(name, [])
        return self.rows - len(np.unique(np.concatenate(parts))) if parts else 0

    def values(self, name: str) -> np.ndarray:
        """Give one number per row."""
        parts = self.numbers.get(name, [])
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _languages(table: pa.Table, found: Measured) -> Iterator[str]:
    if "language" in table.column_names and pa.types.is_string(table.schema.field("language").type):
        yield from (code or "" for code in as_array(table["language"]).to_pylist())
        return
    picked = np.unique(np.linspace(0, table.num_rows - 1, _SAMPLE).astype(np.int64))
    looked_at = [part.take(pa.array(picked)) for part in found.texts]
    words = pc.binary_join_element_wise(*looked_at, "\n")
    yield from map(detect_language, words.to_pylist())


def _counted(values: pa.Array) -> Counter[str]:
    return Counter(
        {str(pair["values"] or ""): pair["counts"] for pair in pc.value_counts(values).to_pylist()}
    )


def _rows_by(steps: pa.Table, keys: tuple[str, ...]) -> Counter[Any]:
    """Count the distinct rows for each combination of values; null counts as ""."""
    once = steps.select([*keys, "row"]).group_by([*keys, "row"], use_threads=False).aggregate([])
    counted = once.group_by(list(keys), use_threads=False).aggregate([("row", "count")])
    return Counter(
        {tuple(one[key] or "" for key in keys): one["row_count"] for one in counted.to_pylist()}
    )


def _has_steps(table: pa.Table) -> bool:
    if COLUMN not in table.column_names:
        return False
    kind = table.schema.field(COLUMN).type
    return bool(
        pa.types.is_list(kind)
        and pa.types.is_struct(kind.value_type)
        and "uri" in [inner.name for inner in kind.value_type]
    )


def _countable(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_string(kind))
