"""Rows of CSV, JSON and Parquet files, in batches, of types that are fixed before the first row.

Types come from the beginning of a file (`HEAD`), Parquet's from its footer. A later value that does not
fit is an error that names it, never a null: `types={"column": "string"}` says better.

The traps: Arrow reads `007` as 7, turns dates into times, and drops keys of structs that its schema
does not have. So types are found here, and keys are checked.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from hf_sft_builders.builders.csv_beginnings import delimiter_of, first_lines, type_of
from hf_sft_builders.builders.json_objects import json_objects
from hf_sft_builders.documents.encoding import encoding_of
from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.formats.opening import (
    COMPRESSIONS,
    beginning,
    opened,
    opened_for_seeking,
    suffixes,
)

HEAD = 2**20
"""Bytes of a file from which types are told."""
ROWS = 1000

KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".parquet": "parquet",
}
SUFFIXES = (*KINDS, *(kind + end for kind in KINDS if kind != ".parquet" for end in COMPRESSIONS))
_NAMED = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "json": pa.string(),
}


def kind_of(uri: str) -> str:
    """Give `csv`, `json` or `parquet`; empty for any other file."""
    return KINDS.get(suffixes(uri)[0], "")


def check_type_names(types: object) -> None:
    """Refuse what `types=` does not take."""
    named = types.values() if isinstance(types, Mapping) else [types]
    for name in named:
        if types is not None and name not in _NAMED:
            raise ConfigurationError(
                f"types={types!r}; expected one of {', '.join(_NAMED)} for all columns, or a dict "
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
        rows = json_objects(io.BytesIO(head), self.uri, whole=whole, encoding=encoding)
        return self._json_schema(list(rows))

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
            with self._open() as stream:
                yield from getattr(self, f"_{kind}_batches")(stream, schema, dropped)
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
                (name, _NAMED.get(self._said(name)) or type_of(values))
                for name, values in zip(names, columns, strict=True)
            ]
        )

    def _csv_batches(
        self, stream: Any, schema: pa.Schema, dropped: Callable[[str], None]
    ) -> Iterator[pa.Table]:
        def handle(row: Any) -> str:
            dropped(f"row with {row.actual_columns} fields instead of {row.expected_columns}")
            return "skip"

        with self._looked_at(stream) as (head, rows):
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

    def _json_schema(self, rows: list[dict[str, Any]]) -> pa.Schema:
        if not rows:
            raise FormatError(
                f"{self.uri}: no rows. Expected a list of objects, or one in each line."
            )
        names = list(dict.fromkeys(name for row in rows for name in row))
        fields = []
        for name in names:
            try:
                found = pa.array([row.get(name) for row in rows]).type
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                found = None
                reason = " ".join(str(error).split())[:160]
            said = _NAMED.get(self._said(name))
            if said is None and found is None:
                raise FormatError(
                    f"{self.uri}: column {name!r} has values of many shapes ({reason}). "
                    f'Keep them as JSON text: types={{{name!r}: "json"}}.'
                )
            fields.append((name, said or (pa.string() if pa.types.is_null(found) else found)))
        return pa.schema(fields)

    def _json_batches(
        self, stream: Any, schema: pa.Schema, dropped: Callable[[str], None]
    ) -> Iterator[pa.Table]:
        rows: list[dict[str, Any]] = []
        with self._looked_at(stream) as (head, whole):
            encoding = encoding_of(head, self.uri, len(head) < HEAD)
            objects = json_objects(whole, self.uri, whole=True, encoding=encoding)
            for number, row in enumerate(objects, 1):
                rows.append(self._checked(row, schema, number))
                if len(rows) == ROWS:
                    yield pa.Table.from_pylist(rows, schema)
                    rows = []
        if rows:
            yield pa.Table.from_pylist(rows, schema)

    def _checked(self, row: dict[str, Any], schema: pa.Schema, number: int) -> dict[str, Any]:
        """Turn columns into JSON text where that was said; refuse keys that would vanish."""
        kept = {
            name: json.dumps(value, ensure_ascii=False)
            if self._said(name) == "json" and value is not None
            else str(value)
            if self._said(name) == "string" and isinstance(value, (int, float))
            else value
            for name, value in row.items()
        }
        for name, value in kept.items():
            place = schema.get_field_index(name)
            lost = name if place < 0 else _lost(value, schema.field(place).type, name)
            if lost:
                raise FormatError(
                    f"{self.uri}: row {number} has {lost!r}, which the rows at the beginning do not "
                    f'have. Keep the column as JSON text: types={{{name!r}: "json"}}.'
                )
        return kept

    # Parquet

    def _parquet_batches(
        self, stream: Any, schema: pa.Schema, dropped: Callable[[str], None]
    ) -> Iterator[pa.Table]:
        del dropped
        file = parquet.ParquetFile(stream)
        self._check_columns(file.schema_arrow.names, schema)
        for batch in file.iter_batches(ROWS * 10):
            yield pa.Table.from_batches([batch]).select(schema.names).cast(schema)

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


def _lost(value: Any, kind: pa.DataType, where: str) -> str:
    """Find a key that the type has no place for."""
    if isinstance(value, list) and pa.types.is_list(kind):
        return next(filter(None, (_lost(each, kind.value_type, where) for each in value)), "")
    if not isinstance(value, dict) or not pa.types.is_struct(kind):
        return ""
    for key, inner in value.items():
        place = kind.get_field_index(key)
        lost = (
            f"{where}.{key}"
            if place < 0
            else _lost(inner, kind.field(place).type, f"{where}.{key}")
        )
        if lost:
            return lost
    return ""
