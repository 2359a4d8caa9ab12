"""Pictures of a row: bytes in it, or a file beside it; only what is a picture is given out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hf_sft_builders.errors import SourceError

_LARGEST = 64 * 1024 * 1024
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def kind_of(data: bytes) -> str:
    """Give the media type of a picture by its first bytes, "" for what is none (SVG may run script)."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in _KINDS if data.startswith(mark)), "")


def pictures_of(record: Mapping[str, Any], fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the pictures of a row: those of its record, else those of columns that ride along."""
    if record.get("images"):
        return list(record["images"])
    found: list[Mapping[str, Any]] = []
    for value in fields.values():
        items = value if isinstance(value, list) else [value]
        found += [
            item for item in items if isinstance(item, dict) and {"bytes", "path"} == set(item)
        ]
    return [item for item in found if is_here(item)]


def is_here(item: Mapping[str, Any] | None) -> bool:
    """Whether a picture's bytes are in the row or on this machine."""
    if item is None:
        return False
    path = _file(item.get("path"))
    data = item.get("bytes") or (_beginning(path) if path else b"")
    return bool(kind_of(data))


def picture(images: Sequence[Mapping[str, Any]] | None, number: int) -> tuple[bytes, str]:
    """Give a row's picture and its media type.

    Raises:
        SourceError: if there is none, or what is there is no picture.
    """
    if not images or not 0 <= number < len(images):
        raise SourceError(f"The row has {len(images or ())} pictures; there is none of {number}.")
    item = images[number]
    path = _file(item.get("path"))
    data = item.get("bytes") or (path.read_bytes() if path else b"")
    kind = kind_of(data)
    if not kind:
        raise SourceError("This is no PNG, JPEG, GIF, WebP or BMP picture, so it is not shown.")
    return data, kind


def _beginning(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(16)


def _file(told: str | None) -> Path | None:
    if not told or "://" in told:
        return None
    path = Path(told)
    try:
        return path if path.is_file() and path.stat().st_size <= _LARGEST else None
    except (OSError, ValueError):
        return None
