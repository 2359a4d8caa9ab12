"""`sft.check(ds)`: what a trainer would drop, crash on or learn wrongly, rule by rule.

Rules are vectorised over Arrow batches; Python objects are made only for the rows that are shown.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.batches import Rows, column_names, splits_of, tables_of
from hf_sft_builders.formats.detection import detect_table
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.telling import by_columns, format_of

_SHOWN = 3
_FOUND_CHARACTERS = 160
_NO_ROWS = "no-rows"
UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True)
class BadRow:
    """One row that breaks a rule."""

    split: str
    """"" where there are no splits."""
    index: int
    """Row of its split, from 0."""
    found: str
    """What stands there, as JSON, cut to 160 characters."""


@dataclasses.dataclass
class Finding:
    """One rule, and how many rows break it."""

    rule: str
    field: str
    expected: str
    fix: str
    mendable: bool
    """Whether `hf-sft check --fix` has the one safe answer."""
    count: int = 0
    rows: list[BadRow] = dataclasses.field(default_factory=list)
    """The first of them."""


@dataclasses.dataclass
class Report:
    """What `sft.check` found; `str(report)` is a table for people."""

    format: str
    trainer: str | None = None
    rows: int = 0
    """Rows looked at."""
    bad_rows: int = 0
    """Rows that break at least one rule."""
    findings: list[Finding] = dataclasses.field(default_factory=list)
    """Rules that were broken, in the order of the rules."""

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.findings

    def raise_if_bad(self) -> None:
        """Stop with the report as the message.

        Raises:
            FormatError: if any rule is broken.
        """
        if not self.ok:
            raise FormatError(str(self))

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON can say it."""
        return {"ok": self.ok, **dataclasses.asdict(self)}

    def __str__(self) -> str:
        for_whom = f" for {self.trainer}" if self.trainer else ""
        head = f"{self.rows:,} rows as {self.format}{for_whom}: "
        if self.ok:
            return head + "all good."
        lines = [head + f"{self.bad_rows:,} break a rule."]
        for finding in self.findings:
            mend = " (--fix mends it)" if finding.mendable else ""
            lines += [
                f"\n{finding.count:>9,}  {finding.rule}  [{finding.field}]{mend}",
                f"           expected: {finding.expected}",
                f"           fix: {finding.fix}",
            ]
            for row in finding.rows:
                place = f"{row.split} {row.index}".strip()
                lines.append(f"           row {place}: {row.found}")
        return "\n".join(lines)


def check(
    ds: Rows, format: str | None = None, *, trainer: str | None = None, shown: int = _SHOWN
) -> Report:
    """Say which rows a trainer would drop, crash on or learn wrongly, and why.

    Args:
        ds: `Dataset`, `DatasetDict`, `IterableDataset`, `pa.Table`, or the path of a file.
        format: What the rows should be; found by their columns if it is not given.
        trainer: Also hold them against what one trainer wants (`formats.trainer_rules.TRAINERS`).
        shown: How many bad rows of each rule the report names.

    Returns:
        A report: `.ok`, `.findings` (rule, count, first rows, fix), and a table as its text.

    Raises:
        ConfigurationError: if the format cannot be told from the columns.
        UnknownName: if there is no such format or trainer.

    Example:
        >>> report = sft.check("rows.jsonl", trainer="llamafactory")
        >>> report.ok or print(report)
    """
    splits = splits_of(ds)
    known, extra = rules_for(ds, format, trainer)
    report = Report(known.name if known else UNKNOWN, trainer)
    tally: dict[str, Finding] = {}
    for split, rows in splits.items():
        _check_split(split, tables_of(rows), known, extra, report, tally, shown)
    report.findings = [finding for finding in tally.values() if finding.count]
    if not report.rows:
        report.findings = [_nothing_there()]
    return report


def rules_for(
    ds: Rows, format: str | None, trainer: str | None
) -> tuple[Format | None, tuple[Rule, ...]]:
    """Give the format to check by, and the trainer's rules.

    Where a trainer is named, rows of no known format are held against its rules alone: that is how
    it would read them.

    Raises:
        ConfigurationError: if the format cannot be told, and no trainer is named.
        UnknownName: if there is no such format or trainer.
    """
    if trainer is None:
        return get_format(format) if format else find_format(ds), ()
    known = get_format(format) if format else _told(ds)
    # By name, because every trainer's rules would otherwise be loaded with every check.
    trainers = import_module("hf_sft_builders.formats.trainer_rules")
    return known, trainers.trainer_rules(trainer, known.name if known else UNKNOWN)


def find_format(ds: Rows) -> Format:
    """Tell the format of rows by their columns.

    Raises:
        ConfigurationError: if they are those of no format.
    """
    known = _told(ds)
    if known is None:
        raise ConfigurationError(_unknown(next(iter(tables_of(_first(ds))), pa.table({}))))
    return known


def _unknown(table: pa.Table) -> str:
    """Say why rows cannot be checked, and what to do first."""
    if not table.num_columns:
        return "There are no rows to check. Look at where they come from."
    try:
        found = detect_table(table)
    except FormatError as error:
        return f"{error} Or name the format that they should have: format=…"
    return (
        f"The columns are those of {found.layout!r}, which trainers do not read. Convert the rows "
        "first: sft.convert(ds, to='messages'), or hf-sft convert FILE --to messages."
    )


def _first(ds: Rows) -> Rows:
    return next(iter(splits_of(ds).values()), pa.table({}))


def _told(ds: Rows) -> Format | None:
    rows = _first(ds)
    first, names = next(iter(tables_of(rows)), pa.table({})), column_names(rows)
    known = format_of(first, names)
    mendable = by_columns(names, lambda one: _only_types_are_wrong(one, first))
    if known is None or mendable is None:
        return known
    return mendable if _own(known, names) < _own(mendable, names) else known


def _own(known: Format, names: list[str]) -> set[str]:
    return set(known.features) & set(names)


def _only_types_are_wrong(known: Format, table: pa.Table) -> bool:
    """Say whether rows are of a format but for types that have one safe answer: labels 0 and 1."""
    types = known.types_rule()
    assert types.mend is not None
    return bool(types.broken(table).any() and not types.broken(types.mend(table)).any())


def rule_masks(
    table: pa.Table, known: Format | None, extra: Iterable[Rule]
) -> Iterator[tuple[Rule, np.ndarray]]:
    """Give every rule of a format and of a trainer with the rows of a table that break it."""
    if known is not None:
        yield from known.findings(table)
    for rule in extra:
        yield rule, np.asarray(rule.broken(table), dtype=bool)


def _check_split(
    split: str,
    tables: Iterable[pa.Table],
    known: Format | None,
    extra: tuple[Rule, ...],
    report: Report,
    tally: dict[str, Finding],
    shown: int,
) -> None:
    start = 0
    for table in tables:
        bad = np.zeros(table.num_rows, dtype=bool)
        for rule, broken in rule_masks(table, known, extra):
            finding = tally.setdefault(rule.name, _finding(rule))
            hits = np.flatnonzero(broken)
            finding.count += len(hits)
            for hit in hits[: max(0, shown - len(finding.rows))]:
                found = _found(table, int(hit), rule.field)
                finding.rows.append(BadRow(split, start + int(hit), found))
            bad |= broken
        start += table.num_rows
        report.rows += table.num_rows
        report.bad_rows += int(bad.sum())


def _finding(rule: Rule) -> Finding:
    return Finding(rule.name, rule.field, rule.expected, rule.fix, rule.mend is not None)


def _nothing_there() -> Finding:
    return Finding(_NO_ROWS, "", "at least one row", "Look at where the rows come from.", False, 1)


def _found(table: pa.Table, index: int, place: str) -> str:
    """Show what stands in the columns that a rule looks at; the whole row if there are none."""
    columns = [name.split(".")[0].split("[")[0] for name in place.split(", ")]
    present = [name for name in columns if name in table.column_names]
    row = table.select(present or table.column_names).slice(index, 1).to_pylist()[0]
    text = json.dumps(row, ensure_ascii=False, default=repr)
    return text if len(text) <= _FOUND_CHARACTERS else text[: _FOUND_CHARACTERS - 1] + "…"
