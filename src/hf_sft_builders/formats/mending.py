"""What `hf-sft check --fix` does: the one safe answer, where a rule has one, and a count of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from hf_sft_builders.formats.base import Format
from hf_sft_builders.formats.batches import TextFile, tables_of
from hf_sft_builders.formats.checking import Report, check, rule_masks, rules_for
from hf_sft_builders.formats.files import write_tables
from hf_sft_builders.formats.loose_json import texts_rule
from hf_sft_builders.formats.opening import Path
from hf_sft_builders.formats.rules import Rule


@dataclass
class Mended:
    """What was mended in one file, and what is left."""

    left: Report
    """The check of the file as it is now."""
    changed: Counter[str] = field(default_factory=Counter)
    """Rule → rows that broke it before and do not now."""

    def __str__(self) -> str:
        told = ", ".join(f"{rule}: {rows:,} rows" for rule, rows in self.changed.items())
        return f"mended {told}" if told else "nothing to mend"


def mend_file(
    path: Path,
    output: Path | None = None,
    format: str | None = None,
    *,
    trainer: str | None = None,
    encoding: str = "utf-8",
) -> Mended:
    """Mend what has one safe answer in a file, and check the result.

    Args:
        path: The file.
        output: Where the result goes; in place of the file if it is not given. A file in which
            nothing can be mended is not written anew.
        format: As for `check`.
        trainer: As for `check`.
        encoding: Of the text in the file; what is written is UTF-8.

    Example:
        >>> str(mend_file("rows.jsonl"))
        'mended roles-known: 1,204 rows'
    """
    rows = TextFile(path, encoding)
    before = check(rows, format, trainer=trainer)
    mended = Mended(left=before)
    if not any(finding.mendable for finding in before.findings) and output is None:
        return mended
    known, extra = rules_for(rows, format, trainer)
    write_tables(_all_mended(tables_of(rows), known, extra, mended.changed), output or path)
    mended.left = check(output or path, format, trainer=trainer)
    return mended


def mend_table(
    table: pa.Table, known: Format | None, extra: Iterable[Rule], changed: Counter[str]
) -> pa.Table:
    """Mend a table, each rule once, and count the rows that each changed."""
    tried: set[str] = set()
    extra = tuple(extra)
    if known is not None:
        table = _texts_mended(table, known, changed)
    while True:
        masks = list(rule_masks(table, known, extra))
        broken = next(
            ((r, m) for r, m in masks if r.mend and m.any() and r.name not in tried), None
        )
        if broken is None:
            return table
        rule, before = broken
        tried.add(rule.name)
        assert rule.mend is not None
        table = rule.mend(table)
        after = {r.name: mask for r, mask in rule_masks(table, known, extra)}
        good_now = before & ~after.get(rule.name, np.ones(len(before), bool))
        if good_now.any():
            changed[rule.name] += int(good_now.sum())


def _texts_mended(table: pa.Table, known: Format, changed: Counter[str]) -> pa.Table:
    """Write values among texts as text first: other mends would put text into a column of JSON."""
    rule = texts_rule(known.schema)
    if broken := int(rule.broken(table).sum()):
        changed[rule.name] += broken
    assert rule.mend is not None
    return rule.mend(table)


def _all_mended(
    tables: Iterator[pa.Table], known: Format | None, extra: tuple[Rule, ...], changed: Counter[str]
) -> Iterator[pa.Table]:
    for table in tables:
        yield mend_table(table, known, extra, changed)
