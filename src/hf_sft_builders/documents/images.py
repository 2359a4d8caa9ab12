"""Pictures as documents, for models that see: picture files, archives of them, pages of a PDF.

A picture keeps the bytes of its file; only pages of a PDF are drawn. One that claims more pixels than
`MAX_PIXELS`, or is not what its name says, is told with its reason, and the others go on.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hf_sft_builders.documents.archive import Archive, leaves_archive
from hf_sft_builders.documents.file_kinds import suffix_of
from hf_sft_builders.errors import DocumentError, MissingExtra

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""Of picture files."""
MAX_PIXELS = 100_000_000
_MOST_DRAWN = 16_000_000
"""Pixels of a drawn page; larger pages are drawn at fewer dots per inch."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


@dataclass(frozen=True, slots=True)
class PageImage:
    """One picture."""

    uri: str
    """The file, or `archive.zip#member`."""
    sha256: str
    """Of `data`."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    media_type: str
    """`image/png`, `image/jpeg`, …"""
    page: int = 1
    """Of a PDF, counted from 1."""
    scale: float = 1.0
    """Pixels for each point of a PDF's page: `Document.boxes` times this are places in the picture."""
    data: bytes = field(default=b"", repr=False)


def read_images(
    data: bytes, uri: str, *, dpi: int = 144, passwords: Iterable[str] = ()
) -> Iterator[PageImage | DocumentError]:
    """Give the pictures of a file: of a picture itself, of a ZIP its members, of a PDF its pages.

    Args:
        data: The file's bytes.
        uri: Where it came from; its suffix tells the kind.
        dpi: Dots per inch at which pages of a PDF are drawn.
        passwords: Tried on an encrypted PDF.

    Yields:
        A picture, or the error that says why one of several cannot be read.

    Raises:
        DocumentError: The file as a whole cannot be read.
        MissingExtra: Pillow is not installed.

    Example:
        >>> for page in sft.read_images(Path("manual.pdf").read_bytes(), "manual.pdf", dpi=100):
        ...     print(page.page, page.width, page.height)
    """
    suffix = suffix_of(uri)
    if not data:
        raise DocumentError(uri, "empty file", "It has 0 bytes: a copy that failed?")
    if suffix == ".pdf":
        yield from _drawn(data, uri, dpi, tuple(passwords))
    elif suffix == ".zip":
        yield from _members(data, uri)
    elif suffix in SUFFIXES:
        yield picture_of(data, uri)
    else:
        known = ", ".join((*SUFFIXES, ".pdf", ".zip"))
        raise DocumentError(uri, "no reader for its suffix", f"Pictures are: {known}.")


def _members(data: bytes, uri: str) -> Iterator[PageImage | DocumentError]:
    archive = Archive.opened(data, uri)
    for name in sorted(archive.members):
        place = f"{uri}#{name}"
        if leaves_archive(name):
            yield DocumentError(place, "path leaves the archive", "Its name points outside.")
        elif suffix_of(place) not in SUFFIXES:
            kind = suffix_of(place) or "files without suffix"
            yield DocumentError(place, f"no reader for {kind}", "It is no picture.")
        else:
            try:
                yield picture_of(archive.read(name), place)
            except DocumentError as error:
                yield error


def picture_of(data: bytes, uri: str) -> PageImage:
    """Check one picture without decoding its pixels.

    Args:
        data: The file's bytes, whatever its name says.
        uri: Where it came from, for errors.

    Raises:
        DocumentError: It is no picture, or claims more than `MAX_PIXELS`.
        MissingExtra: Pillow is not installed.
    """
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra("Reading pictures", "pillow", "images") from error
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            media_type = Image.MIME[str(image.format)]
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
    ) as error:
        raise DocumentError(
            uri, "damaged", f"It is no picture ({error}). Fetch it again."
        ) from error
    if not 0 < width * height <= MAX_PIXELS:
        raise DocumentError(
            uri, "unpacks to too much", f"{width} x {height} pixels; expected up to {MAX_PIXELS:,}."
        )
    digest = hashlib.sha256(data).hexdigest()
    return PageImage(uri, digest, width, height, media_type, data=data)


def _drawn(data: bytes, uri: str, dpi: int, passwords: tuple[str, ...]) -> Iterator[PageImage]:
    from hf_sft_builders.documents.pdfium_pages import draw_page, page_sizes

    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise MissingExtra("Drawing pages", "pillow", "images") from error
    try:
        sizes = page_sizes(data, passwords)
    except PermissionError as error:
        raise DocumentError(uri, "encrypted", "It needs a password: pass passwords=.") from error
    except RuntimeError as error:
        raise DocumentError(uri, "damaged", f"pdfium cannot read it ({error}).") from error
    for number, (width, height) in enumerate(sizes, start=1):
        fits = (_MOST_DRAWN / max(width * height, 1.0)) ** 0.5
        scale = min(dpi / 72, fits, 16_000 / max(width, height, 1.0))
        found = io.BytesIO()
        image = draw_page(data, number, scale, passwords)
        image.save(found, "PNG")
        png = found.getvalue()
        digest = hashlib.sha256(png).hexdigest()
        across, down = image.size
        yield PageImage(uri, digest, across, down, "image/png", number, scale, png)
