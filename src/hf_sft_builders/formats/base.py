"""What a format is: typed features, a documented row, rules, and a lossless way to and from records."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ValidationError

from hf_sft_builders.errors import FormatError, LossyConversion
from hf_sft_builders.formats.loose_json import parsed, settled, texts_rule
from hf_sft_builders.formats.losses import filled_fields
from hf_sft_builders.formats.rules import Rule, booleans, fits, in_type, safely_cast
from hf_sft_builders.formats.turns import repeated
from hf_sft_builders.formats.unsayable import found_in, unread
from hf_sft_builders.records import LINEAGE, RECORD, record_table

if TYPE_CHECKING:
    import datasets

_KNOWN = frozenset(RECORD.names)
_OWN = _KNOWN - set(LINEAGE)

Columns = Mapping[str, Any]
"""Column name → Arrow array."""


class Format(ABC):
    """Base of every format; one file each, an instance of it in `formats.FORMATS`.

    A format says what its columns are and what of a record it holds; how rows are checked,
    explained and converted follows from that.
    """

    name: str
    Row: type[BaseModel]
    """Documents one row and explains a bad one."""
    holds: frozenset[str]
    """Which columns of a record, or parts of its messages, the format has a place for."""
    rules: tuple[Rule, ...] = ()
    """What every row must be; each sees the format's own columns in the format's own types."""
    sayable: tuple[Rule, ...] = ()
    """What a *record* must be to be said in this format; each sees a table of records."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Columns that a user's file may leave out, and what they then are ("" or [])."""

    @property
    @abstractmethod
    def features(self) -> datasets.Features:
        """The format's own columns, typed; the same whatever the data."""

    @functools.cached_property
    def schema(self) -> pa.Schema:
        """The format's own columns as Arrow types."""
        return self.features.arrow_schema

    @abstractmethod
    def lay_out(self, records: pa.Table) -> Columns:
        """Give the format's own columns for records that it can hold and say. Vectorised."""

    @abstractmethod
    def take_in(self, table: pa.Table) -> Columns:
        """Give the record's columns for rows of this format (own columns, own types). Vectorised."""

    def from_records(self, table: pa.Table) -> pa.Table:
        """Turn records into rows of this format; lineage and unknown columns ride along.

        Raises:
            LossyConversion: if the records hold what the format has no place for.
            FormatError: if a row cannot be said in this format.
        """
        if not _KNOWN.issubset(table.column_names):
            columns = dict(zip(table.column_names, table.columns, strict=True))
            table = record_table(columns, table.num_rows)
        self.refuse_losses(table)
        self.refuse_unsayable(table)
        return pa.table({**self.lay_out(table), **self.carried(table)})

    def to_records(self, table: pa.Table) -> pa.Table:
        """Turn rows of this format into records; unknown columns ride along.

        Raises:
            FormatError: if a column is missing or has another type.
        """
        own, names = self.own_columns(table), self.schema.names
        carried = {name: table[name] for name in table.column_names if name not in names}
        return record_table({**carried, **self.take_in(own)}, table.num_rows)

    def own_columns(self, table: pa.Table) -> pa.Table:
        """Give the format's own columns in the format's own types.

        Raises:
            FormatError: if one is missing, and not optional, or has another type.
        """
        schema, names = self.schema, self.schema.names
        table = self.adapted(table)
        present = {name: table[name] for name in table.column_names if name in names}
        whole = {**self._absent(table), **present}
        for field in schema:
            if field.name not in whole:
                raise FormatError(
                    f"{self.name}: no column {field.name!r}; the rows have "
                    f"{', '.join(table.column_names) or 'none'}. "
                    f"Name yours: columns={{'yours': {field.name!r}}}."
                )
            if not fits(whole[field.name].type, field.type):
                raise FormatError(
                    f"{self.name}: column {field.name!r} is {whole[field.name].type}, expected "
                    f"{field.type}."
                )
        return pa.table({f.name: in_type(whole[f.name], f.type) for f in schema})

    def adapted(self, table: pa.Table) -> pa.Table:
        """Bring the format's own columns into its types, wherever there is one way to do that.

        Raises:
            FormatError: if values cannot be brought under one type.
        """
        schema = self.schema
        return booleans(self.adapt(parsed(settled(table, schema.names), schema)), schema)

    def adapt(self, table: pa.Table) -> pa.Table:
        """Bring columns that users have in other forms into the format's; nothing by default."""
        return table

    def _absent(self, table: pa.Table) -> dict[str, pa.Array]:
        schema = self.schema
        return {
            name: repeated(value, schema.field(name).type, table.num_rows)
            for name, value in self.defaults.items()
            if name not in table.column_names
        }

    # Rules

    def check(self, table: pa.Table) -> pa.BooleanArray:
        """Say for each row whether it breaks no rule. Vectorised."""
        good = np.ones(table.num_rows, dtype=bool)
        for _, broken in self.findings(table):
            good &= ~broken
        return pa.array(good)

    def findings(self, table: pa.Table) -> Iterator[tuple[Rule, np.ndarray]]:
        """Give each rule with a mask of the rows that break it, whatever the table holds.

        The format's own rules follow only where columns and types are right for all rows. Columns
        that may be left out (`defaults`) are no fault: trainers do without them too.
        """
        right, texts = True, texts_rule(self.schema)
        yield texts, texts.broken(table)
        table = self.adapt(settled(table, self.schema.names))
        for name, values in self._absent(table).items():
            table = table.append_column(name, values)
        for rule in (self.columns_rule(), self.types_rule()):
            broken = rule.broken(table)
            right &= not broken.any()
            yield rule, broken
            if not right and len(table):
                return
        if not right or not set(self.schema.names) <= set(table.column_names):
            return
        own = self.own_columns(table)
        for rule in self.rules:
            yield rule, np.asarray(rule.broken(own), dtype=bool)

    def columns_rule(self) -> Rule:
        """Every column is there that may not be left out."""
        names = [name for name in self.schema.names if name not in self.defaults]

        def missing(table: pa.Table) -> np.ndarray:
            return np.full(table.num_rows, not set(names) <= set(table.column_names))

        return Rule(
            "columns",
            ", ".join(names),
            f"the columns {', '.join(names)}",
            "Rename yours: columns={'yours': 'expected'}.",
            missing,
        )

    def types_rule(self) -> Rule:
        """Every column has the format's type."""
        schema = self.schema

        def wrong(table: pa.Table) -> np.ndarray:
            found = [f.name for f in schema if f.name in table.column_names]
            return np.full(
                table.num_rows,
                not all(fits(table[name].type, schema.field(name).type) for name in found),
            )

        def cast(table: pa.Table) -> pa.Table:
            for place, name in enumerate(table.column_names):
                if name in schema.names:
                    values = safely_cast(table[name], schema.field(name).type)
                    table = table.set_column(place, name, values)
            return table

        return Rule(
            "types",
            ", ".join(schema.names),
            ", ".join(f"{field.name}: {field.type}" for field in schema),
            "Cast the column, or let its format be found: sft.convert(ds, to=…).",
            wrong,
            cast,
        )

    def require(self, table: pa.Table) -> pa.Table:
        """Give the table back, or explain its first bad row.

        Raises:
            FormatError: with the row's index and what is wrong with it.
        """
        good = self.check(table)
        if pc.all(good).as_py() is not False:
            return table
        index = good.index(pa.scalar(False)).as_py()
        raise FormatError(f"{self.name}: row {index}: {self.explain(table, index)}")

    def explain(self, table: pa.Table, index: int) -> str:
        """Say what is wrong with one row: the first rule it breaks, and what was found."""
        row = table.slice(index, 1)
        found = str(row.to_pylist()[0])[:300]
        for rule, broken in self.findings(row):
            if broken.any():
                detail = self._detail(row)
                return f"{rule.name}: expected {rule.expected}.{detail} {rule.fix} Found: {found}"
        return f"nothing is wrong with it. Found: {found}"

    def _detail(self, row: pa.Table) -> str:
        """Say it in the words of the row's model, where that sees more than the rule."""
        try:
            self.Row.model_validate(row.to_pylist()[0])
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(map(str, problem["loc"]))
            return f" {place}{': ' if place else ''}{problem['msg']}."
        return ""

    # Records

    def carried(self, table: pa.Table) -> dict[str, Any]:
        """Give the columns that ride along: lineage and those that no record knows."""
        columns = enumerate(table.column_names)
        return {name: table.column(place) for place, name in columns if name not in _OWN}

    def losses(self, records: pa.Table) -> dict[str, int]:
        """Count, for each field that the format has no place for, the records that fill it."""
        return filled_fields(records, self.holds)

    def refuse_losses(self, records: pa.Table) -> None:
        """Stop if records hold something that this format cannot.

        Raises:
            LossyConversion: naming the columns.
        """
        if lost := self.losses(records):
            raise LossyConversion(
                f"{self.name} has no place for {', '.join(lost)}. "
                f"Choose another format, drop the columns first, or allow_loss=True."
            )

    def refuse_unsayable(
        self, records: pa.Table, first: int = 0, beside: pa.Table | None = None
    ) -> None:
        """Stop if a record cannot be said in this format.

        Args:
            records: A table of records.
            first: The number of its first row in the whole, for the error.
            beside: Columns of the same rows that were not read, where they are not in the records.

        Raises:
            FormatError: naming the first such record, what it is and what was expected.
        """
        for rule in self.sayable:
            index = first_bad(rule.broken(records))
            if index is not None:
                told = unread(records if beside is None else beside, self)
                raise FormatError(
                    f"{self.name}: row {first + index}: {found_in(records, index, rule)}; "
                    f"expected {rule.expected}. {rule.fix}{told}"
                )


def first_bad(mask: np.ndarray) -> int | None:
    """Give the index of the first True, None where there is none."""
    hits = np.flatnonzero(mask)
    return int(hits[0]) if len(hits) else None
