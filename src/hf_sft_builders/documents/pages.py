"""The seam for pages that no text layer can be read from: pictures in, Markdown out.

A page reader is any object with `name` and `read`: a vision model (`VisionReader`), a MinerU server
(`MinerU`), an OCR engine of your own:

    class Tesseract:
        name = "tesseract"

        def read(self, images, language):
            for image in images:
                yield PageText(pytesseract.image_to_string(Image.open(io.BytesIO(image.png))))

    load_dataset("hf_sft_builders/documents", data_dir="scans", pages="auto", vision_model=Tesseract())
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture."""

    number: int
    """Counted from 1."""
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as Markdown; empty for a blank one."""

    text: str
    usage: Mapping[str, int] = field(default_factory=dict)
    """What it cost: `calls`, `cached`, `tokens_in`, `tokens_out`."""


@dataclass(frozen=True, slots=True)
class PageHeading:
    """A heading as one page shows it, its level not yet compared with other pages'."""

    page: int
    level: int
    title: str


@runtime_checkable
class PageReader(Protocol):
    """Reads pictures of pages."""

    @property
    def name(self) -> str:
        """What is said of who read a page."""
        ...

    def read(self, images: Iterable[PageImage], language: str) -> Iterator[PageText]:
        """Give the text of each page, in order; pictures are made as they are taken.

        Raises:
            ModelError: a page could not be read; another try may heal it.
        """
        ...


@runtime_checkable
class HeadingJudge(Protocol):
    """A page reader that can also say which headings of all pages are above which."""

    def levels(
        self, headings: Sequence[PageHeading], language: str
    ) -> tuple[list[int], Mapping[str, int]]:
        """Give the level of each heading, 1 for the outermost, and what it cost."""
        ...
