"""A file of rows into a file of another format, table by table: it may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import pyarrow as pa

from hf_sft_builders.errors import SourceError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.conversion import renamed
from hf_sft_builders.formats.converting import account_of, batchwise, plan
from hf_sft_builders.formats.detection import SAMPLE, Detected, detect_table
from hf_sft_builders.formats.files import read_tables, write_tables
from hf_sft_builders.formats.loose_json import settled
from hf_sft_builders.formats.opening import Path
from hf_sft_builders.ledger import Ledger


class RowFile:
    """A file of rows, read as a stream; whoever asks for its format reads its first table.

    Args:
        path: Path or URL; `formats.files.KINDS` says of what kinds.
        columns: Your column → the column of a format.
        encoding: Of the text of JSON and CSV.

    Raises:
        SourceError: if it cannot be read, or has no rows.
        ConfigurationError: if `columns` names one that is not there.
    """

    def __init__(self, path: Path, columns: Mapping[str, str], encoding: str = "utf-8") -> None:
        read = read_tables(path, encoding=encoding)
        tables = (settled(table, ("id",)) for table in read)  # ids are text
        first = next(tables, None)
        if first is None or not first.num_rows:
            raise SourceError(f"{path}: no rows. There is nothing to convert.")
        self._first, self._rest, self._columns = first, tables, dict(columns)
        renamed(first, self._columns)

    def detect(self) -> Detected:
        """Find the format of the rows; see `sft.detect`."""
        return detect_table(renamed(self._first, self._columns).slice(0, SAMPLE))

    def convert(self, to: str, output: Path, from_format: str, *, allow_loss: bool) -> Ledger:
        """Write the rows in another format; a failure leaves the file that was there before.

        Raises:
            LossyConversion: naming what would be lost.
            FormatError: for a row that cannot be said in the format.
        """
        conversion = plan(
            self._first,
            to,
            from_format=from_format,
            columns=self._columns,
            allow_loss=allow_loss,
        )
        ledger = account_of(conversion)
        tables = chain([self._first], self._rest)
        made = batchwise(tables, conversion, ledger)
        write_tables(_typed(made, get_format(to).schema), output)
        return ledger


def _typed(tables: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Give the format's columns their types; those of a file keep theirs, and their marks."""
    for table in tables:
        fields = [
            schema.field(field.name) if field.name in schema.names else field
            for field in table.schema
        ]
        yield table.cast(pa.schema(fields))
