"""Rows of a table, or outcomes of an op, through several gates, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Mending, judge_any


@dataclass
class Passed:
    """What became of the rows of one table."""

    table: pa.Table
    """All rows, those that were mended as they now are."""
    gates: list[str]
    """The gate that dropped each row, "" for those that passed all."""
    reasons: list[str]
    notes: Counter[str] = field(default_factory=Counter)
    """What was mended in rows that passed."""
    mended: bool = False


def pass_gates(table: pa.Table, gates: Sequence[Op]) -> Passed:
    """Judge the rows of a table; a row that one gate drops is not shown to the next."""
    done = Passed(table, [""] * table.num_rows, [""] * table.num_rows)
    mends: dict[int, Counter[str]] = {}
    for gate in gates:
        open_ = [row for row, name in enumerate(done.gates) if not name]
        if not open_:
            break
        shown = done.table if len(open_) == table.num_rows else done.table.take(pa.array(open_))
        judgement = judge_any(gate, shown)
        for place, reason in zip(open_, judgement.reasons, strict=True):
            if reason:
                done.gates[place], done.reasons[place] = gate.name, reason
        if judgement.mend and isinstance(gate, Mending):
            _mend(done, gate, sorted(open_[row] for row in judgement.mend), mends)
    for row, notes in mends.items():
        if not done.gates[row]:
            done.notes.update(notes)
    return done


def _mend(done: Passed, gate: Mending, places: list[int], mends: dict[int, Counter[str]]) -> None:
    """Put mended rows in the place of the old ones."""
    made = []
    for place, row in zip(places, done.table.take(pa.array(places)).to_pylist(), strict=True):
        mended, notes = gate.mended(row)
        mends.setdefault(place, Counter()).update(notes)
        made.append(mended)
    both = pa.concat_tables([done.table, pa.Table.from_pylist(made, done.table.schema)])
    order = list(range(done.table.num_rows))
    for number, place in enumerate(places):
        order[place] = done.table.num_rows + number
    done.table, done.mended = both.take(pa.array(order)), True


def gated(outcomes: Iterable[Outcome], gates: Sequence[Op]) -> Iterator[Outcome]:
    """Let the rows of outcomes through gates; what is dropped is one more drop of its outcome."""
    for outcome in outcomes:
        yield _gated(outcome, gates) if gates and outcome.rows else outcome


def _gated(outcome: Outcome, gates: Sequence[Op]) -> Outcome:
    rows: list[Row] = list(outcome.rows)
    drops, notes = list(outcome.drops), list(outcome.notes)
    for gate in gates:
        judged = list(gate.outcomes(rows)) if rows else []
        rows = [row for one in judged for row in one.rows]
        drops += [reason for one in judged for reason in one.drops]
        notes += [note for one in judged for note in one.notes]
        failure = next((one.failure for one in judged if one.failure), None)
        if failure is not None:
            outcome = replace(outcome, failure=outcome.failure or failure)
    return replace(outcome, rows=tuple(rows), drops=tuple(drops), notes=tuple(notes))
