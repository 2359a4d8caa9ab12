"""ZIP archives of documents: one document for each member that has a reader.

A member's address is `docs.zip#guides/a.md`. What has no reader, is hidden, lies outside of the archive
(`../x`) or cannot be read is told with its reason, and the others go on. Archives in archives are read to
a depth of three.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from hf_sft_builders.documents.archive import Archive, leaves_archive
from hf_sft_builders.documents.base import Document, Reader, ReaderOptions, only_one, read_each_of
from hf_sft_builders.documents.file_kinds import refuse_other_kinds, suffix_of
from hf_sft_builders.errors import DocumentError

name = "zip"
suffixes = (".zip",)

_MAX_DEPTH = 3


def read(data: bytes, uri: str, options: ReaderOptions) -> Document:
    """Read an archive of one document; `read_each` reads those of several."""
    return only_one(read_each(data, uri, options), uri)


def read_each(data: bytes, uri: str, options: ReaderOptions) -> Iterator[Document | DocumentError]:
    """Give a document, or the reason why there is none, for each member."""
    from hf_sft_builders.documents import reader_of

    refuse_other_kinds(data, uri, "a ZIP archive")
    archive = Archive.opened(data, uri)
    if uri.lower().count(".zip#") >= _MAX_DEPTH:
        raise DocumentError(uri, "nested too deeply", f"Over {_MAX_DEPTH} archives in each other.")
    seen: set[str] = set()
    for member in sorted(archive.members):
        yield from _member(archive, member, options, reader_of, seen)


def _member(
    archive: Archive,
    member: str,
    options: ReaderOptions,
    reader_of: Callable[[str], Reader | None],
    seen: set[str],
) -> Iterator[Document | DocumentError]:
    uri = f"{archive.uri}#{member}"
    if leaves_archive(member):
        yield DocumentError(uri, "path leaves the archive", "Its name points outside. Not read.")
        return
    if PurePosixPath(member).name.startswith((".", "~$")) or member.startswith("__MACOSX/"):
        yield DocumentError(uri, "hidden file", "Programs leave such files. Not read.")
        return
    reader = reader_of(uri)
    if reader is None:
        yield DocumentError(uri, f"no reader for {suffix_of(uri) or 'files without suffix'}", "")
        return
    try:
        data = archive.read(member)
        digest = hashlib.sha256(data).hexdigest()
        if digest in seen:
            raise DocumentError(uri, "copy of a file that is read", "Read once.")
        seen.add(digest)
        yield from read_each_of(reader, data, uri, options)
    except DocumentError as error:
        yield error
