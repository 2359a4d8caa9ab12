"""Rows of CSV, JSON and Parquet files, in batches, of types that are fixed before the first row.

Types come from the beginning of a file (`HEAD`), Parquet's from its footer. A later value that does not
fit is an error that names it, never a null: `types={"column": "string"}` says better.

The traps: Arrow reads `007` as 7, turns dates into times, and drops keys of structs that its schema
does not have. So types are found here, and keys are checked.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from hf_sft_builders.builders.csv_beginnings import delimiter_of, first_lines, type_of
from hf_sft_builders.builders.json_tables import NAMED, ROWS, json_schema, json_tables
from hf_sft_builders.documents.encoding import encoding_of
from hf_sft_builders.errors import ConfigurationError, FormatError, SourceError
from hf_sft_builders.formats.json_rows import JsonFile
from hf_sft_builders.formats.opening import (
    COMPRESSIONS,
    as_utf8,
    beginning,
    opened,
    opened_for_seeking,
    suffixes,
)
from hf_sft_builders.formats.parquet_reading import parquet_tables

HEAD = 2**20
"""Bytes of a file from which types are told."""

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
}
SUFFIXES = (*KINDS, *(kind + end for kind in KINDS if kind != ".parquet" for end in COMPRESSIONS))


def kind_of(uri: str) -> str:
    """Give `csv`, `json` or `parquet`; empty for any other file."""
    return KINDS.get(suffixes(uri)[0], "")


def check_type_names(types: object) -> None:
    """Refuse what `types=` does not take."""
    named = types.values() if isinstance(types, Mapping) else [types]
    for name in named:
        if types is not None and name not in NAMED:
            raise ConfigurationError(
                f"types={types!r}; expected one of {', '.join(NAMED)} for all columns, or a dict "
                'such as {"column": "string"}.'
            )


@dataclass(frozen=True)
class TableFile:
    """One file with rows."""

    uri: str
    options: Mapping[str, Any]
    types: Any = None
    """What the user said of columns: a name for all, or column → name."""
    block: int = 4 * 2**20
    """Bytes that are read at once."""

    def schema(self) -> pa.Schema:
        """Tell the columns and their types, from the beginning of the file.

        Raises:
            FormatError: It has no rows, or no types that hold for them.
        """
        kind = kind_of(self.uri)
        with self._open() as stream:
            if kind == "parquet":
                found = parquet.read_schema(stream)
                return pa.schema([_plain(field) for field in found], found.metadata)
            head = beginning(stream, HEAD)
        whole = len(head) < HEAD
        encoding = encoding_of(head, self.uri, whole)
        if kind == "csv":
            return self._csv_schema(first_lines(head, encoding, whole), whole)
        text = codecs.getincrementaldecoder(encoding)().decode(head, whole).encode()
        file = JsonFile(lambda: contextlib.nullcontext(io.BytesIO(text)), self.uri, whole=whole)
        return json_schema(file, self._said)

    def batches(self, schema: pa.Schema, dropped: Callable[[str], None]) -> Iterator[pa.Table]:
        """Give the rows as tables of this schema.

        Args:
            schema: The columns that all files of a dataset have.
            dropped: Told the reason of each row that cannot be kept.

        Raises:
            FormatError: A value does not fit, or a column is missing or new.
        """
        kind = kind_of(self.uri)
        try:
            yield from getattr(self, f"_{kind}_batches")(schema, dropped)
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeDecodeError) as error:
            raise FormatError(
                f"{self.uri}: {' '.join(str(error).split())[:300]}. The types were told from the "
                f'first {HEAD // 2**20} MiB. Say better ones: types={{"column": "string"}}, '
                '"json" for values of many shapes, or types="string" for all.'
            ) from None

    def _open(self) -> contextlib.AbstractContextManager[Any]:
        if kind_of(self.uri) == "parquet":
            return opened_for_seeking(self.uri, self.options)
        return opened(self.uri, storage_options=self.options)

    @contextlib.contextmanager
    def _looked_at(self, stream: Any) -> Iterator[tuple[bytes, Any]]:
        """Give the beginning of a file, and all of it as a stream."""
        head = beginning(stream, HEAD)
        if _rewound(stream):
            yield head, stream
            return
        with self._open() as again:
            yield head, again

    def _said(self, column: str) -> str:
        said = self.types.get(column, "") if isinstance(self.types, Mapping) else self.types
        return said or ""

    # CSV

    def _csv_schema(self, text: str, whole: bool) -> pa.Schema:
        rows = list(
            csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter_of(text))
        )
        if not whole and len(rows) > 2:
            rows.pop()  # may be cut within a quoted text
        if not rows or not rows[0]:
            raise FormatError(f"{self.uri}: no header line. Expected names of columns, then rows.")
        names = rows[0]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise FormatError(f"{self.uri}: columns of the same name: {', '.join(doubled)}.")
        full = [row for row in rows[1:] if len(row) == len(names)]
        columns = list(zip(*full, strict=True)) or [()] * len(names)
        return pa.schema(
            [
                (name, NAMED.get(self._said(name)) or type_of(values))
                for name, values in zip(names, columns, strict=True)
            ]
        )

    def _csv_batches(self, schema: pa.Schema, dropped: Callable[[str], None]) -> Iterator[pa.Table]:
        def handle(row: Any) -> str:
            dropped(f"row with {row.actual_columns} fields instead of {row.expected_columns}")
            return "skip"

        with self._open() as stream, self._looked_at(stream) as (head, rows):
            whole = len(head) < HEAD
            encoding = encoding_of(head, self.uri, whole)
            delimiter = delimiter_of(first_lines(head, encoding, whole))
            reader = arrow_csv.open_csv(
                rows,
                arrow_csv.ReadOptions(encoding=encoding, use_threads=False, block_size=self.block),
                arrow_csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=handle
                ),
                arrow_csv.ConvertOptions(column_types=schema, null_values=[""]),
            )
            self._check_columns(reader.schema.names, schema)
            for batch in reader:
                yield pa.Table.from_batches([batch]).select(schema.names)

    # JSON

    def _json_batches(
        self, schema: pa.Schema, dropped: Callable[[str], None]
    ) -> Iterator[pa.Table]:
        del dropped
        file = JsonFile(self._as_utf8, self.uri, self.block)
        return json_tables(file, schema, self._said)

    @contextlib.contextmanager
    def _as_utf8(self) -> Iterator[IO[bytes]]:
        """Open the file as UTF-8, whatever its encoding."""
        encoding = "utf-8"
        try:
            with self._open() as stream, self._looked_at(stream) as (head, all_of_it):
                encoding = encoding_of(head, self.uri, len(head) < HEAD)
                yield all_of_it if encoding == "utf-8" else as_utf8(all_of_it, encoding)
        except SourceError as error:
            if not isinstance(error.__cause__, UnicodeDecodeError):
                raise
            raise FormatError(
                f"{self.uri}: begins as {encoding}, and has bytes later on that do not fit "
                f"({error.__cause__.reason}). Save it as UTF-8."
            ) from error

    # Parquet

    def _parquet_batches(
        self, schema: pa.Schema, dropped: Callable[[str], None]
    ) -> Iterator[pa.Table]:
        del dropped
        with self._open() as stream:
            file = parquet.ParquetFile(stream)
            self._check_columns(file.schema_arrow.names, schema)
            for table in parquet_tables(file, ROWS * 10):
                yield table.select(schema.names).cast(schema)

    def _check_columns(self, names: list[str], schema: pa.Schema) -> None:
        if set(names) != set(schema.names):
            raise FormatError(
                f"{self.uri}: columns {', '.join(names)}; the files before have "
                f'{", ".join(schema.names)}. Pick files of one kind: files="…".'
            )


def _rewound(stream: Any) -> bool:
    """Go back to the beginning where a stream can: many can not, and some only say that they can."""
    try:
        stream.seek(0)
    except (OSError, ValueError):
        return False
    return True


def _plain(field: pa.Field) -> pa.Field:
    """Give a dictionary-encoded column its values' type."""
    kind = field.type
    return field.with_type(kind.value_type) if pa.types.is_dictionary(kind) else field
