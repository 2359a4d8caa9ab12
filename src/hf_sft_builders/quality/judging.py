"""What gates share: rows to Arrow tables, one judgement for many rows, one outcome for each.

A gate is a frozen `Op` with a method more, which sees many rows at once:

    def judge(self, table: pa.Table) -> Judgement

The rows that `Op.outcomes` gets become a table (`outcomes_of`); `sft.apply_gates` hands over the
tables that datasets have anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import FormatError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.said import PARTS, Said

if TYPE_CHECKING:
    import datasets

_BLOCK = 1000
UNREADABLE = "cannot be read as its format"


@dataclass(frozen=True)
class Judgement:
    """What a gate says about the rows of a table."""

    reasons: list[str]
    """Why each row is dropped; "" for one that is kept."""
    mend: frozenset[int] = field(default=frozenset())
    """Rows that are kept, but not as they are: see `Mending`."""


@runtime_checkable
class Judging(Protocol):
    """A gate that sees many rows at once."""

    def judge(self, table: pa.Table) -> Judgement:
        """Judge each row of a table; pure."""
        ...


@runtime_checkable
class Mending(Protocol):
    """A gate that can keep a row by changing it."""

    def mended(self, row: Row) -> tuple[Row, tuple[str, ...]]:
        """Give the row as it may be kept, and what is worth counting about that."""
        ...


def no_columns() -> datasets.Features:
    """Say that a gate adds no column."""
    import datasets

    return datasets.Features({})


def check_part(gate: str, part: str) -> None:
    """Refuse a part of rows that there is not.

    Raises:
        UnknownName: with the nearest one.
    """
    if part not in PARTS:
        raise UnknownName(f"part of rows for {gate}", part, PARTS)


def outcomes_of(gate: Judging, rows: Iterable[Row]) -> Iterator[Outcome]:
    """Keep or drop each row, in order."""
    waiting = iter(rows)
    while block := list(islice(waiting, _BLOCK)):
        judgement = judge_table(gate, table_of(block))
        for number, row in enumerate(block):
            yield _outcome(gate, row, judgement.reasons[number], number in judgement.mend)


def _outcome(gate: Judging, row: Row, reason: str, mend: bool) -> Outcome:
    if reason:
        return Outcome(drops=(reason,))
    if mend and isinstance(gate, Mending):
        changed, notes = gate.mended(row)
        return Outcome(rows=(changed,), notes=notes)
    return Outcome(rows=(row,))


def judge_table(gate: Judging, table: pa.Table) -> Judgement:
    """Judge rows; one that its format cannot read is dropped, and takes no other with it."""
    if not table.num_rows:
        return Judgement([])
    try:
        return gate.judge(table)
    except FormatError:
        if table.num_rows == 1:
            return Judgement([UNREADABLE])
    half = table.num_rows // 2
    first, second = (judge_table(gate, part) for part in (table.slice(0, half), table.slice(half)))
    later = frozenset(half + row for row in second.mend)
    return Judgement([*first.reasons, *second.reasons], first.mend | later)


def judge_any(gate: Op, table: pa.Table) -> Judgement:
    """Judge rows by any op that gives a row itself, or one reason to drop it."""
    if isinstance(gate, Judging):
        return judge_table(gate, table)
    reasons = []
    for outcome in gate.outcomes(table.to_pylist()):
        failed = f"failed: {outcome.failure.reason}" if outcome.failure else ""
        reasons.append(failed or (outcome.drops[0] if outcome.drops else ""))
    return Judgement(reasons)


def by_text(said: Said, suspects: np.ndarray, explain: Callable[[str], str]) -> Judgement:
    """Drop rows for the first reason that any of their suspected texts gives.

    Args:
        said: What the rows say.
        suspects: bool per text; the others are not looked at.
        explain: Gives the reason to drop a text's row, "" for none.
    """
    reasons = [""] * said.rows
    for row, text in said.marked(suspects):
        reasons[row] = reasons[row] or explain(text)
    return Judgement(reasons)


def by_row(said: Said, explain: Callable[[str], str]) -> Judgement:
    """Drop rows for the first reason that any of their texts gives."""
    return by_text(said, np.ones(len(said.texts), dtype=bool), explain)


def table_of(rows: list[Row]) -> pa.Table:
    """Give rows as a table; media are null, what has no one type is JSON, provenance is left aside."""
    names = [name for name in rows[0] if name != "provenance"]
    return pa.table({name: _column([row[name] for row in rows]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    if any(_is_medium(value) for value in values):
        return pa.nulls(len(values))
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # a column of any JSON
        return pa.array([json.dumps(v, ensure_ascii=False, default=str) for v in values])


def _is_medium(value: Any) -> bool:
    """Say whether a value is a decoded picture, sound or video: an object, or an array of samples."""
    if isinstance(value, list):
        return any(map(_is_medium, value[:1]))
    if isinstance(value, Mapping):
        return "array" in value and "sampling_rate" in value
    return type(value).__module__.partition(".")[0] in {"PIL", "datasets", "torchcodec", "torch"}
