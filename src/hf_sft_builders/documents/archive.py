"""ZIP containers (Office files, EPUB, plain archives) opened within bounds.

A few kilobytes may unpack to terabytes, so nothing is unpacked before its size and ratio are known,
and nothing ever to disk. The trap: names without the UTF-8 flag are in the code page of whoever
packed them, on Chinese Windows GB18030, which `zipfile` decodes as Latin gibberish.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from hf_sft_builders.errors import DocumentError

MAX_MEMBERS = 20_000
MAX_UNPACKED = 1 << 30
"""Bytes that one container may unpack to."""
MAX_RATIO = 200
"""Unpacked to packed bytes, counted from `_RATIO_FROM` on: small repetitive files may be beyond."""
_RATIO_FROM = 16 << 20

BOMB = "unpacks to too much"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    KeyError,
    OverflowError,
    NotImplementedError,
)
"""What `zipfile` raises on archives that are not as they should be."""


@dataclass
class Archive:
    """The members of a ZIP file by name, read within bounds.

    Example:
        >>> Archive.opened(data, "report.docx").read("word/document.xml")
    """

    uri: str
    members: dict[str, zipfile.ZipInfo]
    _file: zipfile.ZipFile = field(repr=False)

    @classmethod
    def opened(cls, data: bytes, uri: str) -> Archive:
        """Open a container; `DocumentError` if it is broken or a bomb."""
        try:
            file = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise _damaged(uri, error) from error
        infos = [info for info in file.infolist() if info.filename and not info.is_dir()]
        _refuse_bombs(infos, len(data), uri)
        return cls(uri, {shown_name(info): info for info in infos}, file)

    def read(self, name: str) -> bytes:
        """Unpack one member; b"" if there is none of this name."""
        info = self.members.get(name)
        if info is None:
            return b""
        if info.flag_bits & 1:
            raise DocumentError(self.uri, "encrypted", f"{name} in it needs a password. Unpack it.")
        try:
            return self._file.read(info)
        except (*_BROKEN, RuntimeError) as error:
            raise _damaged(self.uri, error) from error


def shown_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name as its packer meant it, with forward slashes."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def leaves_archive(name: str) -> bool:
    """Whether a member's name points outside of the archive (`../../etc/passwd`, `C:/x`)."""
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[:1][0] or "\0" in name


def _refuse_bombs(infos: list[zipfile.ZipInfo], packed: int, uri: str) -> None:
    unpacked = sum(info.file_size for info in infos)
    if len(infos) > MAX_MEMBERS:
        raise DocumentError(
            uri, BOMB, f"{len(infos):,} members; expected up to {MAX_MEMBERS:,}. Split the archive."
        )
    if unpacked > MAX_UNPACKED or unpacked > max(_RATIO_FROM, MAX_RATIO * packed):
        raise DocumentError(
            uri,
            BOMB,
            f"Its {packed:,} bytes unpack to {unpacked:,}; expected up to {MAX_UNPACKED:,}, and up "
            f"to {MAX_RATIO} times its size. Unpack it yourself if you trust it.",
        )


def _damaged(uri: str, error: BaseException) -> DocumentError:
    return DocumentError(
        uri, "damaged", f"It cannot be unpacked ({type(error).__name__}: {error}). Fetch it again."
    )
