"""A row's picture, in whatever form its column holds it.

{"bytes": b"…", "path": "tower.jpg"}, a decoded picture of `datasets`, bytes, a path, a URL, a
`data:` URL, base64 text, or a list of one of these
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hf_sft_builders.documents.images import PageImage, picture_of
from hf_sft_builders.documents.picture_sending import for_sending
from hf_sft_builders.errors import ConfigurationError, DocumentError
from hf_sft_builders.formats.media import decoded
from hf_sft_builders.llm.content import image_part
from hf_sft_builders.sources import read_bytes
from hf_sft_builders.synthesis.validators import Rejected


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of a row."""

    kept: dict[str, Any]
    """{bytes, path}, as the row keeps it."""
    picture: PageImage
    """With its bytes."""

    def embedded(self) -> dict[str, Any]:
        """Give it with its bytes, and a name where it has none."""
        kind = self.picture.media_type.partition("/")[2]
        path = self.kept["path"] or f"{self.picture.sha256[:12]}.{kind}"
        return {"bytes": self.picture.data, "path": path}

    def part(self, max_side: int) -> dict[str, Any]:
        """Give the part of a message that shows it.

        Raises:
            Rejected: its pixels break off.
        """
        try:
            return image_part(*for_sending(self.picture, max_side))
        except DocumentError as error:
            raise Rejected(f"picture {error.reason}") from error


def read_cell(value: Any) -> Cell:
    """Read the picture of a row.

    Raises:
        Rejected: there is none, several, or it is no picture: a drop with that reason.
        OSError: its file or URL cannot be read.
        ConfigurationError: the column holds something else.
    """
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            raise Rejected("more than one picture")
        value = value[0] if value else None
    kept = _kept(value)
    data = kept["bytes"] or read_bytes(kept["path"])
    try:
        return Cell(kept, picture_of(data, kept["path"] or "picture"))
    except DocumentError as error:
        raise Rejected(f"picture {error.reason}") from error


def _kept(value: Any) -> dict[str, Any]:
    if value is None or value in ("", b""):
        raise Rejected("no picture")
    if isinstance(value, dict) and {"bytes", "path"} & set(value):
        kept = {"bytes": value.get("bytes"), "path": value.get("path")}
        if not any(kept.values()):
            raise Rejected("no picture")
        return kept
    if isinstance(value, bytes):
        return {"bytes": value, "path": None}
    if isinstance(value, str):
        data = decoded(value)
        return {"bytes": data, "path": None if data else value}
    if hasattr(value, "save"):  # Pillow's, as `datasets` decodes the feature Image
        # It reads files by name: the file's own bytes are the picture's, a new PNG has lost some.
        name = str(getattr(value, "filename", ""))
        if name and Path(name).is_file():
            return {"bytes": None, "path": name}
        return {"bytes": _png(value), "path": None}
    raise ConfigurationError(
        f"ask_images: the picture's column holds {type(value).__name__}; expected a picture, bytes, "
        "a path, a URL, or {bytes, path}. Name the column: image='…'."
    )


def _png(image: Any) -> bytes:
    found = io.BytesIO()
    image.save(found, "PNG")
    return found.getvalue()
