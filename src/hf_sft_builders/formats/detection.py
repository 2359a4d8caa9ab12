"""`sft.detect(ds)`: which format rows have, what speaks for it, and what else it could be.

A candidate must have all columns of a format (those with a default may be missing), in types that
fit, and rows that can be read. Among candidates, the one that explains most fields wins; where two
explain the same, their rows decide (how many break no rule), then which has less missing. A tie is
told, not decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats import Format, get_format, list_formats
from hf_sft_builders.formats.layouts import LAYOUTS, Layout
from hf_sft_builders.formats.rules import fits, in_type
from hf_sft_builders.formats.tables import class_labels, first_rows, with_class_names

SAMPLE = 1000
"""Rows that are looked at."""


@dataclass(frozen=True)
class Candidate:
    """A format that rows could have."""

    format: str
    columns: Mapping[str, str]
    """Their column → the format's column."""
    evidence: tuple[str, ...]
    """What speaks for it, in words."""
    layout: str = ""
    """The known layout, where it is more than a format's own names."""
    good: float = 1.0
    """Share of the rows looked at that break no rule."""
    explained: int = 0
    """Fields of the format that the rows have."""
    missing: int = 0
    """Fields of the format that the rows do not have."""

    def __str__(self) -> str:
        named = f" ({self.layout})" if self.layout else ""
        return f"{self.format}{named}: {'; '.join(self.evidence)}"


@dataclass(frozen=True)
class Detected(Candidate):
    """The format that rows have."""

    runners_up: tuple[Candidate, ...] = ()
    """What else they could be, the likeliest first."""
    certain: bool = True
    """False where a runner-up explains the rows as well."""

    def __str__(self) -> str:
        lines = [Candidate.__str__(self) + ("" if self.certain else " (not certain)")]
        return "\n".join([*lines, *(f"or {other}" for other in self.runners_up)])


def detect(ds: Any) -> Detected:
    """Find the format of a dataset's rows.

    Args:
        ds: `Dataset`, `DatasetDict`, `IterableDataset` or `pa.Table`. Its first 1,000 rows are read.

    Returns:
        An object with `format`, `columns` (theirs → the format's), `evidence`, `runners_up` and
        `certain`; printed, it says all of this.

    Raises:
        FormatError: if no format fits, naming the columns and the nearest format.

    Example:
        >>> sft.detect(ds).format
        'alpaca'
    """
    return detect_table(with_class_names(first_rows(ds, SAMPLE), class_labels(ds)))


def detect_table(table: pa.Table) -> Detected:
    """Find the format of a table; see `detect`."""
    found = sorted(_candidates(table), key=_rank, reverse=True)
    if not found:
        raise FormatError(_nothing_fits(table))
    best, others = found[0], tuple(found[1:4])
    rival = [other for other in others if _rank(other) == _rank(best)]
    told = {name: getattr(best, name) for name in Candidate.__dataclass_fields__}
    return Detected(**told, runners_up=others, certain=not rival)


def _rank(candidate: Candidate) -> tuple[int, float, int, int]:
    """More fields explained, then more good rows, then own names, then fewer fields missing."""
    plain = 0 if candidate.layout else 1
    return candidate.explained, round(candidate.good, 1), plain, -candidate.missing


def _candidates(table: pa.Table) -> Iterable[Candidate]:
    for name in list_formats():
        candidate = _by_names(table, name)
        if candidate:
            yield candidate
    for layout in LAYOUTS.values():
        if layout.matches(table):
            candidate = _by_names(layout.apply(table), layout.format)
            if candidate:
                yield _in_layout(candidate, layout)


def _in_layout(candidate: Candidate, layout: Layout) -> Candidate:
    columns = {**{name: name for name in layout.needs}, **layout.columns}
    told = f"the columns {', '.join(columns)} of the layout {layout.name!r}"
    return replace(
        candidate,
        columns=columns,
        evidence=(told, *candidate.evidence[1:]),
        layout=layout.name,
        explained=candidate.explained + len(layout.needs),
    )


def _by_names(table: pa.Table, name: str) -> Candidate | None:
    """Give the candidate if the table has the format's own columns, with values that it can read."""
    format_ = get_format(name)
    try:
        adapted = format_.adapted(table)
    except FormatError:
        return None
    schema = format_.schema
    there = [field.name for field in schema if field.name in adapted.column_names]
    missing = set(schema.names) - set(there) - set(format_.defaults)
    telling = [column for column in there if not pa.types.is_null(adapted[column].type)]
    if missing or not telling or set(telling) <= set(format_.defaults):
        return None
    if not all(fits(adapted[column].type, schema.field(column).type) for column in there):
        return None
    if name.endswith("_think") and not _thinks(adapted, schema):
        return None
    try:
        good = _share_of_good(table, name)
    except FormatError:
        return None
    wanted, found = _leaves(schema), _leaves(table.schema)
    evidence = (
        f"the columns {', '.join(there)}",
        f"{good:.0%} of {len(table):,} rows break no rule",
    )
    return Candidate(
        name,
        {column: column for column in there},
        evidence,
        good=good + (0.2 if name.endswith("_think") else 0.0),  # its tags were seen
        explained=len(wanted & found),
        missing=len(wanted - found),
    )


def _leaves(schema: pa.Schema) -> set[str]:
    """Name every field of every column: `messages.role`."""
    leaves: set[str] = set()
    for field in schema:
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        is_medium = pa.types.is_struct(kind) and {part.name for part in kind} == {"bytes", "path"}
        if pa.types.is_struct(kind) and not is_medium:
            leaves |= {f"{field.name}.{part.name}" for part in kind}
        else:
            leaves.add(field.name)
    return leaves


def _share_of_good(table: pa.Table, name: str) -> float:
    """Say how many rows are good once they are canonical: names of roles, nulls and the like."""
    format_ = get_format(name)
    own = format_.own_columns(table)
    format_.take_in(own)
    for rule, broken in list(format_.findings(own)):
        if rule.mend is not None and np.any(broken):
            own = rule.mend(own)
    good = format_.check(own).to_numpy(zero_copy_only=False)
    return float(np.mean(good)) if len(good) else 1.0


def _thinks(table: pa.Table, schema: pa.Schema) -> bool:
    column = next(c for c in ("messages", "conversations", "output") if c in table.column_names)
    values = table[column]
    if not pa.types.is_null(values.type):  # may be large lists or dictionaries
        values = in_type(values, schema.field(column).type)
    if pa.types.is_list(values.type):
        flat = pc.list_flatten(values)
        part = "content" if "content" in {f.name for f in flat.type} else "value"
        values = pc.struct_field(flat, part)
    if pa.types.is_null(values.type):  # no row says anything
        return False
    return bool(pc.any(pc.match_substring(values, "</think>")).as_py())


def _nearness(has: set[str], format_: Format) -> float:
    wanted = set(format_.features)
    return len(wanted & has) - 0.1 * len(wanted - has - set(format_.defaults))


def _nothing_fits(table: pa.Table) -> str:
    has = set(table.column_names)
    formats = {name: get_format(name) for name in list_formats()}
    near = max(formats, key=lambda name: _nearness(has, formats[name]))
    known = "`hf-sft formats` lists what is known"
    if set(formats[near].features) & has:
        formats[near].adapted(table)  # stops with what is wrong, where it is the values
        known = f"The nearest is {near} ({', '.join(get_format(near).features)})"
    types = ", ".join(f"{field.name}: {field.type}" for field in table.schema)[:300]
    return (
        f"No format has these columns: {types or 'none'}. {known}. Name yours: "
        "columns={'your question': 'instruction', 'your answer': 'output'}, from_format='alpaca'."
    )
