"""Pictures as models take them: large or rare ones are made smaller for sending; the row keeps its own.

A server refuses what is too large or of a kind that it does not know, and pays for pixels that no
model looks at. The turn that a camera wrote into the file (EXIF) is made before it would be lost.
"""

from __future__ import annotations

import io
from typing import Any

from hf_sft_builders.documents.images import PageImage
from hf_sft_builders.errors import DocumentError

MAX_SIDE = 2048
"""Pixels of the longer side, from which a picture is made smaller."""
_MAX_BYTES = 4 * 2**20
_KNOWN = ("image/png", "image/jpeg", "image/webp", "image/gif")


def for_sending(picture: PageImage, max_side: int = MAX_SIDE) -> tuple[bytes, str]:
    """Give the bytes that are sent and their media type: the file's own wherever they will do.

    Args:
        picture: With its `data`.
        max_side: Longest side, in pixels.

    Raises:
        DocumentError: The picture breaks off.

    Example:
        >>> data, media_type = for_sending(picture_of(Path("tower.bmp").read_bytes(), "tower.bmp"))
        >>> media_type
        'image/png'
    """
    fits = max(picture.width, picture.height) <= max_side and len(picture.data) <= _MAX_BYTES
    if fits and picture.media_type in _KNOWN:
        return picture.data, picture.media_type
    try:
        image = _upright(picture, max_side)
    except (OSError, ValueError, SyntaxError) as error:
        raise DocumentError(
            picture.uri, "damaged", f"Its pixels break off ({error}). Fetch it again."
        ) from error
    if picture.media_type != "image/jpeg":
        png = _encoded(image, "PNG")
        if len(png) <= _MAX_BYTES:
            return png, "image/png"
    return _encoded(_on_white(image), "JPEG", quality=90), "image/jpeg"


def _upright(picture: PageImage, max_side: int) -> Any:
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(picture.data)) as opened:
        image: Any = ImageOps.exif_transpose(opened)
        if image.mode not in ("RGB", "RGBA", "L"):
            image = image.convert("RGBA" if "transparency" in opened.info else "RGB")
        image.thumbnail((max_side, max_side))
        return image


def _on_white(image: Any) -> Any:
    from PIL import Image

    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _encoded(image: Any, kind: str, **how: Any) -> bytes:
    found = io.BytesIO()
    image.save(found, kind, **how)
    return found.getvalue()
