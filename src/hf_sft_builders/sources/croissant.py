"""A dataset's page, read: its files, description, citation and license.

Google Dataset Search indexes pages that describe a dataset in JSON-LD (schema.org); Croissant adds
checksums, archives and record sets to that. Both are read here, as sloppily as they are written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from hf_sft_builders.errors import ConfigurationError, MissingExtra, SourceError
from hf_sft_builders.licenses import Evidence
from hf_sft_builders.sources.catalogue_http import fetch
from hf_sft_builders.sources.catalogues.base import host_of, papers_of, plain
from hf_sft_builders.sources.catalogues.license_terms import license_evidence
from hf_sft_builders.sources.json_ld import as_list, datasets_in, linked_json_ld, text_of
from hf_sft_builders.sources.page_files import PageFile, page_files

PAGE_SCHEME = "croissant+"

Place = str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True)
class DatasetPage:
    """What a page says of its dataset."""

    url: str
    name: str
    description: str
    license: Evidence
    """Of the data; the license of the description itself (`sdLicense`) never counts."""
    files: tuple[PageFile, ...]
    citation: str = ""
    papers: tuple[str, ...] = ()
    """Papers that belong to it: `arXiv:…`, `doi:…`, or a citation."""
    usage_info: str = ""
    """Restrictions beside the license, such as a data use ontology's."""
    conditions_of_access: str = ""
    version: str = ""
    creators: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    record_sets: tuple[str, ...] = ()
    node: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All of it, names without prefixes."""
    croissant: Any = field(default=None, repr=False)
    """Where the JSON-LD itself is: its URL or path, or the mapping."""

    @property
    def data_files(self) -> list[str]:
        """The URIs of all files, as `data_files=` takes them.

        Raises:
            SourceError: The page names none.
        """
        return self.matching("*")

    def matching(self, pattern: str) -> list[str]:
        """Give the URIs of the files whose name or URI fits a pattern such as `*.csv`.

        Raises:
            SourceError: None fits; the message lists what there is.
        """
        there = [file for file in self.files if file.uri and not file.is_archive_of_others]
        fits = [
            file.uri for file in there if fnmatch(file.name, pattern) or fnmatch(file.uri, pattern)
        ]
        if fits:
            return list(dict.fromkeys(fits))
        names = ", ".join(file.name for file in there[:8]) or "no file"
        raise SourceError(f"{self.url}: no file fits {pattern!r}. The page names {names}.")

    def records(self, record_set: str) -> Iterator[dict[str, Any]]:
        """Give the rows of a Croissant record set: joined, extracted and typed as it says.

        Raises:
            MissingExtra: `mlcroissant` does that, and is not installed.
            ConfigurationError: There is no such record set.
        """
        if record_set not in self.record_sets:
            known = ", ".join(self.record_sets) or "none"
            raise ConfigurationError(
                f"{self.url}: no record set {record_set!r}. There are: {known}."
            )
        try:
            import mlcroissant  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise MissingExtra("Reading record sets", "mlcroissant", "croissant") from error
        for row in mlcroissant.Dataset(jsonld=self.croissant).records(record_set):
            yield {_field_name(key): _text(value) for key, value in row.items()}


def dataset_page(place: Place) -> DatasetPage:
    """Read a dataset's page: any that describes itself in schema.org or Croissant JSON-LD.

    Args:
        place: A URL (a page for people, or JSON-LD), a path, or the JSON-LD as a mapping.
            `croissant+https://…` is taken as well.

    Raises:
        SourceError: Nothing there, or it describes no dataset.

    Example:
        >>> page = sft.dataset_page("https://example.org/datasets/tides")
        >>> load_dataset("csv", data_files=page.matching("*.csv"))
    """
    if isinstance(place, Mapping):
        return _page("JSON-LD", datasets_in(json.dumps(place, default=str)), dict(place))
    where = os.fspath(place).removeprefix(PAGE_SCHEME)
    if "://" not in where:
        return _page(where, datasets_in(_read_local(where)), where)
    reasons, addresses = [], list(_addresses(where))
    for url in addresses:
        try:
            text = _fetched(url)
        except SourceError as error:
            reasons.append(str(error))
            continue
        found = datasets_in(text) or _linked(url, text)
        if found:
            return _page(where, found, url)
    nothing = _NOTHING.format(where)
    raise SourceError(" ".join(reasons) if len(reasons) == len(addresses) else nothing)


_NOTHING = (
    "{}: describes no dataset. Expected a page with <script type='application/ld+json'> whose "
    "@type is Dataset, or such JSON. Name its files themselves, if you know them."
)


def _addresses(url: str) -> Iterator[str]:
    """Give where JSON-LD can be: known addresses of it first, then the page itself."""
    parts = urlsplit(url)
    site = f"{parts.scheme}://{parts.netloc}"
    if match := re.fullmatch(r"/datasets/([^/]+/[^/]+)/?", parts.path):
        hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        if host_of(url) in ("huggingface.co", host_of(hub)):
            yield f"{hub}/api/datasets/{match[1]}/croissant"
        if (parts.hostname or "").endswith("kaggle.com"):
            yield f"{site}/datasets/{match[1]}/croissant/download"
    if match := re.fullmatch(r"(.*/records?/[\w-]+)/?", parts.path):
        yield f"{site}{match[1].replace('/record/', '/records/')}/export/json-ld"
    yield url


def _linked(url: str, text: str) -> list[Any]:
    for link in linked_json_ld(text)[:3]:
        target = urljoin(url, link)
        if target.startswith(("https://", "http://")) and (found := datasets_in(_fetched(target))):
            return found
    return []


def _fetched(url: str) -> str:
    data, _ = fetch(
        url, headers={"Accept": "application/ld+json, application/json, text/html;q=0.8"}
    )
    return data.decode("utf-8", "replace")


def _read_local(where: str) -> str:
    try:
        return Path(where).expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"{where}: cannot be read ({error.strerror}).") from error


def _page(where: str, found: list[Any], croissant: Any) -> DatasetPage:
    if not found:
        raise SourceError(_NOTHING.format(where))
    node = found[0]
    cited = [text_of(each) for key in ("citeAs", "citation") for each in as_list(node.get(key))]
    derived = [*as_list(node.get("isBasedOn")), *as_list(node.get("prov:wasDerivedFrom"))]
    makers = as_list(node.get("creator")) or as_list(node.get("publisher"))
    return DatasetPage(
        url=where,
        name=plain(text_of(node.get("name")), 300),
        description=plain(text_of(node.get("description")), 5000),
        license=license_evidence(as_list(node.get("license")), where),
        files=tuple(page_files(node, where)),
        citation=plain(cited[0], 2000) if cited else "",
        papers=papers_of(cited),
        usage_info=plain(text_of(node.get("usageInfo"))),
        conditions_of_access=plain(text_of(node.get("conditionsOfAccess"))),
        version=text_of(node.get("version")),
        creators=tuple(filter(None, map(text_of, makers))),
        derived_from=tuple(filter(None, map(text_of, derived))),
        record_sets=tuple(filter(None, map(_record_set_name, as_list(node.get("recordSet"))))),
        node=node,
        croissant=croissant,
    )


def _record_set_name(node: Any) -> str:
    return text_of(node.get("@id") or node.get("name")) if isinstance(node, dict) else ""


def page_stamps(pages: Mapping[str, DatasetPage]) -> tuple[tuple[str, str], ...]:
    """Say what changes when a page's license does; part of a builder's cache key."""
    return tuple(sorted((uri, page.license.raw) for uri, page in pages.items()))


def _field_name(key: Any) -> str:
    return str(key).rpartition("/")[2]


def _text(value: Any) -> Any:
    """Give text as text; mlcroissant gives bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
