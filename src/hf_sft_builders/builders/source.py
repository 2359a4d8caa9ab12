"""`load_dataset("hf_sft_builders/source", data_files="kaggle://owner/dataset")`: whatever is there.

Tables (CSV, JSON, Parquet) become rows as they are, with `id` and `provenance`; documents become chunks,
as with `documents`. Where there is more than one kind, the error lists them and the line that picks one.

The same, by hand, but for `id` and `provenance`:

    rows = load_dataset("csv", data_files="rows.csv", split="train")

It asks no model (`extractive`: works, as with any). One row of a table:
    {"question": "…", "answer": "…", "id": "5d41402abc4b:17", "provenance": [source step]}
A column of the data that is called `id` or `provenance` becomes `source_id`, `source_provenance`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import ReadingConfig
from hf_sft_builders.builders.reading import chunk_features
from hf_sft_builders.builders.table_rows import (
    TableRows,
    all_files,
    names_of,
    pick,
    renamed,
    up_to,
)
from hf_sft_builders.builders.tables import SUFFIXES, check_type_names, kind_of
from hf_sft_builders.documents import readable_suffixes
from hf_sft_builders.documents.file_kinds import file_name
from hf_sft_builders.errors import SourceError
from hf_sft_builders.ledger import Ledger
from hf_sft_builders.sources import Listing, SourceFile, list_files


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
        pick(listing, options.get("files"))
        self.kind = _one_kind(listing)
        return listing

    def row_features(self) -> datasets.Features:
        """The columns of the tables, or those of chunks."""
        if self.kind == "document":
            return chunk_features()
        return datasets.Features.from_arrow_schema(self._schema())

    def tables(self, files: list[SourceFile], ledger: Ledger) -> Iterator[pa.Table]:
        """Give the rows of tables as they are, or the chunks of documents."""
        if self.kind == "document":
            yield from super().tables(files, ledger)
            return
        wanted = self.info.features.arrow_schema
        schema = self._table_rows().schema(all_files(self.listing))
        tables = self._table_rows().tables(self._with_progress(files), schema, ledger)
        for table in up_to(self.config.preview, tables):
            ledger.counts["rows"] += table.num_rows
            yield table.select(wanted.names).cast(wanted)

    def _table_rows(self) -> TableRows:
        return TableRows(self.storage_options, self.config.types, self.reading().license_of)

    def _schema(self) -> pa.Schema:
        return renamed(self._table_rows().schema(all_files(self.listing)))


def _one_kind(listing: Listing) -> str:
    kinds: dict[str, list[SourceFile]] = defaultdict(list)
    for files in listing.splits.values():
        for file in files:
            kinds[kind_of(file.uri) or "document"].append(file)
    if len(kinds) == 1:
        return next(iter(kinds))
    told = "\n".join(
        f'  files="*{PurePosixPath(file_name(files[0].uri)).suffix}": {len(files)} of kind {kind} '
        f"({names_of(files)})"
        for kind, files in kinds.items()
    )
    raise SourceError(f"There is more than one kind of file. Pick one:\n{told}")
