"""What became of every input of a run, and the manifest that says so.

Every input ends as rows, as a drop with a counted reason, or as a failure that can be retried.
A `Ledger` counts them; ledgers of workers are merged; the manifest is the ledger of a finished
run, kept as `hf_sft_manifest.json` beside the rows, so that it survives a cache hit.

Example:
    >>> ledger = Ledger(builder="pdf_qa")
    >>> ledger.record(Outcome(rows=({"id": "a"},)))
    >>> ledger.record(Outcome(drops=("no question found",)))
    >>> print(ledger.summary())
    pdf_qa: 1 row; dropped 1 (no question found 1)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import BuildError, TooManyFailures

Row = dict[str, Any]

MANIFEST_NAME = "hf_sft_manifest.json"


@dataclass(frozen=True)
class Others:
    """What became of a job's inputs in its other workers, as far as it is known here."""

    inputs: int = 0
    failures: int = 0
    good: int = 0
    """Rows and drops: whether anything came at all."""


NOBODY = Others()

MAX_FAILURES = 0.05
"""Share of failed inputs at which a run stops, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that gave nothing for a reason that another try may heal."""

    input: str
    """Id or address of the input."""
    reason: str
    """A short, countable word ("model error", "could not be fetched")."""
    detail: str
    """What was found, in the words of whoever refused."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input; never nothing at all."""

    rows: tuple[Row, ...] = ()
    drops: tuple[str, ...] = ()
    """One reason for each row, or input, that was not kept."""
    failure: Failure | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    """What it cost: `calls`, `cached`, `tokens_in`, `tokens_out`, `tokens_reasoning`."""
    notes: tuple[str, ...] = ()
    """What is worth counting of rows that were kept ("domain other")."""

    def __post_init__(self) -> None:
        if not self.rows and not self.drops and self.failure is None:
            raise BuildError(
                "An input ended without rows, drop reason or failure: a fault of the op."
            )


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read, as the card names it."""

    uri: str
    sha256: str
    title: str
    license: str
    """Hub id, or `unknown`."""


@dataclass
class Traffic:
    """What this process has on its way to models now; for progress lines only."""

    in_flight: int = 0


TRAFFIC = Traffic()


def nobody(inputs: int, ledger: Ledger) -> Others:
    """Say that a job has no other workers."""
    del inputs, ledger
    return NOBODY


@dataclass
class Ledger:
    """Counts of one run, or of one worker's share of it."""

    builder: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    """`documents`, `pages`, `chunks`, `rows`, and what else a run counts."""
    ignored: dict[str, str] = field(default_factory=dict)
    """File → why it was not opened ("no reader for .png", "hidden file")."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """File → why it could not become a document ("encrypted", "no text layer")."""
    drops: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    """Of rows that were kept: what an op has to say about them, counted."""
    failures: list[Failure] = field(default_factory=list)
    usage: Counter[str] = field(default_factory=Counter)
    """`calls`, `cached` (replies from the store), and tokens, as the endpoint reported them."""
    sources: list[Source] = field(default_factory=list)
    splits: dict[str, int] = field(default_factory=dict)
    """Rows of each split."""
    made: dict[str, Any] = field(default_factory=dict)
    """How: package version, options, model, prompts with their hashes."""

    def record(self, outcome: Outcome) -> None:
        """Count one input's outcome."""
        self.counts["rows"] += len(outcome.rows)
        for reason in outcome.drops:
            self.drops[reason] += 1
        for note in outcome.notes:
            self.noted[note] += 1
        for name, number in outcome.usage.items():
            self.usage[name] += number
        if outcome.failure is not None:
            self.failures.append(outcome.failure)

    def merge(self, other: Ledger) -> None:
        """Add a worker's share."""
        for counter in ("counts", "drops", "noted", "usage"):
            getattr(self, counter).update(getattr(other, counter))
        for mapping in ("ignored", "unreadable", "made"):
            getattr(self, mapping).update(getattr(other, mapping))
        for split, rows in other.splits.items():
            self.splits[split] = self.splits.get(split, 0) + rows
        self.failures += other.failures
        self.sources += other.sources

    def stop_if_failing(
        self, inputs: int, limit: float, after: int = 20, others: Others = NOBODY
    ) -> None:
        """Stop a run in which too many inputs fail.

        Args:
            inputs: How many inputs have ended so far.
            limit: Largest share of failures that is accepted, 0 to 1.
            after: How many inputs are awaited before the share says anything.
            others: What became of the job's inputs in other workers.

        Raises:
            TooManyFailures: with the first failure's own words.
        """
        inputs, failed = inputs + others.inputs, len(self.failures) + others.failures
        if self.failures and inputs >= after and failed > limit * inputs:
            first = self.failures[0]
            raise TooManyFailures(
                f"{failed} of {inputs} inputs failed, more than max_failures={limit:g} "
                f"allows. First: {_told(first)} "
                "Mend the cause and run the same call again, or raise max_failures."
            )

    def stop_if_nothing_came(self, limit: float, others: Others = NOBODY) -> None:
        """Stop a run in which every single input failed, however few there were.

        Args:
            limit: Largest share of failures that is accepted; 1 accepts even this.
            others: What became of the job's inputs in other workers.

        Raises:
            TooManyFailures: with the first failure's own words.
        """
        good = self.counts["rows"] or self.drops or others.good
        if self.failures and not good and limit < 1:
            many = len(self.failures) + others.failures
            told = f"All {many:,} inputs failed. First:" if many > 1 else "The only input failed:"
            raise TooManyFailures(f"{told} {_told(self.failures[0])}")

    def summary(self) -> str:
        """Say in one line what became of everything."""
        parts = [_count(self.counts[unit], unit) for unit in _UNITS if self.counts[unit]]
        head = f"{self.builder}: {', '.join(parts) or '0 rows'}"
        losses = [
            _tally("ignored", Counter(self.ignored.values()), "file"),
            _tally("unreadable", Counter(self.unreadable.values()), "file"),
            _tally("dropped", self.drops),
            _tally("noted", self.noted),
            _tally("failed", Counter(failure.reason for failure in self.failures)),
        ]
        return "; ".join([head, *filter(None, [*losses, self.paid()])])

    def paid(self) -> str:
        """Say in a few words what models were asked, and what that took."""
        told = [
            f"{self.usage[name]:,} {one if self.usage[name] == 1 else more}"
            for name, (one, more) in USAGE.items()
            if self.usage[name]
        ]
        return ", ".join(told)

    def to_json(self) -> str:
        """Write the ledger as readable JSON."""
        return json.dumps(vars(self), ensure_ascii=False, indent=2, sort_keys=True, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> Ledger:
        """Read what `to_json` wrote; fields of later versions are left out."""
        raw: Mapping[str, Any] = json.loads(text)
        known = {name: raw[name] for name in (f.name for f in fields(cls)) if name in raw}
        for counter in ("counts", "drops", "noted", "usage"):
            known[counter] = Counter(known.get(counter, {}))
        known["failures"] = [Failure(**failure) for failure in known.get("failures", [])]
        known["sources"] = [Source(**source) for source in known.get("sources", [])]
        return cls(**known)

    def save(self, folder: Path) -> None:
        """Write the manifest into a folder of rows."""
        (folder / MANIFEST_NAME).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Ledger | None:
        """Read the manifest of a folder of rows, if it has one."""
        path = folder / MANIFEST_NAME
        return cls.from_json(path.read_text(encoding="utf-8")) if path.is_file() else None


_UNITS = ("documents", "pages", "chunks", "inputs", "rows")
USAGE = {
    "calls": ("call", "calls"),
    "cached": ("stored reply", "stored replies"),
    "refused": ("refusal waited out", "refusals waited out"),
    "tokens_in": ("token in", "tokens in"),
    "tokens_out": ("out", "out"),
    "tokens_reasoning": ("of them reasoning", "of them reasoning"),
}
_last_run: Ledger | None = None
_gather: Callable[[], Ledger | None] | None = None


def last_run() -> Ledger:
    """Give the ledger of the last dataset that was built or loaded from the cache in this process.

    Example:
        >>> ds = load_dataset("hf_sft_builders/pdf_qa", data_dir="docs", split="train")
        >>> print(sft.last_run().summary())

    Raises:
        BuildError: if nothing was built in this process yet.
    """
    found = (_gather and _gather()) or _last_run
    if found is None:
        raise BuildError("No run yet in this process. Load a dataset with `load_dataset` first.")
    return found


def set_last_run(ledger: Ledger) -> None:
    """Make a ledger the one that `last_run` gives."""
    global _last_run, _gather
    _last_run, _gather = ledger, None


def expect_last_run(gather: Callable[[], Ledger | None]) -> None:
    """Let `last_run` ask here first, because what runs next may run in other processes."""
    global _gather
    _gather = gather


def _plain(value: Any) -> Any:
    return asdict(value) if isinstance(value, (Failure, Source)) else str(value)


def _told(failure: Failure) -> str:
    told = f"{failure.input}: {failure.reason}: {failure.detail}"
    return told if told.endswith((".", "!", "?", "。")) else f"{told}."


def _count(number: int, unit: str) -> str:
    return f"{number:,} {unit[:-1] if number == 1 else unit}"


def _tally(what: str, reasons: Counter[str], unit: str = "") -> str:
    if not reasons:
        return ""
    told = ", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common())
    counted = _count(reasons.total(), unit + "s") if unit else f"{reasons.total():,}"
    return f"{what} {counted} ({told})"
