"""`sft.apply_gates(ds, gates=[…])`: the rows that pass, the rows that do not, and why.

Every row is in one of the two. A `Dataset` is judged in one pass over its Arrow tables, and no row
is copied unless a gate mends it; a stream is judged as it is read.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import splits_of, tables_of
from hf_sft_builders.formats.picking import at, is_stream
from hf_sft_builders.formats.tables import features_of
from hf_sft_builders.ledger import Ledger, set_last_run
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.choosing import as_gates
from hf_sft_builders.quality.passing import Passed, pass_gates

GATE, REASON = "gate", "drop_reason"
_BATCH = 10_000
_STREAM_BATCH = 1000
_NO_WORDS = np.zeros(0, object)
_passes: dict[str, Counter[tuple[str, str]]] = {}


@dataclass(frozen=True)
class Gated:
    """Rows that passed all gates, rows that did not, and how many for which reason."""

    kept: Any
    """The same kind of dataset, with the same columns."""
    rejected: Any
    """The same kind of dataset, with the columns `gate` and `drop_reason` more."""
    _counted: Counter[tuple[str, str]] = field(default_factory=Counter, repr=False)
    _passes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def counts(self) -> dict[str, Counter[str]]:
        """Gate → reason → rows. Of a stream: of what was read of `kept` when last it was read."""
        told: dict[str, Counter[str]] = {}
        for counted in (self._counted, *(_passes.get(key, Counter()) for key in self._passes)):
            for (gate, reason), number in counted.items():
                told.setdefault(gate, Counter())[reason] += number
        return told

    def __str__(self) -> str:
        lines = [f"{'rows':>9}  gate: reason"]
        for gate, reasons in self.counts.items():
            lines += [f"{number:>9,}  {gate}: {reason}" for reason, number in reasons.most_common()]
        return "\n".join(lines) if len(lines) > 1 else "No row was dropped."


def apply_gates(ds: Any, gates: str | Op | Iterable[str | Op]) -> Gated:
    """Part a dataset into the rows that pass all gates and those that do not.

    Args:
        ds: `Dataset`, `DatasetDict`, a stream of either, or `pa.Table`.
        gates: Gates, or names of gates ("structure", "pii"), in order: a row is dropped by the
            first that it does not pass.

    Returns:
        An object with `kept`, `rejected` (with the columns `gate` and `drop_reason`) and `counts`;
        printed, it is a table. Kept and rejected are all rows, in their order. Of a stream both are
        streams: each reads the source on its own.

    Raises:
        ConfigurationError: if there is no gate, or the rows have a column of that name already.

    Example:
        >>> result = sft.apply_gates(ds, ["structure", sft.gate_length(2, 4000), sft.gate_pii()])
        >>> print(result)
        >>> result.rejected.to_json("rejected.jsonl")
    """
    chosen = as_gates(gates)
    if not chosen:
        raise ConfigurationError("No gate named. Write sft.apply_gates(ds, ['structure', 'pii']).")
    ledger = Ledger(builder="apply_gates")
    ledger.made = {"gates": [repr(gate) for gate in chosen]}
    set_last_run(ledger)
    parts = {split: _applied(part, chosen, ledger) for split, part in splits_of(ds).items()}
    if not isinstance(ds, dict):
        return parts[""]
    return Gated(
        type(ds)({split: part.kept for split, part in parts.items()}),
        type(ds)({split: part.rejected for split, part in parts.items()}),
        sum((part._counted for part in parts.values()), Counter()),
        tuple(key for part in parts.values() for key in part._passes),
    )


def _applied(ds: Any, gates: tuple[Op, ...], ledger: Ledger) -> Gated:
    if isinstance(ds, pa.Table):
        return _of_table(ds, gates, ledger)
    for name in {GATE, REASON} & set(features_of(ds)):
        raise ConfigurationError(
            f"The rows have a column {name!r} already, where the rejected would tell. "
            f"Rename it: ds.rename_column({name!r}, 'my_{name}')."
        )
    return _of_stream(ds, gates) if is_stream(ds) else _of_dataset(ds, gates, ledger)


def _judged(tables: Iterable[pa.Table], gates: tuple[Op, ...], ledger: Ledger) -> Iterator[Passed]:
    for table in tables:
        done = pass_gates(table, gates)
        _tell(ledger, done)
        yield done


def _tell(ledger: Ledger, done: Passed) -> None:
    ledger.counts["inputs"] += len(done.gates)
    ledger.counts["rows"] += done.gates.count("")
    ledger.drops.update(reason for reason in done.reasons if reason)
    ledger.noted.update(done.notes)


def _of_table(table: pa.Table, gates: tuple[Op, ...], ledger: Ledger) -> Gated:
    done = list(_judged(tables_of(table, _BATCH), gates, ledger))
    whole = pa.concat_tables([table.slice(0, 0), *(one.table for one in done)])
    dropped_by, reasons = _verdicts(done)
    kept = np.flatnonzero(dropped_by == "")
    gone = np.flatnonzero(dropped_by != "")
    rejected = table.take(pa.array(gone))
    for name, values in ((GATE, dropped_by), (REASON, reasons)):
        rejected = rejected.append_column(name, pa.array(values[gone], pa.string()))
    return Gated(whole.take(pa.array(kept)), rejected, _count(dropped_by, reasons))


def _of_dataset(ds: Any, gates: tuple[Op, ...], ledger: Ledger) -> Gated:
    stays, gates_of, reasons, mends = [np.zeros(0, bool)], [_NO_WORDS], [_NO_WORDS], False
    for one in _judged(tables_of(ds, _BATCH), gates, ledger):
        mends |= one.mended
        dropped_by, told = _verdicts([one])
        gone = dropped_by != ""
        stays.append(~gone)
        gates_of.append(dropped_by[gone])  # of rows that stay, a byte is all that is held
        reasons.append(told[gone])
    stay = np.concatenate(stays)
    dropped_by, told = np.concatenate(gates_of), np.concatenate(reasons)
    kept = at(ds, np.flatnonzero(stay))
    if mends:
        kept = _mapped(kept, _Side(gates), features_of(ds), _BATCH)
    rejected = _with_verdicts(at(ds, np.flatnonzero(~stay)), dropped_by, told)
    return Gated(kept, rejected, _count(dropped_by, told))


def _verdicts(done: Sequence[Passed]) -> tuple[np.ndarray, np.ndarray]:
    gates = [gate for one in done for gate in one.gates]
    reasons = [reason for one in done for reason in one.reasons]
    return np.array(gates, dtype=object), np.array(reasons, dtype=object)


def _count(gates: np.ndarray, reasons: np.ndarray) -> Counter[tuple[str, str]]:
    return Counter((g, r) for g, r in zip(gates.tolist(), reasons.tolist(), strict=True) if g)


def _with_verdicts(ds: Any, gates: np.ndarray, reasons: np.ndarray) -> Any:
    import datasets

    features = datasets.Features({GATE: _text(), REASON: _text()})
    told = datasets.Dataset.from_dict(
        {GATE: gates.tolist(), REASON: reasons.tolist()}, features=features
    )
    if not len(ds):
        empty: dict[str, list[Any]] = {name: [] for name in [*ds.features, GATE, REASON]}
        whole = datasets.Features({**ds.features, **features})
        return datasets.Dataset.from_dict(empty, features=whole, split=ds.split)
    return datasets.concatenate_datasets([ds, told], axis=1, split=ds.split)


def _text() -> Any:
    import datasets

    return datasets.Value("string")


# Streams, and rows that are mended


@dataclass(frozen=True)
class _Side:
    """Gives one of the two sides of a table."""

    gates: tuple[Op, ...]
    rejected: bool = False
    counted_as: str = ""

    def __call__(self, table: pa.Table) -> pa.Table:
        done = pass_gates(table, self.gates)
        if self.counted_as and not self.rejected:
            tally = zip(done.gates, done.reasons, strict=True)
            _passes[self.counted_as].update((g, r) for g, r in tally if g)
        wanted = pa.array([bool(gate) == self.rejected for gate in done.gates], pa.bool_())
        if not self.rejected:
            return done.table.filter(wanted)
        table = table.append_column(GATE, pa.array(done.gates, pa.string()))
        return table.append_column(REASON, pa.array(done.reasons, pa.string())).filter(wanted)


def _of_stream(ds: Any, gates: tuple[Op, ...]) -> Gated:
    import datasets

    features, key = features_of(ds), uuid.uuid4().hex
    _passes[key] = Counter()
    wider = datasets.Features({**features, GATE: _text(), REASON: _text()})
    return Gated(
        _mapped(ds, _Side(gates, counted_as=key), features, _STREAM_BATCH),
        _mapped(ds, _Side(gates, rejected=True), wider, _STREAM_BATCH),
        _passes=(key,),
    )


def _mapped(ds: Any, side: _Side, features: Any, batch_size: int) -> Any:
    schema = features.arrow_schema

    def run(table: pa.Table) -> pa.Table:
        return side(table).select(schema.names).cast(schema)

    made = ds.with_format("arrow").map(run, batched=True, batch_size=batch_size, features=features)
    return made.with_format(None)
