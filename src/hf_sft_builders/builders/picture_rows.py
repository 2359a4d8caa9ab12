"""Rows of one picture each: of picture files, ZIPs of them, pages of PDFs, or a column of a table."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hf_sft_builders.builders.reading import Reading, source_step
from hf_sft_builders.builders.row_files import open_source
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.documents.images import SUFFIXES, PageImage, read_images
from hf_sft_builders.errors import DocumentError, FormatError, SourceError
from hf_sft_builders.formats.files import KINDS, read_tables
from hf_sft_builders.formats.media import media_lists
from hf_sft_builders.formats.opening import suffixes
from hf_sft_builders.ledger import Failure, Ledger, Row, Source
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import SourceFile, read_bytes

logger = logging.getLogger("hf_sft_builders")

ROW_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".parquet", ".arrow")
PICTURE_SUFFIXES = (*SUFFIXES, ".pdf", ".zip", *ROW_SUFFIXES)


@dataclass(frozen=True)
class PictureRows:
    """How pictures are found."""

    reading: Reading
    column: str = "image"
    """Of files of rows."""
    dpi: int = 144
    """Of pages of PDFs."""
    embed: bool = True
    """Whether rows hold the bytes of picture files, or their path alone."""

    def rows(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[Row]:
        """Give a row for each picture; what cannot be read is counted with its reason."""
        seen: set[str] = set()
        for file in files:
            try:
                if suffixes(file.uri)[0] in KINDS:
                    yield from self._of_table(file, ledger)
                else:
                    yield from self._of_file(file, ledger, seen)
            except DocumentError as error:
                _left_out(ledger, file.uri, error.reason)
            except (FormatError, SourceError) as error:
                _left_out(ledger, file.uri, str(error))
            except OSError as error:
                ledger.failures.append(Failure(file.uri, "could not be fetched", str(error)))

    def _of_file(self, file: SourceFile, ledger: Ledger, seen: set[str]) -> Iterator[Row]:
        if file.size > self.reading.max_bytes:
            raise DocumentError(file.uri, "too large", "Raise max_file_mb.")
        data = read_bytes(file.uri, self.reading.storage_options)
        licenses = self.reading.license_of.licenses_of(file.uri)
        ledger.counts["documents"] += 1
        for found in read_images(data, file.uri, dpi=self.dpi, passwords=self._passwords()):
            if isinstance(found, DocumentError):
                _left_out(ledger, found.uri, found.reason)
                continue
            pages = _pages(found)
            if not pages and found.sha256 in seen:
                ledger.drops["same picture again"] += 1
                continue
            seen.add(found.sha256)
            digest = hashlib.sha256(data).hexdigest() if pages else found.sha256
            name = digest[:12] + (f":page-{found.page}" if pages else "")
            title = PurePosixPath(found.uri.rpartition("#")[2]).name
            if found.page == 1:
                ledger.sources.append(Source(found.uri, digest, title, licenses.content.id))
            ledger.counts["pages"] += bool(pages)
            step = {**source_step(found.uri, digest, title, licenses), "pages": pages}
            yield _row(found, name, step, self._kept(found, file))

    def _passwords(self) -> tuple[str, ...]:
        return self.reading.options.passwords

    def _kept(self, found: PageImage, file: SourceFile) -> dict[str, Any]:
        """Give {bytes, path}: the path alone only of a file that is a picture itself."""
        if not self.embed and suffix_of(file.uri) in SUFFIXES:
            return {"bytes": None, "path": file.uri}
        path = PurePosixPath(found.uri.rpartition("#")[2])
        name = f"{path.stem}-p{found.page}.png" if _pages(found) else path.name
        return {"bytes": found.data, "path": name}

    def _of_table(self, file: SourceFile, ledger: Ledger) -> Iterator[Row]:
        source: tuple[dict[str, Any], str] | None = None
        number = 0
        for table in read_tables(file.uri, storage_options=self.reading.storage_options):
            if self.column not in table.column_names:
                raise FormatError(
                    f"no column {self.column!r}; found {', '.join(table.column_names)}. Name the "
                    "picture's column: image_column='…'"
                )
            source = source or open_source(self.reading, file, ledger)
            cells = media_lists(table[self.column]).to_pylist()
            named = table.column("id").to_pylist() if "id" in table.column_names else []
            for place, cell in enumerate(cells):
                ledger.counts["inputs"] += 1
                known = str(named[place]) if named and named[place] else f"{source[1]}:row-{number}"
                image = [_found_from(file.uri, medium) for medium in cell or ()]
                yield {"id": known, "image": image, "uri": file.uri, "provenance": [source[0]]}
                number += 1


def _row(found: PageImage, name: str, step: dict[str, Any], kept: dict[str, Any]) -> Row:
    return {
        "id": name,
        "image": kept,
        "uri": found.uri,
        "title": PurePosixPath(step["title"]).stem,
        "provenance": [provenance_step(**step)],
    }


def _pages(found: PageImage) -> list[int] | None:
    return [found.page] if suffix_of(found.uri) == ".pdf" else None


def _found_from(uri: str, medium: Mapping[str, Any]) -> dict[str, Any]:
    """Give a picture that a file of rows names, whose path may begin where the file is."""
    path = medium["path"]
    if medium["bytes"] or not path or "://" in path or PurePosixPath(path).is_absolute():
        return dict(medium)
    return {"bytes": None, "path": f"{uri.rpartition('/')[0]}/{path}"}


def _left_out(ledger: Ledger, uri: str, reason: str) -> None:
    ledger.unreadable[uri] = reason
    logger.warning("Left out: %s: %s", uri, reason)
