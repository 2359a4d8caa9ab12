"""`load_dataset("hf_sft_builders/source", data_files="kaggle://owner/dataset")`: whatever is there.

Tables (CSV, JSON, Parquet) become rows as they are, with `id` and `provenance`; documents become chunks,
as with `documents`. Where there is more than one kind, the error lists them and the line that picks one.

One row of a table:
    {"question": "…", "answer": "…", "id": "5d41402abc4b:17", "provenance": [source step]}
A column of the data that is called `id` or `provenance` becomes `source_id`, `source_provenance`.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import ReadingConfig
from hf_sft_builders.builders.reading import chunk_features
from hf_sft_builders.builders.tables import SUFFIXES, TableFile, check_type_names, kind_of
from hf_sft_builders.documents import readable_suffixes
from hf_sft_builders.errors import FormatError, SourceError
from hf_sft_builders.ledger import Ledger, Outcome, Source
from hf_sft_builders.records import LINEAGE, PROVENANCE_STEP, provenance_step
from hf_sft_builders.sources import Listing, SourceFile, list_files
from hf_sft_builders.sources.known_schemas import known_schema

_ABOUT = (
    "readme*",
    "dataset-metadata.json",
    "datapackage.json",
    "croissant.json",
    "dataset_infos.json",
)
_LOOKED_AT = 20
"""Files whose columns are compared before the first row; the rest when they are read."""


@dataclass
class SourceConfig(ReadingConfig):
    """Options of the builder `source`."""

    files: str | None = None
    """Which of the files (`*.csv`, `train/*.jsonl`), where there is more than one kind."""
    types: Any = None
    """Types of columns: `string`, `int`, `float`, `bool`, `json`; one for all, or column → type."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_type_names(self.types)


class SourceRows(SFTBuilder):
    """What a source holds, as rows."""

    BUILDER_CONFIG_CLASS = SourceConfig

    def list_files(self, data_dir: Any, data_files: Any, options: dict[str, Any]) -> Listing:
        """List the files, and keep those of the one kind that is there or that `files=` picks."""
        suffixes = (*SUFFIXES, *readable_suffixes())
        listing = list_files(data_dir, data_files, suffixes, self.storage_options)
        _pick(listing, options.get("files"))
        self.kind = _one_kind(listing)
        return listing

    def row_features(self) -> datasets.Features:
        """The columns of the tables, or those of chunks."""
        if self.kind == "document":
            return chunk_features()
        return datasets.Features.from_arrow_schema(_renamed(self._schema()))

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Each chunk is a row."""
        return (Outcome(rows=(chunk,)) for chunk in chunks)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Chunks as they are."""
        return pa.Table.from_pylist(rows, schema=self.info.features.arrow_schema)

    def _generate_tables(self, files: list[SourceFile]) -> Iterator[tuple[int, pa.Table]]:
        if self.kind == "document":
            yield from super()._generate_tables(files)
            return
        ledger, schema, number = Ledger(builder=self.short_name), self._schema(), 0
        wanted = self.info.features.arrow_schema
        for file in self._with_progress(files):
            step, before = self._source_step(file, ledger), 0
            for table in self._rows(file, schema, ledger):
                made = _with_lineage(table, file.uri, step, before)
                before += table.num_rows
                ledger.counts["rows"] += table.num_rows
                yield number, made.select(wanted.names).cast(wanted)
                number += 1
        self._hand_in(files, ledger)

    def _rows(self, file: SourceFile, schema: pa.Schema, ledger: Ledger) -> Iterator[pa.Table]:
        """Give a file's tables, up to `preview`."""
        reader = TableFile(file.uri, self.storage_options, self.config.types)
        for table in reader.batches(schema, lambda reason: ledger.drops.update([reason])):
            left = table.num_rows
            if self.config.preview is not None:
                left = self.config.preview - ledger.counts["rows"]
            if left <= 0:
                return
            yield table.slice(0, left)

    def _source_step(self, file: SourceFile, ledger: Ledger) -> dict[str, Any]:
        licenses = self.reading().license_of.licenses_of(file.uri)
        annotations = licenses.annotations
        digest = file.stamp.partition("sha256:")[2] or _local_digest(file.uri)
        title = PurePosixPath(file.uri.partition("::")[0]).name
        ledger.counts["documents"] += 1
        ledger.sources.append(Source(file.uri, digest, title, licenses.content.id))
        return provenance_step(
            step="source",
            uri=file.uri,
            sha256=digest,
            title=title,
            license=asdict(licenses.content),
            annotations_license=asdict(annotations) if annotations.raw else None,
        )

    def _schema(self) -> pa.Schema:
        files = [file for files in self.listing.splits.values() for file in files]
        key = (self.config.types, [(file.uri, file.stamp) for file in files[:_LOOKED_AT]])
        return known_schema(repr(key), lambda: self._find_schema(files[:_LOOKED_AT]))

    def _find_schema(self, files: list[SourceFile]) -> pa.Schema:
        found = [TableFile(f.uri, self.storage_options, self.config.types).schema() for f in files]
        by_columns: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for file, schema in zip(files, found, strict=True):
            by_columns[tuple(schema.names)].append(file.uri)
        if len({frozenset(names) for names in by_columns}) > 1:
            told = "\n".join(
                f"  files={_name(uris[0])!r}: {', '.join(names)}"
                for names, uris in by_columns.items()
            )
            raise SourceError(f"The files hold different columns. Pick one kind:\n{told}")
        try:
            return pa.unify_schemas(found, promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise FormatError(
                f'The files\' types differ: {error}. Say which: types={{"column": "string"}}.'
            ) from None


def _pick(listing: Listing, pattern: str | None) -> None:
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
            raise SourceError(f"files={pattern!r} names none of: {_names(files)}.")
        listing.ignored.update((file.uri, reason) for file in files if file not in kept)
        listing.splits[split] = kept


def _one_kind(listing: Listing) -> str:
    kinds: dict[str, list[SourceFile]] = defaultdict(list)
    for files in listing.splits.values():
        for file in files:
            kinds[kind_of(file.uri) or "document"].append(file)
    if len(kinds) == 1:
        return next(iter(kinds))
    told = "\n".join(
        f'  files="*{PurePosixPath(_name(files[0].uri)).suffix}": {len(files)} of kind {kind} '
        f"({_names(files)})"
        for kind, files in kinds.items()
    )
    raise SourceError(f"There is more than one kind of file. Pick one:\n{told}")


def _is_about(uri: str) -> bool:
    return any(fnmatch(_name(uri).lower(), pattern) for pattern in _ABOUT)


def _fits(uri: str, pattern: str) -> bool:
    path = uri.partition("::")[0]
    return fnmatch(_name(uri), pattern) or fnmatch(path, f"*/{pattern}")


def _name(uri: str) -> str:
    return PurePosixPath(uri.partition("::")[0]).name


def _names(files: list[SourceFile]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return ", ".join(_name(file.uri) for file in files[:5]) + more


def _local_digest(uri: str) -> str:
    """Hash a local file; remote ones, unless their platform gives a hash, would be fetched twice."""
    if "://" in uri:
        return ""
    with Path(uri).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _renamed(schema: pa.Schema) -> pa.Schema:
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
    table = table.rename_columns(_renamed(table.schema).names)
    ids = [f"{stem}:{number}" for number in range(before, before + table.num_rows)]
    one = pa.array([[step]], pa.list_(PROVENANCE_STEP))
    steps = one.take(pa.array([0] * table.num_rows, pa.int64()))
    made = table.append_column("id", pa.array(ids, pa.string()))
    return made.append_column("provenance", steps)
