"""What a format is: typed features, a documented row, and a lossless way to and from records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ValidationError

from hf_sft_builders.errors import FormatError, LossyConversion
from hf_sft_builders.records import LINEAGE, RECORD

if TYPE_CHECKING:
    import datasets


class Format(ABC):
    """Base of every format; one file each, an instance of it in `formats.FORMATS`."""

    name: str
    Row: type[BaseModel]
    """Documents one row and explains a bad one."""
    holds: frozenset[str]
    """Which columns of a record the format has a place for."""

    @property
    @abstractmethod
    def features(self) -> datasets.Features:
        """The format's own columns, typed; the same whatever the data."""

    @abstractmethod
    def from_records(self, table: pa.Table) -> pa.Table:
        """Turn records into rows of this format; lineage and unknown columns ride along.

        Raises:
            LossyConversion: if the records hold what the format has no place for.
            FormatError: if a row cannot be said in this format.
        """

    @abstractmethod
    def to_records(self, table: pa.Table) -> pa.Table:
        """Turn rows of this format into records."""

    @abstractmethod
    def check(self, table: pa.Table) -> pa.BooleanArray:
        """Say for each row whether a trainer can learn from it. Vectorised."""

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
        """Say what is wrong with one row."""
        row = {name: table[name][index].as_py() for name in table.column_names}
        try:
            self.Row.model_validate(row)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(map(str, problem["loc"])) or "row"
            return f"{place}: {problem['msg']}. Found: {str(row)[:300]}"
        return f"a trainer would drop it. Found: {str(row)[:300]}"

    def carried(self, table: pa.Table) -> dict[str, Any]:
        """Give the columns that ride along: lineage and those that no record knows."""
        own = set(RECORD.names) - set(LINEAGE)
        return {name: table[name] for name in table.column_names if name not in own}

    def refuse_losses(self, table: pa.Table) -> None:
        """Stop if records hold something that this format cannot.

        Raises:
            LossyConversion: naming the columns.
        """
        lost = [name for name in _filled(table) if name not in self.holds]
        if lost:
            raise LossyConversion(
                f"{self.name} has no place for {', '.join(lost)}. "
                f"Choose another format, or drop the columns first."
            )


def _filled(table: pa.Table) -> Iterable[str]:
    """Name the record columns that hold anything."""
    layout = {*LINEAGE, "content_hash", "input_start", "messages"}
    for name in RECORD.names:
        if name in table.column_names and name not in layout and _says_something(table[name]):
            yield name
    if "messages" in table.column_names:
        said = pc.list_flatten(table["messages"])
        for part in ("reasoning", "tool_calls"):
            if _says_something(pc.struct_field(said, part)):
                yield f"messages.{part}"


def _says_something(column: pa.ChunkedArray) -> bool:
    if column.null_count == len(column):
        return False
    if pa.types.is_string(column.type):
        return bool(pc.any(pc.not_equal(column, "")).as_py())
    if pa.types.is_list(column.type):
        return bool(pc.any(pc.greater(pc.list_value_length(column), 0)).as_py())
    return True


def first_bad(mask: np.ndarray) -> int | None:
    """Give the index of the first True, None where there is none."""
    hits = np.flatnonzero(mask)
    return int(hits[0]) if len(hits) else None
