"""From files to chunk rows: what every builder that starts from documents begins with.

One chunk row:
    {"id": "3f2a90c1b7de:0-480", "text": "…", "uri": "docs/guide.pdf", "title": "云溪古城旅行指南",
     "headings": ["三、主要景点"], "pages": [2, 3], "start": 0, "end": 480, "language": "zh",
     "domain": None, "provenance": [source step, chunk step]}
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hf_sft_builders.documents import (
    Chunk,
    Chunking,
    Document,
    ReadingLimits,
    documents_in,
    split_document,
)
from hf_sft_builders.documents.base import ReaderOptions
from hf_sft_builders.errors import DocumentError, EndpointError, ModelError
from hf_sft_builders.ledger import Failure, Ledger, Row, Source
from hf_sft_builders.licenses import SourceLicenses
from hf_sft_builders.records import provenance_step
from hf_sft_builders.sources import LicenseLookup, SourceFile, read_bytes

if TYPE_CHECKING:
    import datasets

logger = logging.getLogger("hf_sft_builders")


@dataclass(frozen=True)
class Reading:
    """How files are read and cut; sent to workers as it is."""

    options: ReaderOptions
    chunking: Chunking
    max_bytes: int
    license_of: LicenseLookup
    storage_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    limits: ReadingLimits | None = None
    """What one file may use of time and memory; None reads in this process."""

    def chunk_rows(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[Row]:
        """Read and cut each file; what cannot be read is counted with its reason."""
        for file in files:
            licenses = self.license_of.licenses_of(file.uri)
            for document in self._documents(file, ledger):
                ledger.counts["pages"] += len(document.page_starts)
                ledger.usage.update(document.usage)
                known = (document.uri, document.sha256, document.title)
                source = enter_source(*known, licenses, ledger)
                for chunk in split_document(document, self.chunking):
                    ledger.counts["chunks"] += 1
                    yield chunk_row(document, chunk, source)

    def _documents(self, file: SourceFile, ledger: Ledger) -> Iterator[Document]:
        """Read a file; of an archive each member, those that cannot be read counted one by one."""
        with faults_counted(file, ledger):
            for found in documents_in(self._bytes(file), file.uri, self.options, self.limits):
                if isinstance(found, Document):
                    yield found
                else:
                    ledger.unreadable[found.uri] = found.reason
                    logger.info("Left out: %s", found)

    def _bytes(self, file: SourceFile) -> bytes:
        if file.size > self.max_bytes:
            raise DocumentError(
                file.uri,
                "too large",
                f"{file.size / 2**20:,.0f} MB; expected up to {self.max_bytes / 2**20:,.0f}. "
                "Split the file, or raise max_file_mb.",
            )
        return read_bytes(file.uri, self.storage_options)


@contextlib.contextmanager
def faults_counted(file: SourceFile, ledger: Ledger) -> Iterator[None]:
    """Count what goes wrong with one file, and go on: as unreadable, or to be tried again."""
    try:
        yield
    except DocumentError as error:
        ledger.unreadable[file.uri] = error.reason
        logger.warning("Left out: %s", error)
    except EndpointError:
        raise
    except ModelError as error:
        ledger.failures.append(Failure(file.uri, "page not read", str(error)))
        logger.warning("Failed, the same call tries it again: %s: %s", file.uri, error)
    except PermissionError as error:
        ledger.unreadable[file.uri] = "permission denied"
        logger.warning("Left out: %s", error)
    except OSError as error:
        ledger.failures.append(Failure(file.uri, "could not be fetched", str(error)))
        logger.warning("Failed, the same call tries it again: %s: %s", file.uri, error)


def chunk_features() -> datasets.Features:
    """Text, where it stands, and what it is about; lineage is added by the builder."""
    import datasets

    text, number = datasets.Value("string"), datasets.Value("int64")
    return datasets.Features(
        {
            **dict.fromkeys(("id", "text", "uri", "title"), text),
            "headings": [text],
            "pages": [datasets.Value("int32")],
            "start": number,
            "end": number,
            "language": text,
            "domain": text,
        }
    )


def chunk_row(document: Document, chunk: Chunk, source: dict[str, Any]) -> Row:
    """Make the row of one chunk."""
    return {
        "id": f"{document.sha256[:12]}:{chunk.start}-{chunk.end}",
        "text": chunk.text,
        "uri": document.uri,
        "title": document.title,
        "headings": list(chunk.headings),
        "pages": list(chunk.pages),
        "start": chunk.start,
        "end": chunk.end,
        "language": document.language,
        "domain": None,
        "provenance": [source, _chunk_step(document, chunk)],
    }


def enter_source(
    uri: str, sha256: str, title: str, licenses: SourceLicenses, ledger: Ledger
) -> dict[str, Any]:
    """Count a file; give the first step of provenance: the file, and what is known of its license."""
    ledger.counts["documents"] += 1
    ledger.sources.append(Source(uri, sha256, title, licenses.content.id))
    return source_step(uri, sha256, title, licenses)


def source_step(uri: str, sha256: str, title: str, licenses: SourceLicenses) -> dict[str, Any]:
    """Give that step of a file which is counted elsewhere, or of a part of one."""
    annotations = licenses.annotations
    return provenance_step(
        step="source",
        uri=uri,
        sha256=sha256,
        title=title,
        license=asdict(licenses.content),
        annotations_license=asdict(annotations) if annotations.raw else None,
    )


def _chunk_step(document: Document, chunk: Chunk) -> dict[str, Any]:
    reader, read = document.read_by
    starts = [max(chunk.start, document.page_starts[page - 1]) for page in chunk.pages]
    return provenance_step(
        step="chunk",
        headings=list(chunk.headings),
        pages=list(chunk.pages),
        page_starts=starts,
        model=reader if {*chunk.pages} & {*read} else None,
        span={"start": chunk.start, "end": chunk.end},
    )
