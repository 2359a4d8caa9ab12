"""What an op is: a frozen value that makes rows from rows, for `Dataset.map(op, batched=True)`.

An op is a frozen dataclass. It is called with a batch (dict of lists) and gives a dict of lists
with *all* columns, so it needs no `remove_columns` even where one row becomes many, and works the
same on `Dataset`, `DatasetDict`, `IterableDataset`, under `num_proc` and in Ray's `map_batches`.

The traps, and what is done about them:
* `datasets` hashes an instance of an installed class by reference to the class, so a new version
  would be served stale rows: `fingerprint` (fields, package version, prompt hashes) is what is
  hashed, by a reducer registered with the pickler that `datasets` hashes with.
* Fields that change no row (`runtime()` fields) must not change the hash, yet reach the workers of
  `num_proc`: those are sent with another pickler, which takes every field.
* Ray guesses the types of each block of rows by itself (a block without rows has none): in a worker
  of Ray an op gives an Arrow table, and refuses batches in which a value can mean two things.
"""

from __future__ import annotations

import logging
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from hf_sft_builders.accounts import arrive, hand_in, sent_away
from hf_sft_builders.attempts import Attempts
from hf_sft_builders.batches import Batch, as_lists, refuse_guesses, typed_table
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import MAX_FAILURES, NOBODY, Ledger, Others, Outcome, Row, set_last_run
from hf_sft_builders.version import __version__

if TYPE_CHECKING:
    import datasets

logger = logging.getLogger("hf_sft_builders")

_Value = TypeVar("_Value")


def runtime(default: Any = MISSING, *, default_factory: Any = MISSING) -> Any:
    """Declare a dataclass field that changes no row: it stays out of hashes and cache keys."""
    return field(
        default=default, default_factory=default_factory, metadata={"runtime": True}, repr=False
    )


class Op(ABC):
    """Base of every op; one frozen dataclass per file inherits from it, nothing deeper."""

    name: str
    """The op's name in provenance, ledger and registry; a class attribute."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _hash_by_fingerprint(cls)

    @classmethod
    @abstractmethod
    def example(cls) -> Op:
        """Give an instance that works offline on rows with `text`, to try and to test it."""

    @abstractmethod
    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Give one outcome per row, in order. Failures are outcomes, not exceptions."""

    @abstractmethod
    def added(self) -> datasets.Features:
        """Give the columns that the op adds or changes, with their types."""

    def requires(self) -> tuple[str, ...]:
        """Name the columns that the op cannot work without."""
        return ()

    def fingerprint(self) -> dict[str, Any]:
        """Give what the op's rows depend on: fields, prompts' texts and the package version.

        A field whose value has a `fingerprint()` of its own is known by that.
        """
        values = {f.name: _known_by(getattr(self, f.name)) for f in _hashed_fields(self)}
        return {
            "op": self.name,
            "version": __version__,
            **values,
            "prompt_hashes": self.prompt_hashes(),
        }

    def prompt_hashes(self) -> dict[str, str]:
        """Name the prompts that rows may come from, with the hashes of their texts."""
        prompts: Any = getattr(self, "prompts", None)
        return {} if prompts is None else dict(prompts.hashes(self.name))

    def attempts(self) -> Attempts:
        """Give how often this op left failures; part of its hash, so they are tried again."""
        import datasets
        from datasets.fingerprint import Hasher

        return Attempts(Path(datasets.config.HF_DATASETS_CACHE), Hasher.hash(self.fingerprint()))

    def features(self, features: datasets.Features) -> datasets.Features:
        """Give the output's features for rows of `features`; streaming needs them.

        Example:
            >>> stream.map(op, batched=True, features=op.features(stream.features))
        """
        import datasets

        return datasets.Features({**features, **self.added()})

    def __call__(self, batch: Any) -> Any:
        """Run on one batch of `map(op, batched=True)`, or of Ray Data's `map_batches(op)`.

        A row that failed is left out, told, and tried again by the same `map` call, whose hash
        then differs; `sft.last_run()` accounts for all rows of this op, in workers too.

        Returns:
            A dict of lists; in a worker of Ray an Arrow table, because Ray would guess types.

        Raises:
            ConfigurationError: on an unbatched call or a missing column.
            TooManyFailures: if over 5 % of the rows failed, after 20 of them.
        """
        job, piece = arrive(self)
        if job:
            refuse_guesses(self.name, batch)
        lists = as_lists(batch)
        rows = batch_rows(self, lists)
        try:
            made = self._made(rows, job, piece)
        except BaseException:
            # The run is over: what failed in it must not count against the next.
            _accounts.pop(id(self), None)
            raise
        columns = {column: [row[column] for row in made] for column in self._columns(lists)}
        return typed_table(batch, columns, self.features) if job else columns

    def _made(self, rows: Sequence[Row], job: str, piece: str) -> list[Row]:
        account = _on_account(self, job, piece)
        ledger, failed_before = account.ledger, len(account.ledger.failures)
        limit = getattr(getattr(self, "runtime", None), "max_failures", MAX_FAILURES)
        made: list[Row] = []
        for outcome in account.working.outcomes(rows):
            ledger.counts["inputs"] += 1
            ledger.record(outcome)
            ledger.stop_if_failing(ledger.counts["inputs"], limit, others=account.others)
            made.extend(outcome.rows)
        account.others = hand_in(self, ledger)
        ledger.stop_if_nothing_came(limit, account.others)
        if len(ledger.failures) > failed_before and not job:
            self.attempts().next()
            logger.warning("%s. The same call tries what failed again.", ledger.summary())
        return made

    def __getstate__(self) -> dict[str, Any]:
        return sent_away(self)

    def _columns(self, batch: Batch) -> list[str]:
        return list(dict.fromkeys([*batch, *self.added()]))


def batch_rows(op: Op, batch: Batch) -> list[Row]:
    """Turn a batch into rows, or explain what is wrong with it."""
    columns = list(batch)
    missing = [name for name in op.requires() if name not in columns]
    if missing:
        raise ConfigurationError(
            f"{op.name} needs column {missing[0]!r}; the rows have {', '.join(columns) or 'none'}. "
            "Name one that they have, or rename it: ds.rename_column(...)."
        )
    if any(isinstance(values, (str, bytes)) or not _sized(values) for values in batch.values()):
        raise ConfigurationError(
            f"{op.name} was called with a single row. Write ds.map(sft.{op.name}(...), batched=True), "
            'or on Ray rows.map_batches(op, batch_format="pyarrow").'
        )
    length = len(next(iter(batch.values()), ()))
    return [{name: batch[name][i] for name in columns} for i in range(length)]


def _sized(values: Any) -> bool:
    return hasattr(values, "__len__") and hasattr(values, "__getitem__")


def _known_by(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_known_by(inner) for inner in value]
    return value.fingerprint() if hasattr(value, "fingerprint") else value


def _hashed_fields(op: Op) -> list[Any]:
    return [f for f in fields(op) if not f.metadata.get("runtime")]  # type: ignore[arg-type]


@dataclass
class _Account:
    """What an op object did in this process, or for one piece of a cluster's work."""

    owner: weakref.ref[Op]
    working: Op
    piece: str
    ledger: Ledger
    others: Others = NOBODY


_accounts: dict[int, _Account] = {}


def _on_account(op: Op, job: str, piece: str) -> _Account:
    """Give the account of this op object in this process, with an op that has the job's budget."""
    account = _accounts.get(id(op))
    if account is None or account.owner() is not op:
        account = _Account(weakref.ref(op), with_budget(op, job), piece, Ledger(builder=op.name))
    elif account.piece != piece:
        account = replace(account, piece=piece, ledger=Ledger(builder=op.name))
    _accounts[id(op)] = account
    set_last_run(account.ledger)
    return account


def with_budget(op: Op, job: str = "") -> Op:
    """Give an op whose calls share one budget, so that its limits are those of the whole job.

    Args:
        op: Any.
        job: Its name, where workers of a cluster share the budget.
    """
    limits = getattr(op, "runtime", None)
    if limits is None:
        return op
    budget = replace(limits.new_budget(), job=job)
    working: Op = replace(cast(Any, op), runtime=replace(limits, budget=budget))
    return working


def _hash_by_fingerprint(cls: type[Op]) -> None:
    from datasets.utils._dill import pklregister

    pklregister(cls)(_reduce_to_fingerprint)


def hashed_by_fingerprint(cls: type[_Value]) -> type[_Value]:
    """Have `datasets` hash values of a class by their `fingerprint()`, wherever they stand.

    A pydantic class that a notebook defines would have another hash in every process.
    """
    from datasets.utils._dill import pklregister

    pklregister(cls)(_reduce_to_words)
    return cls


def _reduce_to_words(pickler: Any, value: Any) -> None:
    pickler.save_reduce(_depends_on, (type(value).__qualname__, value.fingerprint(), 0), obj=value)


def _reduce_to_fingerprint(pickler: Any, op: Op) -> None:
    depends_on = (type(op).__qualname__, op.fingerprint(), op.attempts().number)
    pickler.save_reduce(_depends_on, depends_on, obj=op)


def _depends_on(kind: str, fingerprint: dict[str, Any], attempt: int) -> tuple[Any, ...]:
    return kind, fingerprint, attempt
