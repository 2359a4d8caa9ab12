"""Rows of one format turned into another's: the kernel, Arrow in and Arrow out.

    rows → (layout) → source format → records → target format → (layout of one's own)

Columns that neither format knows ride along beside, untouched. What the target has no place for
is an error that names it; with `allow_loss` it is taken away and counted, field by field, and so
are the rows that the target cannot say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError, LossyConversion
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.layouts import LAYOUTS
from hf_sft_builders.formats.losses import without_fields
from hf_sft_builders.formats.tables import with_class_names
from hf_sft_builders.formats.turns import as_array
from hf_sft_builders.records import record_table
from hf_sft_builders.version import __version__


@dataclass(frozen=True)
class Conversion:
    """How rows of one layout become rows of another; a value, which `datasets` can hash."""

    source: str
    target: str
    layout: str = ""
    """Name of a known layout in which the rows come; empty where they have the format's names."""
    columns: tuple[tuple[str, str], ...] = ()
    """Their column → column of the source format."""
    own: tuple[tuple[str, str], ...] = ()
    """Column of a layout of one's own → column of the target; empty for the target's names."""
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Column of class numbers → the names of the classes."""
    allow_loss: bool = False
    version: str = field(default=__version__)

    def __call__(
        self, table: pa.Table, counts: Counter[str] | None = None, first: int = 0
    ) -> pa.Table:
        """Convert a table.

        Args:
            table: Rows, by preference not more than some ten thousand.
            counts: Gets what was lost.
            first: The number of the table's first row in the whole, for errors.

        Raises:
            LossyConversion: naming the fields or columns that would be lost.
            FormatError: for a row that cannot be read, or not be said in the target.
        """
        table = self._named(table)
        source, target = get_format(self.source), get_format(self.target)
        own = source.own_columns(table)
        aside = [name for name in table.column_names if name not in source.schema.names]
        records = record_table(source.take_in(own), table.num_rows)
        kept, rows = table.select(aside), table.num_rows
        if self.allow_loss:
            records, keep = _with_losses(
                records, self.target, Counter() if counts is None else counts
            )
            kept = kept.filter(pa.array(keep)) if records.num_rows < rows else kept
        else:
            target.refuse_losses(records)
            target.refuse_unsayable(records, first, kept)
        return self._joined(
            dict(target.lay_out(records)), kept, Counter() if counts is None else counts
        )

    def records(self, table: pa.Table) -> pa.Table:
        """Give the rows of a table as records, for those who look at what rows say."""
        table, source = self._named(table), get_format(self.source)
        return record_table(source.take_in(source.own_columns(table)), table.num_rows)

    def _named(self, table: pa.Table) -> pa.Table:
        """Give class numbers their names, and columns the source format's."""
        table = with_class_names(table, dict(self.labels))
        table = renamed(table, dict(self.columns))
        return LAYOUTS[self.layout].apply(table) if self.layout else table

    def _joined(self, told: dict[str, pa.Array], kept: pa.Table, counts: Counter[str]) -> pa.Table:
        """Put the target's columns and those that ride along side by side."""
        names = {theirs: mine for mine, theirs in self.own} or {name: name for name in told}
        shown = {names[name]: values for name, values in told.items() if name in names}
        lost = [name for name in told if name not in names and _says_something(told[name])]
        lost += [name for name in kept.column_names if name in shown]
        if lost and not self.allow_loss:
            raise LossyConversion(
                f"{self.target}: no place for {', '.join(lost)}: another column has that name, or "
                "your layout names none for it. Rename it first, name a column for it, or "
                "allow_loss=True."
            )
        counts.update(dict.fromkeys(lost, kept.num_rows))
        beside = {name: kept[name] for name in kept.column_names if name not in shown}
        return pa.table({**shown, **beside})


def _with_losses(
    records: pa.Table, target: str, counts: Counter[str]
) -> tuple[pa.Table, np.ndarray]:
    """Take away what the target cannot hold, and the records that it cannot say; count both."""
    format_ = get_format(target)
    lost = format_.losses(records)
    counts.update(lost)
    records = without_fields(records, lost)
    keep = np.ones(records.num_rows, dtype=bool)
    for rule in format_.sayable:
        broken = np.asarray(rule.broken(records), dtype=bool) & keep
        if broken.any():
            counts[f"rows ({rule.name})"] += int(broken.sum())
            keep &= ~broken
    return (records if keep.all() else records.filter(pa.array(keep))), keep


def _says_something(values: pa.Array | pa.ChunkedArray) -> bool:
    array = as_array(values)
    if pa.types.is_list(array.type):
        return bool(pc.any(pc.greater(pc.list_value_length(array), 0)).as_py())
    if pa.types.is_string(array.type):
        return bool(pc.any(pc.greater(pc.binary_length(array), 0)).as_py())
    return bool(array.null_count < len(array))


def renamed(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Rename columns.

    Raises:
        ConfigurationError: if a column is not there, or two would have one name.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise ConfigurationError(
            f"columns= names {missing[0]!r}; the rows have {', '.join(table.column_names)}."
        )
    after = [names.get(name, name) for name in table.column_names]
    twice = [name for name, count in Counter(after).items() if count > 1]
    if twice:
        raise ConfigurationError(
            f"Two columns would be called {twice[0]!r}. Rename or drop one of them first."
        )
    return table.rename_columns(after)
