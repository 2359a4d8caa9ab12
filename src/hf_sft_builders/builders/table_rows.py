"""Rows of the tables of a source, each knowing the file it is from: what `source` and `convert` begin with."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import pyarrow as pa

from hf_sft_builders.builders.reading import enter_source
from hf_sft_builders.builders.tables import TableFile
from hf_sft_builders.documents.file_kinds import file_name
from hf_sft_builders.errors import ConfigurationError, FormatError, SourceError
from hf_sft_builders.ledger import MANIFEST_NAME, Ledger
from hf_sft_builders.records import LINEAGE, PROVENANCE_STEP
from hf_sft_builders.sources import LicenseLookup, Listing, SourceFile
from hf_sft_builders.sources.file_hash import file_sha256
from hf_sft_builders.sources.known_schemas import known_schema

_ABOUT = (
    "readme*",
    "dataset-metadata.json",
    "datapackage.json",
    "croissant.json",
    "dataset_infos.json",
    MANIFEST_NAME,
)
_LOOKED_AT = 20
"""Files whose columns are compared before the first row; the rest when they are read."""


@dataclass(frozen=True)
class TableRows:
    """How the tables of a source are read."""

    storage_options: Mapping[str, Any]
    types: Any
    """What the user said of columns: a name for all, or column → name."""
    license_of: LicenseLookup

    def schema(self, files: list[SourceFile]) -> pa.Schema:
        """Tell the columns that all files have, before the first row.

        Raises:
            SourceError: the files hold different columns.
            FormatError: their types differ.
            ConfigurationError: `types=` names a column that is not there.
        """
        first = files[:_LOOKED_AT]
        key = (self.types, [(file.uri, file.stamp) for file in first])
        return known_schema(repr(key), lambda: self._find_schema(first))

    def tables(
        self, files: Iterable[SourceFile], schema: pa.Schema, ledger: Ledger
    ) -> Iterator[pa.Table]:
        """Give the rows of files, with `id` and `provenance`; what cannot be kept is counted."""
        for file in files:
            step, before = self._source_step(file, ledger), 0
            reader = TableFile(file.uri, self.storage_options, self.types)
            for table in reader.batches(schema, lambda reason: ledger.drops.update([reason])):
                yield _with_lineage(table, file.uri, step, before)
                before += table.num_rows

    def _source_step(self, file: SourceFile, ledger: Ledger) -> dict[str, Any]:
        licenses = self.license_of.licenses_of(file.uri)
        digest = file_sha256(
            file, self.storage_options, fetch=False
        )  # tables would be fetched twice
        return enter_source(file.uri, digest, file_name(file.uri), licenses, ledger)

    def _find_schema(self, files: list[SourceFile]) -> pa.Schema:
        found = [TableFile(f.uri, self.storage_options, self.types).schema() for f in files]
        by_columns: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for file, schema in zip(files, found, strict=True):
            by_columns[tuple(schema.names)].append(file.uri)
        if len({frozenset(names) for names in by_columns}) > 1:
            told = "\n".join(
                f"  files={file_name(uris[0])!r}: {', '.join(names)}"
                for names, uris in by_columns.items()
            )
            raise SourceError(f"The files hold different columns. Pick one kind:\n{told}")
        self._require_columns(found[0].names)
        try:
            return pa.unify_schemas(found, promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise FormatError(
                f'The files\' types differ: {error}. Say which: types={{"column": "string"}}.'
            ) from None

    def _require_columns(self, there: list[str]) -> None:
        typed = self.types if isinstance(self.types, Mapping) else {}
        if strange := [name for name in typed if name not in there]:
            raise ConfigurationError(
                f"types= names {', '.join(map(repr, strange))}; the columns are {', '.join(there)}."
            )


def all_files(listing: Listing) -> list[SourceFile]:
    """Give the files of all splits."""
    return [file for files in listing.splits.values() for file in files]


def pick(listing: Listing, pattern: str | None) -> None:
    """Keep the files that the pattern names, or leave out what only tells about the others."""
    for split, files in listing.splits.items():
        data = [file for file in files if not _is_about(file.uri)]
        kept = data or files
        if pattern:
            kept = [file for file in files if _fits(file.uri, pattern)]
            reason = f"not files={pattern!r}"
        else:
            reason = "tells about the dataset"
        if not kept:
            raise SourceError(f"files={pattern!r} names none of: {names_of(files)}.")
        listing.ignored.update((file.uri, reason) for file in files if file not in kept)
        listing.splits[split] = kept


def _is_about(uri: str) -> bool:
    return any(fnmatch(file_name(uri).lower(), pattern) for pattern in _ABOUT)


def _fits(uri: str, pattern: str) -> bool:
    path = uri.partition("::")[0]
    return fnmatch(file_name(uri), pattern) or fnmatch(path, f"*/{pattern}")


def names_of(files: list[SourceFile]) -> str:
    """Name the first files, for errors."""
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(file_name(file.uri) for file in files[:5]) + more


def up_to(rows: int | None, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Give tables until there are so many rows; None for all."""
    for table in tables:
        yield table if rows is None else table.slice(0, rows)
        rows = None if rows is None else rows - table.num_rows
        if rows is not None and rows <= 0:
            return


def renamed(schema: pa.Schema) -> pa.Schema:
    """Make room for our lineage columns beside the data's own of the same name."""
    names = list(schema.names)
    for ours in LINEAGE:
        if ours in names:
            new = f"source_{ours}"
            while new in names:
                new = f"source_{new}"
            names[names.index(ours)] = new
    fields = [field.with_name(name) for field, name in zip(schema, names, strict=True)]
    return pa.schema(fields)


def _with_lineage(table: pa.Table, uri: str, step: dict[str, Any], before: int) -> pa.Table:
    """Add `id` (place of the file without its version, number of the row) and `provenance`."""
    place = re.sub(r"@[^/]*", "", uri) if "://" in uri else uri
    stem = hashlib.sha256(place.encode()).hexdigest()[:12]
    table = table.rename_columns(renamed(table.schema).names)
    ids = [f"{stem}:{number}" for number in range(before, before + table.num_rows)]
    one = pa.array([[step]], pa.list_(PROVENANCE_STEP))
    steps = one.take(pa.array([0] * table.num_rows, pa.int64()))
    made = table.append_column("id", pa.array(ids, pa.string()))
    return made.append_column("provenance", steps)
