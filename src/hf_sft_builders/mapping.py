"""`sft.map(ds, op)`: rows through an op without a barrier between batches.

Plain `ds.map(op, batched=True)` waits for the slowest request of each batch; this keeps a window of
rows in flight over the whole dataset, writes rows in order, and accounts for each. Caching is that
of `datasets`: the same rows and op are a hit, also in a new process; a result with failures is
given, but never cached as whole.

Why this form: an op that is a coroutine inside `datasets`' own loop keeps up too, but schedules up
to a million rows at once when streaming, and fails in notebooks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

import datasets
import pyarrow as pa
from datasets.arrow_writer import ArrowWriter
from datasets.fingerprint import Hasher, is_caching_enabled

from hf_sft_builders.cache_room import plainly
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import MAX_FAILURES, Ledger, Row, last_run, set_last_run
from hf_sft_builders.ops import Op, batch_rows, with_budget
from hf_sft_builders.progress import progress, tell

Rows = TypeVar(
    "Rows",
    datasets.Dataset,
    datasets.DatasetDict,
    datasets.IterableDataset,
    datasets.IterableDatasetDict,
)

_READ, _WRITE = 256, 200


def map(ds: Rows, op: Op, *, max_failures: float | None = None) -> Rows:
    """Run an op over a dataset, with as many requests in flight as the op allows.

    Args:
        ds: `Dataset`, or `IterableDataset` with known features, or a dict of splits of either.
        op: Any op, such as `sft.generate(...)`.
        max_failures: Share of failed rows, after 20 of them, at which the run stops; the op's own
            by default.

    Returns:
        The same kind of dataset, with the op's columns. Failed rows are left out; `sft.last_run()`
        names them, and `sft.retry(ds, op)` tries them again.

    Raises:
        ConfigurationError: before the first call, if a column is missing.
        TooManyFailures: what was paid for is kept; the same call goes on.
        BuildError: if the cache of the rows is full or cannot be written.

    Example:
        >>> rows = sft.map(ds, sft.generate("Translate: {text}", "english", model="qwen3-32b"))
    """
    if max_failures is None:
        max_failures = getattr(getattr(op, "runtime", None), "max_failures", MAX_FAILURES)
    if not isinstance(op, Op):
        raise ConfigurationError(f"sft.map runs ops such as sft.generate(...); got {op!r}.")
    if isinstance(ds, datasets.DatasetDict):
        return _mapped_splits(ds, op, max_failures)
    if isinstance(ds, datasets.IterableDatasetDict):
        streams = {split: _mapped_stream(part, op, max_failures) for split, part in ds.items()}
        return datasets.IterableDatasetDict(streams)
    if isinstance(ds, datasets.IterableDataset):
        return _mapped_stream(ds, op, max_failures)
    if not isinstance(ds, datasets.Dataset):
        raise ConfigurationError(
            f"sft.map takes a dataset; got {type(ds).__name__}. Make one of it: "
            "datasets.Dataset.from_list(rows)."
        )
    return _mapped(ds, op, max_failures)


def retry(ds: Rows, op: Op, *, max_failures: float | None = None) -> Rows:
    """Run an op again over the rows it was given; only what failed is asked for.

    Args:
        ds: The input that the op was mapped over, not its result.
        op: The same op.
        max_failures: As for `map`.

    Example:
        >>> rows = sft.map(ds, op)
        >>> if sft.last_run().failures:
        ...     rows = sft.retry(ds, op)
    """
    return map(ds, op, max_failures=max_failures)


def _mapped_splits(ds: datasets.DatasetDict, op: Op, max_failures: float) -> datasets.DatasetDict:
    for part in ds.values():
        batch_rows(op, {name: [] for name in part.column_names})
    op, whole = with_budget(op), Ledger(builder=op.name)
    parts = {}
    for split, part in ds.items():
        try:
            parts[split] = _mapped(part, op, max_failures)
        finally:
            whole.merge(last_run())
            set_last_run(whole)
    return datasets.DatasetDict(parts)


def _mapped(ds: datasets.Dataset, op: Op, max_failures: float) -> datasets.Dataset:
    batch_rows(op, {name: [] for name in ds.column_names})
    fingerprint = Hasher.hash(("sft.map", ds._fingerprint, op))
    target = Path(ds._get_cache_file_path(fingerprint))
    account = target.with_suffix(".ledger.json")
    if not (is_caching_enabled() and target.is_file() and account.is_file()):
        ledger = Ledger(builder=op.name)
        set_last_run(ledger)  # a run that is stopped is accounted for too
        part = target.with_name(f"{target.stem}.{uuid.uuid4().hex}.arrow")
        with plainly(target.parent):
            try:
                _write(ds, op, part, ledger, max_failures)
                ledger.stop_if_nothing_came(max_failures)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            account.write_text(ledger.to_json(), encoding="utf-8")
        tell(ledger)
        if ledger.failures:
            op.attempts().next()
            target = part
        else:
            part.replace(target)
    set_last_run(Ledger.from_json(account.read_text(encoding="utf-8")))
    info = ds.info.copy()
    info.features = op.features(ds.features)
    mapped = datasets.Dataset.from_file(str(target), info=info, split=ds.split)
    mapped._fingerprint = fingerprint if "." not in target.stem else uuid.uuid4().hex
    kept = {name: value for name, value in ds.format.items() if name in ("type", "format_kwargs")}
    return mapped.with_format(kept["type"], **kept["format_kwargs"]) if kept["type"] else mapped


def _write(ds: datasets.Dataset, op: Op, path: Path, ledger: Ledger, max_failures: float) -> None:
    features = op.features(ds.features)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = _rows_of(ds, op, ledger, max_failures)
    with (
        ArrowWriter(path=str(path), features=features) as writer,
        progress(op.name, ledger, len(ds), " rows", op) as bar,
    ):
        while made := list(islice(rows, _WRITE)):
            writer.write_table(pa.Table.from_pylist(made, schema=features.arrow_schema))
            bar.show(ledger.counts["inputs"])
        bar.finish(ledger.counts["inputs"])
        writer.finalize()


def _rows_of(ds: Any, op: Op, ledger: Ledger, max_failures: float) -> Iterator[Row]:
    for outcome in op.outcomes(_read(ds)):
        ledger.counts["inputs"] += 1
        ledger.record(outcome)
        ledger.stop_if_failing(ledger.counts["inputs"], max_failures)
        yield from outcome.rows


def _read(ds: Any) -> Iterator[Row]:
    plain = ds.with_format(None)
    for batch in plain.iter(batch_size=_READ):
        for values in zip(*batch.values(), strict=True):
            yield dict(zip(batch, values, strict=True))


def _mapped_stream(
    ds: datasets.IterableDataset, op: Op, max_failures: float
) -> datasets.IterableDataset:
    if ds.features is None:
        raise ConfigurationError(
            "The stream's columns are not known. Name them: ds.cast(features), or take the dataset "
            "without streaming=True."
        )
    batch_rows(op, {name: [] for name in ds.features})
    lazily = {"ds": ds, "op": _unhurried(op), "max_failures": max_failures}
    features = op.features(ds.features)
    return datasets.IterableDataset.from_generator(_stream, features=features, gen_kwargs=lazily)


def _unhurried(op: Op) -> Op:
    """Let a stream run ahead of its reader by what is in flight, no further."""
    limits = getattr(op, "runtime", None)
    if limits is None:
        return op
    slow: Op = replace(cast(Any, op), runtime=replace(limits, ahead=limits.max_concurrency))
    return slow


def _stream(ds: datasets.IterableDataset, op: Op, max_failures: float) -> Iterator[Row]:
    ledger = Ledger(builder=op.name)
    set_last_run(ledger)
    yield from _rows_of(ds, op, ledger, max_failures)
