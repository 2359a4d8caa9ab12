"""CSV and TSV: one table.

The trap: a semicolon or a tab may part the cells of a file called `.csv`, and cells may hold commas.
"""

from __future__ import annotations

import csv
import io

from hf_sft_builders.documents.base import Document, ReaderOptions
from hf_sft_builders.documents.block_document import document_of
from hf_sft_builders.documents.encoding import decode
from hf_sft_builders.documents.file_kinds import refuse_other_kinds
from hf_sft_builders.documents.pipe_tables import table_block
from hf_sft_builders.errors import DocumentError

name = "delimited"
suffixes = (".csv", ".tsv")

MAX_CELLS = 1_000_000
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read the file, or raise `DocumentError` with the reason why it cannot be read."""
    refuse_other_kinds(data, uri, "text")
    text, encoding = decode(data, uri)
    notes = [] if encoding == "utf-8" else [f"decoded as {encoding}"]
    rows: list[list[str]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, uri)):
            cells += len(row)
            if cells > MAX_CELLS:
                notes.append(f"only the first {len(rows):,} rows were read")
                break
            if any(cell.strip() for cell in row):
                rows.append([cell.replace("\r\n", "\n") for cell in row])
    except csv.Error as error:
        raise DocumentError(uri, "damaged", f"Row {len(rows) + 1}: {error}.") from error
    block = table_block(rows)
    return document_of([block] if block else [], data, uri, notes=notes)


def _delimiter(text: str, uri: str) -> str:
    """Take what parts the lines into as many cells each; of several, what makes most cells."""
    if uri.lower().endswith(".tsv"):
        return "\t"
    sample = text[:_SAMPLE]
    lines = sample.splitlines()[:-1] if len(text) > _SAMPLE else sample.splitlines()

    def fit(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if not widths or max(widths) == 1:
            return 0.0, 0
        usual = max(set(widths), key=widths.count)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual

    try:
        return max(_DELIMITERS, key=fit)
    except csv.Error:
        return ","
