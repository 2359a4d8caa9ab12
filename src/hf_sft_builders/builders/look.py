"""What is at an address: files, license, first rows. Nothing is fetched whole where ranges will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hf_sft_builders.builders.reading import Reading
from hf_sft_builders.builders.tables import TableFile, kind_of
from hf_sft_builders.documents import Chunking, readable_suffixes
from hf_sft_builders.documents.base import ReaderOptions
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.ledger import Ledger
from hf_sft_builders.licenses import UNKNOWN, Evidence
from hf_sft_builders.registry import PROTOCOLS
from hf_sft_builders.sources import LicenseLookup, Listing, SourceFile, resolve_uri
from hf_sft_builders.sources.files import files_at, is_license_file

BLOCK = 2**18
LARGEST_DOCUMENT = 64 * 2**20
"""Bytes; documents are read whole, and larger ones not for a look."""


@dataclass(frozen=True)
class Look:
    """What was found."""

    uri: str
    """The address, with its version."""
    files: list[SourceFile]
    license: Evidence
    shown: str = ""
    """The file that the rows are from; empty where none can be read."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    why_no_rows: str = ""


def look(uri: str, rows: int, storage_options: Mapping[str, Any] | None = None) -> Look:
    """Look at an address.

    Args:
        uri: A file, folder, glob or dataset of any protocol.
        rows: How many rows to read.
        storage_options: For fsspec.

    Raises:
        SourceError: Nothing is there.
        FormatError: The file that should be shown has no rows.
    """
    options = dict(storage_options or {})
    place = resolve_uri(uri, options)
    listing = Listing()
    files = list(files_at(place, options, listing))
    texts = [file.uri for file in files if is_license_file(file.uri)]
    lookup = LicenseLookup(None, texts, options, listing.pages)
    license = lookup(files[0].uri) if files else UNKNOWN
    shown = _most_telling(files)
    if shown is None:
        return Look(place, files, license, why_no_rows="No file here has a reader.")
    if not kind_of(shown.uri) and shown.size > LARGEST_DOCUMENT:
        why = f"{shown.uri} is read whole, and too large for a look."
        return Look(place, files, license, why_no_rows=why)
    reader = _table_rows if kind_of(shown.uri) else _chunks
    return Look(place, files, license, shown.uri, list(islice(reader(shown, options), rows)))


def _most_telling(files: list[SourceFile]) -> SourceFile | None:
    """Prefer a table, then a document; a README only where nothing else is."""
    known = [file for file in files if suffix_of(file.uri) in readable_suffixes()]
    readme = [file for file in known if "/readme" in file.uri.lower()]
    order = [
        *(file for file in files if kind_of(file.uri)),
        *(file for file in known if file not in readme),
        *readme,
    ]
    return order[0] if order else None


def _table_rows(file: SourceFile, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    ours = file.uri.partition("://")[0] in PROTOCOLS
    small = {**options, "block_size": BLOCK} if ours else options
    reader = TableFile(file.uri, small, block=BLOCK)
    for table in reader.batches(reader.schema(), lambda _: None):
        yield from table.to_pylist()


def _chunks(file: SourceFile, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    reading = Reading(
        ReaderOptions(), Chunking(), LARGEST_DOCUMENT, LicenseLookup(None, [], options), options
    )
    for row in reading.chunk_rows([file], Ledger()):
        yield {name: row[name] for name in ("title", "headings", "pages", "text")}
