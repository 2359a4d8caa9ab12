"""What stands beside a row: the passage it was made of, and the page with the answer marked on it.

A row knows where it came from (file, hash, span, pages), not the words, so the file is read again. It is
shown only where its bytes have the hash that the row tells: then it is the file that the row was made
of, and no row can make the page show another. Nothing is fetched: a file that is not on this machine is
named, and that is all.
"""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hf_sft_builders.documents import Document, ReaderOptions, ReadingLimits, Span, documents_in
from hf_sft_builders.errors import SFTError

_LIMITS = ReadingLimits(seconds=60, memory_mb=2048)
_LARGEST = 512 * 1024 * 1024
_DPI = 110
_AROUND = 600
"""Characters before and after the chunk that can be unfolded."""


class SourceNotShown(SFTError):
    """The source cannot be shown; `reason` is the key of the words that say why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Step:
    """One step of a row's way, as far as it is told: who made it, by which model and prompt."""

    name: str
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True)
class Origin:
    """What the provenance of a row says."""

    uri: str = ""
    sha256: str = ""
    title: str = ""
    license: str = ""
    headings: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    page_starts: tuple[int, ...] = ()
    answer_pages: tuple[int, ...] = ()
    span: Span | None = None
    answers: tuple[Span, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def is_pdf(self) -> bool:
        """Whether there are pages to draw."""
        return self.uri.lower().endswith(".pdf") and bool(self.pages)


@dataclass(frozen=True)
class Passage:
    """A stretch of text in pieces, each with whether it supports the answer."""

    pieces: tuple[tuple[str, bool], ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Marked:
    """A page and the rectangles on it, in points from its upper left corner."""

    page: int
    width: float
    height: float
    boxes: tuple[tuple[float, float, float, float], ...] = field(default=())


def origin_of(provenance: Sequence[Mapping[str, Any]] | None) -> Origin:
    """Read a row's provenance; what is not told stays empty."""
    origin, steps = Origin(), list[Step]()
    for step in provenance or ():
        if step.get("step") == "source":
            license = (step.get("license") or {}).get("id") or ""
            uri, sha256, title = (step.get(n) or "" for n in ("uri", "sha256", "title"))
            origin = replace(origin, uri=uri, sha256=sha256, title=title, license=license)
        if span := _span(step.get("span")):
            origin = replace(
                origin,
                span=span,
                headings=tuple(step.get("headings") or ()),
                pages=tuple(step.get("pages") or ()),
                page_starts=tuple(step.get("page_starts") or ()),
            )
        if step.get("answer_spans"):
            origin = replace(
                origin,
                answers=tuple(filter(None, map(_span, step["answer_spans"]))),
                answer_pages=tuple(step.get("pages") or ()),
            )
        steps.append(
            Step(step.get("step") or "", step.get("model") or "", step.get("prompt") or "")
        )
    return replace(origin, steps=tuple(steps))


def _span(told: Mapping[str, Any] | None) -> Span | None:
    if not told or told.get("start") is None or told.get("end") is None:
        return None
    return Span(told["start"], told["end"])


def passage(origin: Origin) -> Passage:
    """Give the chunk with what supports the answer.

    Raises:
        SourceNotShown: with the reason.
    """
    span = origin.span
    if span is None:
        raise SourceNotShown("source_no_span")
    text = _document(origin).text
    inside = [Span(max(a.start, span.start), min(a.end, span.end)) for a in origin.answers]
    pieces = pieces_of(text, span, inside)
    before = text[max(0, span.start - _AROUND) : span.start]
    return Passage(pieces, before, text[span.end : span.end + _AROUND])


def pieces_of(text: str, span: Span, marked: Sequence[Span]) -> tuple[tuple[str, bool], ...]:
    """Cut `text[span]` where marked stretches begin and end; joined, the pieces are the whole.

    Example:
        >>> pieces_of("The tower is 28 m.", Span(0, 18), [Span(13, 17)])
        (('The tower is ', False), ('28 m', True), ('.', False))
    """
    cuts = {span.start, span.end}
    cuts |= {edge for m in marked for edge in (m.start, m.end) if span.start < edge < span.end}
    places = sorted(cuts)
    return tuple(
        (text[start:end], any(m.start <= start and end <= m.end for m in marked))
        for start, end in pairwise(places)
    )


def marked_pages(origin: Origin) -> list[Marked]:
    """Give the pages of the chunk with the places of the answer; those of the answer come first.

    Raises:
        SourceNotShown: with the reason.
    """
    from hf_sft_builders.documents.page_images import page_sizes

    data = _bytes(origin.uri, origin.sha256)
    boxes = _boxes(origin, data)
    first = {box.page for box in boxes} or {*origin.answer_pages}
    wanted = sorted(origin.pages, key=lambda page: (page not in first, page))
    try:
        sizes = page_sizes(data, (), wanted)
    except Exception as error:  # pdfium raises what it likes: a password, a page that is not there
        raise SourceNotShown("source_not_drawn", str(error)) from error
    return [
        Marked(page, *sizes[page], tuple((b.x0, b.y0, b.x1, b.y1) for b in boxes if b.page == page))
        for page in wanted
    ]


def page_picture(origin: Origin, page: int) -> bytes:
    """Draw one page of the source as PNG.

    Raises:
        SourceNotShown: with the reason.
    """
    if page not in origin.pages or not origin.is_pdf:
        raise SourceNotShown("source_no_page")
    return _picture(origin.uri, origin.sha256, page)


@functools.lru_cache(maxsize=64)
def _picture(uri: str, sha256: str, page: int) -> bytes:
    from hf_sft_builders.documents.page_images import page_images

    try:
        return next(page_images(_bytes(uri, sha256), (), [page], dpi=_DPI)).png
    except SourceNotShown:
        raise
    except Exception as error:
        raise SourceNotShown("source_not_drawn", str(error)) from error


def _boxes(origin: Origin, data: bytes) -> Sequence[Any]:
    """Where the answer stands; none where the pages' text was read in another way."""
    try:
        document = _document(origin)
        return [box for a in origin.answers for box in document.boxes(a.start, a.end, data)]
    except SourceNotShown:
        return ()


def _document(origin: Origin) -> Document:
    """Read the source as it was read when the row was made."""
    for engine in ("pdfium", "pypdf") if origin.is_pdf else ("pdfium",):
        document = _read(origin.uri, origin.sha256, engine)
        if _same_text(document, origin):
            return document
    raise SourceNotShown("source_read_otherwise")


def _same_text(document: Document, origin: Origin) -> bool:
    """Whether pages begin where the row says: where a model read them, they do not."""
    span = origin.span
    if span is None or not 0 <= span.start <= span.end <= len(document.text):
        return False
    if not origin.page_starts or not document.page_starts:
        return not origin.page_starts
    if max(origin.pages) > len(document.page_starts):
        return False
    pages = zip(origin.pages, origin.page_starts, strict=False)
    starts = document.page_starts
    return all(max(span.start, starts[page - 1]) == start for page, start in pages)


_reading = threading.Lock()


def _read(uri: str, sha256: str, engine: str) -> Document:
    with _reading:  # two requests for one row shall not read its file twice
        return _read_once(uri, sha256, engine)


@functools.lru_cache(maxsize=16)
def _read_once(uri: str, sha256: str, engine: str) -> Document:
    archive = uri.partition("#")[0]
    data = _local(archive) if archive != uri else _bytes(uri, sha256)
    try:
        for found in documents_in(data, archive, ReaderOptions(pdf_engine=engine), _LIMITS):
            if isinstance(found, Document) and found.sha256 == sha256 and found.uri == uri:
                return found
    except SFTError as error:
        raise SourceNotShown("source_not_read", str(error)) from error
    raise SourceNotShown("source_changed")


def _bytes(uri: str, sha256: str) -> bytes:
    data = _local(uri)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceNotShown("source_changed")
    return data


def _local(uri: str) -> bytes:
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file") and len(parts.scheme) > 1:
        raise SourceNotShown("source_elsewhere")
    path = Path(unquote(parts.path) if parts.scheme == "file" else uri)
    try:
        if not path.is_file():
            raise SourceNotShown("source_gone")
        if path.stat().st_size > _LARGEST:
            raise SourceNotShown("source_too_large")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise SourceNotShown("source_gone", str(error)) from error
