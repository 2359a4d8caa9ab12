"""`load_dataset("hf_sft_builders/convert", data_files="rows.jsonl", format="sharegpt")`: another format.

Any local or remote JSON, JSONL, CSV or Parquet, of any format or layout that `sft.detect` knows.
The same, by hand:

    rows = load_dataset("hf_sft_builders/source", data_files="rows.csv", split="train")
    rows = sft.convert(rows, to="sharegpt")

It asks no model (`extractive`: works, as with any). One row in the default format:
    {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}],
     "id": "5d41402abc4b:17", "provenance": [source step]}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import ReadingConfig
from hf_sft_builders.builders.table_rows import TableRows, all_files, pick, renamed, up_to
from hf_sft_builders.builders.tables import SUFFIXES, check_type_names
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.conversion import Conversion
from hf_sft_builders.formats.converting import output_features, plan, tell
from hf_sft_builders.ledger import Ledger
from hf_sft_builders.records import LINEAGE
from hf_sft_builders.sources import Listing, SourceFile, list_files

_HEAD_ROWS = 1000


@dataclass
class ConvertConfig(ReadingConfig):
    """Options of the builder `convert`."""

    format: str = "messages"
    """The format of the rows that come out."""
    from_format: str | None = None
    """The format or layout of the files; told from their first rows if not given."""
    columns: Any = None
    """Your column → the column of `from_format`, where yours have other names."""
    allow_loss: bool = False
    """Take away what the format has no place for, and count it, rather than raise."""
    files: str | None = None
    """Which of the files (`*.csv`, `train/*.jsonl`), where they hold different columns."""
    types: Any = None
    """Types of columns: `string`, `int`, `float`, `bool`, `json`; one for all, or column → type."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_type_names(self.types)
        get_format(self.format)


class ConvertRows(SFTBuilder):
    """Rows of files, in another format."""

    BUILDER_CONFIG_CLASS = ConvertConfig

    def list_files(self, data_dir: Any, data_files: Any, options: dict[str, Any]) -> Listing:
        """List the files that hold rows."""
        listing = list_files(data_dir, data_files, SUFFIXES, self.storage_options)
        pick(listing, options.get("files"))
        return listing

    def row_features(self) -> datasets.Features:
        """The format's columns, and those of the files that ride along."""
        features = output_features(self._head, self._conversion)
        return datasets.Features({n: kind for n, kind in features.items() if n not in LINEAGE})

    def tables(self, files: list[SourceFile], ledger: Ledger) -> Iterator[pa.Table]:
        """Convert the rows of files."""
        wanted, done = self.info.features.arrow_schema, 0
        tables = self._rows.tables(self._with_progress(files), self._schema, ledger)
        for table in up_to(self.config.preview, tables):
            counts: Counter[str] = Counter()
            made = self._conversion(table, counts, done)
            done += table.num_rows
            tell(ledger, table.num_rows, made.num_rows, counts)
            yield made.select(wanted.names).cast(wanted)

    @cached_property
    def _rows(self) -> TableRows:
        return TableRows(self.storage_options, self.config.types, self.reading().license_of)

    @property
    def _schema(self) -> pa.Schema:
        return self._rows.schema(all_files(self.listing))

    @cached_property
    def _head(self) -> pa.Table:
        """The first rows, from which the format is told; an empty file gives an empty table."""
        tables = self._rows.tables(all_files(self.listing)[:1], self._schema, Ledger())
        found = list(islice(up_to(_HEAD_ROWS, tables), 10))
        return pa.concat_tables(found) if found else renamed(self._schema).empty_table()

    @cached_property
    def _conversion(self) -> Conversion:
        return plan(
            self._head,
            self.config.format,
            from_format=self.config.from_format,
            columns=self.config.columns,
            allow_loss=self.config.allow_loss,
        )
