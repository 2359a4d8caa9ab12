"""What a file is, by its name and by its first bytes.

A suffix is a claim: downloads save error pages as `.pdf`, and people rename archives. Only signs
that are certain are looked for; the trap is that a PDF may have other bytes before its `%PDF-`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from hf_sft_builders.errors import DocumentError

_PDF, _PAGE = "a PDF", "an HTML page"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", _PDF),
    (b"PK\x03\x04", "a ZIP archive (or an Office document)"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (_OLE, "an old or a password-protected Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_IN_FILE = re.compile(r"(?<=\.zip)#(?=.)", re.IGNORECASE)
"""Between an archive and its member: `docs.zip#guides/a.md`."""
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)


def refuse_other_kinds(data: bytes, uri: str, expected: str) -> None:
    """Raise where the bytes are not what the suffix says.

    Args:
        data: The file.
        uri: Its place, for the message.
        expected: "PDF", "text", "HTML", or what is packed as a ZIP ("a Word document").
    """
    if not data:
        raise DocumentError(uri, "empty file", "It has 0 bytes: a copy that failed?")
    found = _kind(data)
    if expected == "PDF" and b"%PDF-" not in data[:1024]:
        _refuse(uri, f"It should be a PDF, but it is {found or 'something else'}.")
    if expected == "text" and found:
        _refuse(uri, f"It should be text, but it is {found}.")
    if expected == "HTML" and found not in ("", _PAGE):
        _refuse(uri, f"It should be an HTML page, but it is {found}.")
    if expected not in ("PDF", "text", "HTML") and not data.startswith(b"PK"):
        _refuse(uri, f"It should be {expected}, but it is {found or 'something else'}.")


def _refuse(uri: str, detail: str) -> None:
    raise DocumentError(uri, "not what its suffix says", f"{detail} Rename it or fetch it again.")


def _kind(data: bytes) -> str:
    if _HTML.match(data[:512]):
        return _PAGE
    return next((kind for sign, kind in _SIGNS if data.startswith(sign)), "")


def suffix_of(uri: str) -> str:
    """Give the suffix with its dot, in lower case."""
    name = file_name(uri)
    return "." + name.rpartition(".")[2].lower() if "." in name else ""


def file_stem(uri: str) -> str:
    """Give the file's name without suffix, for a title."""
    name = file_name(uri)
    return name.rpartition(".")[0] or name


def file_name(uri: str) -> str:
    """Give the last part of a path or URL; of chained URLs (`zip://a.md::…`) the first."""
    place = uri.split("::")[0]
    if place.startswith(("http://", "https://")):
        parts = urlsplit(place)
        is_member = parts.fragment and parts.path.lower().endswith(".zip")
        place = parts.fragment if is_member else unquote(parts.path)
    place = _IN_FILE.split(place)[-1]
    return place.replace("\\", "/").rstrip("/").rpartition("/")[2]
