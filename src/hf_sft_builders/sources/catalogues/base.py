"""What a catalogue of datasets is: it is asked a query, and gives the datasets that it found.

Catalogues write the same thing in many ways; the functions here read them all: dates, sizes,
licenses, formats, papers. Whatever is not known stays empty, never guessed.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from hf_sft_builders.sources.catalogue_http import TIMEOUT


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. Every filter that is given must hold."""

    text: str
    """Words, in any language."""
    formats: tuple[str, ...] = ()
    """Any of these, as file suffixes without the dot: csv, json, parquet, zip, …"""
    licenses: tuple[str, ...] = ()
    """Any of these: an id (`cc-by-4.0`), or a family without its version (`cc-by`)."""
    commercial: bool | None = None
    """Whether commercial use is known to be allowed."""
    share_adaptations: bool | None = None
    """Whether sharing what is made from it is known to be allowed."""
    updated_since: date | None = None
    sources: tuple[str, ...] = ()
    """Names of catalogues; none means all."""
    fields: tuple[str, ...] = ()
    """Any of these: medicine, law, finance, …, in English or Chinese."""
    limit: int = 20
    """How many results are wanted."""
    timeout: float = TIMEOUT
    """Seconds that each catalogue has."""

    @property
    def depth(self) -> int:
        """How many results to ask a catalogue for: more where we sort out ourselves."""
        filters = (self.formats, self.licenses, self.fields, self.updated_since)
        sorts_out = any(filters) or self.commercial or self.share_adaptations
        return min(100, self.limit * (3 if sorts_out else 1))


@dataclass(frozen=True, slots=True)
class FoundDataset:
    """One dataset that a catalogue knows."""

    source: str
    """Name of the catalogue."""
    id: str
    """The catalogue's own id."""
    uri: str
    """What `data_files=` takes, or, where not `loadable`, the page where a person must click."""
    loadable: bool
    url: str
    """The dataset's page, for people."""
    title: str
    description: str = ""
    license_raw: str = ""
    """As the catalogue writes it."""
    license: str = "unknown"
    """The Hub's id, or `unknown`."""
    commercial: bool | None = None
    """Whether the license allows commercial use; None where that is not known."""
    share_adaptations: bool | None = None
    license_is_default: bool = False
    """Whether it may be what the platform writes where nobody said anything; allows nothing then."""
    size: int | None = None
    """Bytes."""
    formats: tuple[str, ...] = ()
    updated: date | None = None
    downloads: int | None = None
    papers: tuple[str, ...] = ()
    """Papers that belong to it: `arXiv:2101.00001`, `doi:10.1000/x`, or a citation."""
    fields: tuple[str, ...] = ()
    """Subjects, tags and categories, as the catalogue writes them."""
    doi: str = ""
    files: tuple[str, ...] = ()
    """URLs of its files, where the catalogue tells them."""
    also: tuple[str, ...] = ()
    """The same dataset elsewhere."""

    @property
    def data_files(self) -> list[str]:
        """What to pass as `data_files=`: the files' URLs, or the one URI."""
        return list(self.files) or [self.uri]


class Catalogue(Protocol):
    """A place where datasets can be looked up. Must be safe to ask from a thread."""

    name: str
    """As `source=` names it."""

    def search(self, query: Query) -> Iterable[FoundDataset]:
        """Give up to `query.depth` datasets, best first.

        Filters need not be applied: `sft.search` applies them to all catalogues alike.

        Raises:
            SourceError: It could not be asked; one line that says why.
        """
        ...


def endpoint(name: str, default: str) -> str:
    """Give a catalogue's address, which `HF_SFT_<NAME>_ENDPOINT` replaces."""
    return (os.environ.get(f"HF_SFT_{name.upper()}_ENDPOINT") or default).rstrip("/")


def pages(page: Callable[[int, int], list[Any]], wanted: int, size: int) -> Iterator[Any]:
    """Give up to `wanted` items of a paged listing: `page(number from 1, size)` until one is short."""
    size = min(size, wanted)
    number = given = 0
    while given < wanted:
        number += 1
        items = page(number, size)
        yield from items[: wanted - given]
        given += len(items)
        if len(items) < size:
            return


def search_words(text: str) -> str:
    """Take out what search engines with a query language would read as commands."""
    without_marks = re.sub(r'[+=&|><!(){}\[\]^"~*?:\\/]', " ", text)
    return " ".join(re.sub(r"(?<!\w)-", " ", without_marks).split())


def plain(text: Any, longest: int = 2000) -> str:
    """Make one line of plain text from what may be HTML, several lines, or nothing."""
    without_tags = re.sub(r"<[^<>]{1,1000}>", " ", str(text or "")[: longest * 4])
    return " ".join(html.unescape(without_tags).split())[:longest]


def day(value: Any) -> date | None:
    """Read a date as catalogues write it: ISO, a year, a moment, seconds or milliseconds."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC).date()
    match = re.match(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2}))?)?(?!\d)", text)
    if not match:
        return None
    year, month, of_month = (int(part or 1) for part in match.groups())
    try:
        return date(year, month, of_month)
    except ValueError:
        return None


def whole(value: Any) -> int | None:
    """Read a count that may be a number, text, or missing; never negative."""
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number >= 0 else None


def named_formats(names: Iterable[Any]) -> tuple[str, ...]:
    """Give the formats of files, MIME types or format names, in their order, each once."""
    found = (_format(str(name)) for name in names if name)
    return tuple(dict.fromkeys(name for name in found if name))


_MIME = {
    "plain": "txt",
    "tab-separated-values": "tsv",
    "comma-separated-values": "csv",
    "x-zip-compressed": "zip",
    "gzip": "gz",
    "x-gzip": "gz",
    "jsonlines": "jsonl",
    "x-ndjson": "jsonl",
    "vnd.apache.parquet": "parquet",
    "x-parquet": "parquet",
    "vnd.ms-excel": "xls",
    "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "msword": "doc",
    "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "markdown": "md",
}


def _format(name: str) -> str:
    name = name.strip().lower().split(";")[0].split("?")[0]
    if re.fullmatch(r"(application|text|image|audio|video)/[\w.+-]+", name):
        kind = name.partition("/")[2]
        kind = _MIME.get(kind, kind.removeprefix("x-"))
        return "" if kind == "octet-stream" else kind
    tail = name.rstrip("/").rpartition("/")[2].rpartition(".")[2]
    return tail if re.fullmatch(r"[a-z][a-z0-9]{0,9}", tail) else ""


def doi_of(text: Any) -> str:
    """Give the DOI that a text names, in lower case, without address; or nothing."""
    match = re.search(r"\b(10\.\d{4,9}/[^\s\"<>]+)", str(text or ""))
    return match[1].rstrip(".,;)").lower() if match else ""


def paper(text: Any) -> str:
    """Name a paper in one way: `arXiv:…`, `doi:…`, else the words that were found."""
    told = plain(text, 400)
    arxiv = re.search(r"\barxiv(?:\.org/(?:abs|pdf)/|[:.\s]+)(\d{4}\.\d{4,5})", told, re.IGNORECASE)
    if arxiv:
        return f"arXiv:{arxiv[1]}"
    doi = doi_of(told)
    return f"doi:{doi}" if doi else told


def papers_of(texts: Iterable[Any]) -> tuple[str, ...]:
    """Name papers, each once; what is empty is left out."""
    return tuple(dict.fromkeys(name for name in map(paper, texts) if name))


def host_of(url: str) -> str:
    """Give a URL's host without `www.`, or nothing where it is no URL."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
