"""From files of records to planned dialogues: what `tool_dialogue` begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from hf_sft_builders.builders.reading import Reading
from hf_sft_builders.formats.files import read_tables
from hf_sft_builders.ledger import Ledger, Row, Source
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.sources.file_hash import file_sha256
from hf_sft_builders.synthesis.slots import RecordTable, Tool
from hf_sft_builders.synthesis.slots.planning import Plan, planned


@dataclass(frozen=True)
class RecordReading:
    """How records are read; all files of a split are one table."""

    tool: Tool
    plan: Plan
    reading: Reading

    def chunk_rows(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[Row]:
        """Read all files, and give the planned dialogues, each with the table and its source."""
        records: list[Row] = []
        steps = []
        for file in files:
            for table in read_tables(file.uri, storage_options=self.reading.storage_options):
                records += table.to_pylist()
            licenses = self.reading.license_of.licenses_of(file.uri)
            digest = file_sha256(file, self.reading.storage_options)
            ledger.counts["documents"] += 1
            ledger.sources.append(Source(file.uri, digest, "", licenses.content.id))
            steps.append(
                provenance_step(
                    step="source", uri=file.uri, sha256=digest, license=asdict(licenses.content)
                )
            )
        ledger.counts["records"] += len(records)
        typed = RecordTable.of(records).typed(self.tool)
        for row in planned(self.tool, typed, self.plan):
            yield {**row, "table": typed, "provenance": steps}
