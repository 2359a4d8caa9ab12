"""Media of a row as files of the export: bytes and local files are copied, addresses stay.

{"bytes": b"…PNG…", "path": None}  →  media/3f2a90c1b7de4455.png
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.publishing.trainers.example import MEDIA, Unsayable

FOLDER = "media"
_SIGNATURES = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
)


class MediaFiles:
    """Writes each distinct medium once, named by its content.

    Args:
        folder: The export's folder.
        addresses: Whether an address may stay one.
        inline: Whether to give `data:` addresses instead of files.
    """

    def __init__(self, folder: Path, addresses: bool, inline: bool = False) -> None:
        self._folder, self._addresses, self._inline = folder, addresses, inline

    def of(self, record: Mapping[str, Any]) -> dict[str, Sequence[str]]:
        """Give the names of a row's media, by kind.

        Raises:
            Unsayable: for a file that is not there, or an address that the trainer does not fetch.
        """
        return {
            kind: [self._name(item) for item in record[kind]] for kind in MEDIA if record.get(kind)
        }

    def _name(self, item: Mapping[str, Any]) -> str:
        data, path = item.get("bytes"), item.get("path") or ""
        if data is None and "://" in path:
            if not self._addresses:
                raise Unsayable("media-is-local", "media as files; the trainer fetches no address")
            return path
        if data is None:
            data = _read(path)
        if self._inline:
            return _data_address(data, path)
        name = media_name(data, path)
        place = self._folder / name
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
        return name


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unsayable("media-not-found", f"a file that can be read at {path!r}") from error


def _data_address(data: bytes, path: str) -> str:
    kind = mimetypes.guess_type(f"x{suffix_of(data, path)}")[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def media_name(data: bytes, path: str) -> str:
    """Name the file of a medium by its content; the same medium has one file."""
    return f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:16]}{suffix_of(data, path)}"


def suffix_of(data: bytes, path: str) -> str:
    """Give a medium's suffix: of its path, else by its first bytes; empty where neither says."""
    if Path(path).suffix:
        return Path(path).suffix.lower()
    if data[:4] == b"RIFF":
        return ".wav" if data[8:12] == b"WAVE" else ".webp"
    if data[4:8] == b"ftyp":
        return ".mp4"
    return next((suffix for start, suffix in _SIGNATURES if data.startswith(start)), "")
