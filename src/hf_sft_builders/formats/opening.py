"""Data files opened as streams of plain bytes: any fsspec URL, compressed or not, any encoding."""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path as LocalPath
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa

from hf_sft_builders.errors import (
    DISK_FULL,
    NO_WRITING,
    ConfigurationError,
    MissingExtra,
    PublishError,
    SFTError,
    SourceError,
)
from hf_sft_builders.registry import options_for

Path = Any
"""A path or URL: `str` or `os.PathLike`."""

_COPY_BYTES = 8 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def suffixes(path: Path) -> tuple[str, str]:
    """Part a file's name into kind and compression: `rows.jsonl.gz` gives (".jsonl", ".gz")."""
    name = PurePosixPath(str(path).partition("::")[0].partition("?")[0])
    last = name.suffix.lower()
    if last not in COMPRESSIONS:
        return last, ""
    return PurePosixPath(name.stem).suffix.lower(), last


@contextlib.contextmanager
def opened(
    path: Path, *, encoding: str = "utf-8", storage_options: Mapping[str, Any] | None = None
) -> Iterator[IO[bytes]]:
    """Open a text-like file for reading; what comes out is decompressed UTF-8.

    A file that begins with a mark of UTF-16 or UTF-32 is read as that.

    Raises:
        SourceError: if it is not there or is damaged.
    """
    with _told(path), _raw(path, "rb", storage_options) as raw:
        plain = _decompressed(raw, suffixes(path)[1])
        if _is_utf8(path, encoding):
            plain, encoding = _marked(plain)
        yield plain if encoding == "utf-8" else as_utf8(plain, encoding)


def _marked(stream: Any) -> tuple[Any, str]:
    """Give the stream from its beginning, and the encoding that its first bytes mark."""
    head = beginning(stream, 4)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    try:
        stream.seek(0)
        return stream, encoding
    except (OSError, ValueError):  # many cannot go back, and some only say that they can
        return io.BufferedReader(_Begun(head, stream), _COPY_BYTES), encoding


def as_utf8(stream: Any, encoding: str) -> io.BufferedReader:
    """Give text in some encoding as bytes of UTF-8."""
    return io.BufferedReader(_AsUTF8(io.TextIOWrapper(stream, encoding, newline="")), _COPY_BYTES)


class _AsUTF8(io.RawIOBase):
    """Text as bytes; `codecs.EncodedFile` lets `read1` through to the bytes as they were."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._left = text, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._text.seekable()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if place or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only the beginning of recoded text can be gone back to")
        self._left = b""
        return self._text.seek(0)

    def readinto(self, place: Any) -> int:
        self._left = self._left or self._text.read(len(place)).encode()
        data, self._left = self._left[: len(place)], self._left[len(place) :]
        place[: len(data)] = data
        return len(data)


class _Begun(io.RawIOBase):
    """A stream of which the beginning has been read already."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, place: Any) -> int:
        data = self._head[: len(place)] or self._rest.read(len(place))
        self._head = self._head[len(data) :]
        place[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def opened_for_seeking(
    path: Path, storage_options: Mapping[str, Any] | None = None
) -> Iterator[IO[bytes]]:
    """Open a file whose reader jumps about in it; a compressed one goes to a temporary file first."""
    if not suffixes(path)[1]:
        with _told(path), _raw(path, "rb", storage_options) as raw:
            yield raw
        return
    with opened(path, storage_options=storage_options) as plain, tempfile.TemporaryFile() as copy:
        while data := plain.read(_COPY_BYTES):
            copy.write(data)
        copy.seek(0)
        yield copy


def beginning(stream: IO[bytes], size: int) -> bytes:
    """Read so many bytes, fewer only where the file has no more: one `read` may give less."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


@contextlib.contextmanager
def created(path: Path, storage_options: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Open a file for writing; its suffix says how it is compressed. A failure leaves none.

    Raises:
        PublishError: if the disk is full, or nothing may be written there.
    """
    with _told(path), _told_if_unwritable(path), _placed(path, storage_options) as raw:
        compress = _COMPRESS.get(suffixes(path)[1])
        if compress is None:
            yield raw
            return
        with compress(raw) as stream:
            yield stream


@contextlib.contextmanager
def _placed(path: Path, storage_options: Mapping[str, Any] | None) -> Iterator[IO[bytes]]:
    """Write beside a local file and take its place when all is written."""
    if "://" in str(path):
        with _raw(path, "wb", storage_options) as raw:
            yield raw
        return
    target = LocalPath(path).expanduser()
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as raw:
            yield raw
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _decompressed(raw: IO[bytes], compression: str) -> Any:
    return _DECOMPRESS[compression](raw) if compression else raw


_DECOMPRESS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": lambda raw: gzip.GzipFile(fileobj=raw, mode="rb"),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": lambda raw: pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd"),
}
_COMPRESS: dict[str, Callable[[IO[bytes]], Any]] = {
    # No name and no time: the same rows give the same bytes.
    ".gz": lambda raw: gzip.GzipFile("", "wb", 6, raw, mtime=0),
    ".bz2": partial(bz2.BZ2File, mode="wb"),
    ".xz": partial(lzma.LZMAFile, mode="wb"),
    ".zst": lambda raw: pa.CompressedOutputStream(pa.PythonFile(raw, "w"), "zstd"),
}
COMPRESSIONS = tuple(_DECOMPRESS)


def _raw(path: Path, mode: str, storage_options: Mapping[str, Any] | None) -> Any:
    import fsspec

    try:
        return fsspec.open(str(path), mode, **options_for(str(path), storage_options))
    except ImportError as error:
        scheme = str(path).partition("://")[0]
        if scheme in ("http", "https"):
            raise MissingExtra(f"Reading {scheme}://", "aiohttp requests", "http") from None
        raise SourceError(f"{path}: {error}") from None


def _is_utf8(path: Path, encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError as error:
        raise ConfigurationError(
            f"{path}: unknown encoding {encoding!r}. Known are those of Python: "
            "utf-8, gb18030, big5, utf-16, …"
        ) from error


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say which file could not be opened or decompressed."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        raise SourceError(f"{path}: no such file. Check the path.") from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: not in the encoding that was named ({error}). Name another: encoding='gb18030'."
        ) from error
    except SFTError:
        raise
    except PermissionError as error:
        raise SourceError(f"{path}: may not be read ({error.strerror}). Ask for access.") from None
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{path}: the compressed data are damaged: {error}. Fetch it again."
        ) from error


@contextlib.contextmanager
def _told_if_unwritable(path: Path) -> Iterator[None]:
    """Say that the disk is full, or that nothing may be written there."""
    try:
        yield
    except SFTError:
        raise
    except OSError as error:
        if error.errno not in DISK_FULL | NO_WRITING:
            raise
        raise PublishError(
            f"{path} was not written: {error.strerror}. What was there before is unchanged. Make room "
            "or ask for write access, or name another file."
        ) from None
