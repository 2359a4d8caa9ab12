"""Which files a builder reads: `data_dir=` and `data_files=` listed by us, nothing left out.

Every file below `data_dir` is either taken or named as ignored with a reason, whatever it is
called. `datasets`' own pattern guessing is not used: it reads split names out of file names, then
drops the files that have none.

The trap: a file's stamp (size and time of change, or ETag) is part of the cache key, so listing
must not read the files; only files of equal size are compared by content, to find copies.
"""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from hf_sft_builders.errors import MissingExtra, SourceError
from hf_sft_builders.licenses.sidecars import is_document, sidecar_rank
from hf_sft_builders.registry import options_for
from hf_sft_builders.sources.absence import nothing_readable, why_absent
from hf_sft_builders.sources.croissant import PAGE_SCHEME, DatasetPage, dataset_page
from hf_sft_builders.sources.file_hash import file_sha256
from hf_sft_builders.sources.local_walk import walk
from hf_sft_builders.sources.resolve import resolve_uri

logger = logging.getLogger("hf_sft_builders")

Patterns = str | list[str] | Mapping[str, "str | list[str]"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file that will be read."""

    uri: str
    """Absolute path, or URL."""
    stamp: str
    """Changes when the file does: size and time of change, or ETag."""
    size: int
    """Bytes; -1 where the server does not say."""


@dataclass
class Listing:
    """What was found: files by split, and the rest with reasons."""

    splits: dict[str, list[SourceFile]] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    license_files: dict[str, str] = field(default_factory=dict)
    """LICENSE files, READMEs and metadata that may name a license, with their stamps."""
    pages: dict[str, DatasetPage] = field(default_factory=dict)
    """By file that a `croissant+…` page named: that page."""


def list_files(
    data_dir: str | None,
    data_files: Patterns | None,
    suffixes: Iterable[str],
    storage_options: Mapping[str, Any] | None = None,
) -> Listing:
    """Find the files to read.

    Args:
        data_dir: Folder, local or of any fsspec protocol; with `data_files`, where those begin.
        data_files: Path, URL or glob, a list of them, or a dict of splits.
        suffixes: What can be read, lower case with the dot.
        storage_options: For fsspec.

    Raises:
        SourceError: if nothing is named, found or readable.
    """
    if not data_dir and not data_files:
        raise SourceError(
            "No documents named. Pass data_dir='folder' or data_files='docs/*.pdf' "
            "(a path, URL, glob, list, or dict of splits)."
        )
    listing, options = Listing(), dict(storage_options or {})
    wanted = tuple(suffixes)
    for split, patterns in _by_split(data_files).items():
        found: dict[str, SourceFile] = {}
        for pattern in patterns or [str(data_dir)]:
            place = _join(data_dir, pattern) if patterns else pattern
            found.update((file.uri, file) for file in files_at(place, options, listing))
        listing.splits[split] = _sort_out(found.values(), wanted, listing, options)
    _warn_of_leaks(listing, options)
    for split in [split for split, files in listing.splits.items() if not files]:
        which = f"Split {split!r}: " if isinstance(data_files, Mapping) and data_files else ""
        raise SourceError(which + nothing_readable(data_files or data_dir, listing.ignored, wanted))
    return listing


def read_bytes(uri: str, storage_options: Mapping[str, Any] | None = None) -> bytes:
    """Read one file whole, from any protocol."""
    with fsspec.open(uri, "rb", **options_for(uri, storage_options)) as stream:
        data: bytes = stream.read()
    return data


def _by_split(data_files: Patterns | None) -> dict[str, list[str]]:
    if isinstance(data_files, Mapping) and data_files:
        return {str(split): _as_list(patterns) for split, patterns in data_files.items()}
    return {"train": _as_list(data_files) if data_files else []}


def _as_list(patterns: Any) -> list[str]:
    return [str(p) for p in patterns] if isinstance(patterns, (list, tuple)) else [str(patterns)]


def _join(data_dir: str | None, pattern: str) -> str:
    if not data_dir or "://" in pattern or Path(pattern).expanduser().is_absolute():
        return pattern
    return f"{str(data_dir).rstrip('/')}/{pattern}"


def expand(place: str, options: dict[str, Any], listing: Listing) -> Iterator[SourceFile]:
    """Give the files of a folder, of a glob, or the one file that is named; each with its version.

    Args:
        place: A path or URL.
        options: For fsspec.
        listing: Told what is ignored.

    Raises:
        SourceError: Nothing is there.
    """
    place = resolve_uri(place, options)
    _, chain, tail = place.partition("::")
    fs, path = _file_system(place, options)
    exists = fs.exists(path)
    if exists and fs.isdir(path):
        names = _walk(path, listing) if _is_local(fs) else fs.find(path, withdirs=False)
    elif exists:
        names = [path]
    else:
        names = [name for name in fs.glob(path) if not fs.isdir(name)] if _is_glob(path) else []
    if not exists and not names:
        raise SourceError(f"{place}: {why_absent(fs, path)}")
    if exists and _is_local(fs) and not Path(path).is_dir() and not Path(path).is_file():
        raise SourceError(f"{place}: no regular file. Name a file, a folder or a glob.")
    for name in sorted(names, key=_natural):
        if "::" in name and not _is_local(fs):
            listing.ignored[_unstrip(fs, name)] = "name with '::', which parts chained addresses"
            continue
        yield _source_file(
            fs, name, chain + tail if chain else "", place if names == [path] else ""
        )


def files_at(place: str, options: dict[str, Any], listing: Listing) -> Iterator[SourceFile]:
    """Give the files of a place: those that a `croissant+…` page names, or those that lie there."""
    if not place.startswith(PAGE_SCHEME):
        yield from expand(place, options, listing)
        return
    page = dataset_page(place)
    for uri in page.data_files:
        for file in expand(uri, options, listing):
            listing.pages[file.uri] = page
            yield file


def _walk(folder: str, listing: Listing) -> list[str]:
    found = dict(walk(Path(folder)))
    listing.ignored.update((path, reason) for path, reason in found.items() if reason)
    return [path for path, reason in found.items() if not reason]


def _file_system(place: str, options: dict[str, Any]) -> tuple[Any, str]:
    try:
        return url_to_fs(_absolute(place), **options_for(str(place), options))  # type: ignore[no-any-return]
    except ImportError as error:
        scheme = place.partition("://")[0]
        if scheme in ("http", "https"):
            raise MissingExtra(f"Reading {scheme}://", "aiohttp requests", "http") from None
        raise SourceError(f"{place}: {error}") from None
    except ValueError as error:
        raise SourceError(
            f"{place}: {error}. Known to fsspec: see fsspec.available_protocols()."
        ) from error


def _is_local(fs: Any) -> bool:
    return fs.protocol in ("file", ("file", "local"))


def _source_file(fs: Any, name: str, chain: str, literal: str) -> SourceFile:
    info = fs.info(name)
    size = info.get("size")
    stamp = next(
        (str(info[key]) for key in _STAMPS if info.get(key)), "" if size is None else str(size)
    )
    if _is_local(fs):
        known = Path(name).stat()
        stamp = f"{size}-{known.st_mtime_ns}-{known.st_ctime_ns}"
    uri = literal if "://" in literal else _unstrip(fs, name) + chain
    return SourceFile(uri, stamp, -1 if size is None else int(size))


_STAMPS = ("ETag", "etag", "sha256", "blob_id", "LastModified", "last_modified", "mtime", "created")


def _unstrip(fs: Any, name: str) -> str:
    return name if _is_local(fs) else str(fs.unstrip_protocol(name))


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().absolute())


def _is_glob(path: str) -> bool:
    return any(mark in path for mark in "*?[")


def _sort_out(
    files: Iterable[SourceFile], wanted: tuple[str, ...], listing: Listing, options: dict[str, Any]
) -> list[SourceFile]:
    kept = []
    for file in files:
        reason = _reason_to_ignore(file, wanted)
        if is_license_file(file.uri):
            listing.license_files[file.uri] = file.stamp
        if reason:
            listing.ignored[file.uri] = reason
        else:
            kept.append(file)
    return list(_without_copies(kept, listing, options))


_LICENSE = "license text, used as evidence"


def _reason_to_ignore(file: SourceFile, wanted: tuple[str, ...]) -> str:
    name = _file_name(file.uri)
    if is_license_file(file.uri) and not is_document(name):
        return _LICENSE
    if name.startswith((".", "~$")) or name in ("Thumbs.db", "desktop.ini"):
        return "hidden file"
    if not name.lower().endswith(wanted):
        suffix = PurePosixPath(name).suffix
        return f"no reader for {suffix or 'files without suffix'}"
    return ""


def is_license_file(uri: str) -> bool:
    """Tell by its name a file that may name the license: LICENSE, README, metadata."""
    return sidecar_rank(_file_name(uri)) is not None


def _file_name(uri: str) -> str:
    return PurePosixPath(uri.partition("::")[0] if "://" in uri else uri).name


def _without_copies(
    files: list[SourceFile], listing: Listing, options: dict[str, Any]
) -> Iterator[SourceFile]:
    by_size: dict[int, int] = defaultdict(int)
    for file in files:
        by_size[file.size] += 1
    seen: dict[str, str] = {}
    for file in files:
        if file.size > 0 and by_size[file.size] > 1:
            digest = file_sha256(file, options)
            if digest in seen:
                listing.ignored[file.uri] = "copy of a file that is read"
                continue
            seen[digest] = file.uri
        yield file


def _warn_of_leaks(listing: Listing, options: dict[str, Any]) -> None:
    """Say where the same content is in two splits: what is tested would have been trained on."""
    if len(listing.splits) < 2:
        return
    sizes = Counter(file.size for files in listing.splits.values() for file in files)
    seen: dict[str, tuple[str, str]] = {}
    for split, files in listing.splits.items():
        for file in (file for file in files if sizes[file.size] > 1):
            digest = file_sha256(file, options)
            first, uri = seen.setdefault(digest, (split, file.uri))
            if first != split:
                logger.warning("Split %r holds a copy of %r: %s", split, first, uri)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort `page 2` before `page 10`."""
    parts = re.split(r"(\d+)", name)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
