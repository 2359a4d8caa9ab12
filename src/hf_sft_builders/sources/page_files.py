"""The files that a dataset's page names, as URIs that can be loaded.

https://…/data.csv                                       a file
zip://inner/part.csv::https://…/all.zip                  a file in an archive
hf://datasets/o/d@refs%2Fconvert%2Fparquet/x/*.parquet   files of a Hub repository
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from hf_sft_builders.sources.catalogues.base import named_formats, whole
from hf_sft_builders.sources.json_ld import as_list, text_of

_FETCHED = ("https://", "http://", "ftp://", "s3://", "gs://")


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, or one set of files, that a page names."""

    name: str
    uri: str
    """What `data_files=` takes; empty where the page names nothing that can be fetched."""
    formats: tuple[str, ...] = ()
    size: int | None = None
    """Bytes."""
    sha256: str = ""
    md5: str = ""
    """Hexadecimal, however the page writes it."""
    is_archive_of_others: bool = False
    """Whether other files of the page lie in it."""


def page_files(node: Mapping[str, Any], base: str) -> Iterator[PageFile]:
    """Give the files that a dataset's node names.

    Args:
        node: As `json_ld.datasets_in` gives it.
        base: The page's URL or path, for relative addresses.
    """
    entries = [entry for entry in as_list(node.get("distribution")) if isinstance(entry, dict)]
    by_id = {text_of(entry.get("@id")): entry for entry in entries if entry.get("@id")}
    by_id |= {text_of(entry.get("name")): entry for entry in entries if entry.get("name")}
    holders = {id(by_id.get(name)) for entry in entries for name in _holders(entry)}
    for entry in entries:
        for name, uri in _uris(entry, by_id, base, 0):
            kinds = [name, *map(str, as_list(entry.get("encodingFormat")))]
            yield PageFile(
                name=name,
                uri=uri,
                formats=named_formats(kinds)[:1],
                size=_bytes(text_of(entry.get("contentSize"))),
                sha256=_hex(text_of(entry.get("sha256")), 32),
                md5=_hex(text_of(entry.get("md5")), 16),
                is_archive_of_others=id(entry) in holders or _is_repository(entry),
            )


def _holders(entry: Mapping[str, Any]) -> list[str]:
    told = as_list(entry.get("containedIn"))
    return [text_of(each.get("@id")) if isinstance(each, dict) else str(each) for each in told]


def _uris(
    entry: Mapping[str, Any], by_id: Mapping[str, Any], base: str, depth: int
) -> Iterator[tuple[str, str]]:
    """Give name and URI of each file of an entry; a set of files has one for each pattern."""
    inner = [text_of(each) for each in as_list(entry.get("includes"))]
    inner = inner or [text_of(entry.get("contentUrl")) or text_of(entry.get("name"))]
    holders = [by_id[name] for name in _holders(entry) if name in by_id]
    if not holders or depth > 3:
        addresses = [(part, _address(part, entry, base)) for part in inner]
        yield from ((_name(entry, uri or part), uri) for part, uri in addresses)
        return
    for holder in holders:
        for _, outer in _uris(holder, by_id, base, depth + 1):
            for part in inner:
                yield _name(entry, part), _inside(part.lstrip("/"), holder, outer)


def _inside(part: str, holder: Mapping[str, Any], outer: str) -> str:
    if not outer or "::" in part:
        return ""
    if _is_repository(holder):
        return f"{outer}/{part}" if outer.startswith("hf://") else ""
    kinds = named_formats([*map(str, as_list(holder.get("encodingFormat"))), outer.split("::")[0]])
    return f"{'tar' if {'tar', 'tgz', 'gz'} & set(kinds) else 'zip'}://{part}::{outer}"


def _is_repository(entry: Mapping[str, Any]) -> bool:
    return any("git+" in str(kind) for kind in as_list(entry.get("encodingFormat")))


def _name(entry: Mapping[str, Any], part: str) -> str:
    tail = urlsplit(part).path.rstrip("/").rpartition("/")[2]
    named = text_of(entry.get("name"))
    return named if "." in named and not entry.get("includes") else tail or named


_HUB = re.compile(r"https?://huggingface\.co/datasets/([^/]+/[^/?#]+)(?:/tree/([^/?#]+))?/?$")
_INVENIO = re.compile(r"(https?://[^/]+)/api(/records/[\w-]+/files/)([^/]+)/content$")


def _address(told: str, entry: Mapping[str, Any], base: str) -> str:
    """Give the URI of a file by what its page calls it; empty where it cannot be fetched."""
    if not told:
        return ""
    if match := _HUB.match(told):
        revision = f"@{quote(match[2], safe='%')}" if match[2] else ""
        return f"hf://datasets/{match[1]}{revision}"
    if match := _INVENIO.match(told):
        # The same file, at an address that ends in its name.
        return f"{match[1]}{match[2]}{match[3]}"
    if "://" in base:
        whole_url = urljoin(base, told)
        # A page on the web must not make us read files of this machine.
        return whole_url if whole_url.startswith(_FETCHED) else ""
    if "://" in told or not entry.get("contentUrl"):
        return told if "://" in told else ""
    return str(Path(base).parent / told) if base != "JSON-LD" else told


def _bytes(told: str) -> int | None:
    match = re.fullmatch(r"([\d.,]+)\s*([kKMGT]?)(i?)[bB]?(?:ytes)?", told.strip())
    if not match:
        return None
    step = 1024 if match[3] else 1000
    number = match[1].replace(",", "")
    try:
        return whole(float(number) * step ** " KMGT".index(match[2].upper() or " "))
    except ValueError:
        return None


def _hex(told: str, length: int) -> str:
    """Give a checksum in hexadecimal; Kaggle writes base64."""
    text = told.strip()
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * length}}}", text):
        return text.lower()
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) == length else ""
