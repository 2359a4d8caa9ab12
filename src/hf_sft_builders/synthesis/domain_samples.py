"""What a tree is built from: a sample of *every* document, its headings first.

However many documents there are, each has its place: a large collection becomes more requests, and
not a cut at some length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hf_sft_builders.documents.markdown import markdown_parts
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.extractive.titles import clean

_LEAST, _MOST = 600, 6000
"""Characters that stand for one document."""
_OPENING = 160
_HEADINGS_SHARE = 0.6


@dataclass(slots=True)
class Outline:
    """One document: its title, its headings with the characters below each, its texts."""

    title: str = ""
    language: str = ""
    weights: dict[tuple[str, ...], int] = field(default_factory=dict)
    """Path of headings → characters of text right below it."""
    texts: list[str] = field(default_factory=list)
    _stack: list[tuple[int, str]] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Read one chunk, in order."""
        text = str(row.get("text") or "")
        self.title = self.title or str(row.get("title") or "")
        self.language = self.language or str(row.get("language") or "")
        self.texts.append(text)
        headings, _ = markdown_parts(text)
        if not headings and row.get("headings"):
            self._count(tuple(row["headings"]), len(text))
            return
        start = 0
        for heading in headings:
            self._count(self._path(), heading.start - start)
            above = [one for one in self._stack if one[0] < heading.level]
            self._stack, start = [*above, (heading.level, heading.title)], heading.start
        self._count(self._path(), len(text) - start)

    def _path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._stack)

    def _count(self, path: tuple[str, ...], characters: int) -> None:
        cleaned = tuple(filter(None, (" ".join(clean(title).split()) for title in path)))
        if cleaned and characters > 0:
            self.weights[cleaned] = self.weights.get(cleaned, 0) + characters

    def sample(self, characters: int) -> str:
        """Give title, headings and openings of texts, in about so many characters."""
        headings = _fitting(self._heading_lines(), int(_HEADINGS_SHARE * characters))
        left = characters - sum(map(len, headings))
        wanted = max(1, left // _OPENING)
        step = max(1, len(self.texts) // wanted)
        openings = [" ".join(text.split())[:_OPENING] for text in self.texts[::step][:wanted]]
        return "\n".join([self.title or "—", *headings, *(f"> {words}" for words in openings)])

    def _heading_lines(self) -> list[str]:
        paths = {path[:depth] for path in self.weights for depth in range(1, len(path) + 1)}
        order = {path: at for at, path in enumerate(_prefixes(self.weights))}
        return [f"{'  ' * (len(p) - 1)}- {p[-1]}" for p in sorted(paths, key=order.__getitem__)]


def outlines(rows: Iterable[Row]) -> list[Outline]:
    """Read chunk rows into outlines, one for each document, in the order in which they come.

    Raises:
        ConfigurationError: rows without `text`, or none at all.
    """
    found: dict[str, Outline] = {}
    for row in rows:
        if "text" not in row:
            raise ConfigurationError(
                f"A domain tree is built from chunks; these rows have {', '.join(row)}, and no "
                "'text'. Load them with load_dataset('hf_sft_builders/documents', …)."
            )
        found.setdefault(_document_of(row), Outline()).add(row)
    if not found:
        raise ConfigurationError("A domain tree cannot be built from no chunks at all.")
    return list(found.values())


def sample_batches(documents: Sequence[Outline], budget: int) -> Iterator[list[Outline]]:
    """Part documents into batches whose samples fit into one request each."""
    share = share_of(documents, budget)
    size = max(1, budget // share)
    for start in range(0, len(documents), size):
        yield list(documents[start : start + size])


def share_of(documents: Sequence[Outline], budget: int) -> int:
    """Give how many characters stand for one document."""
    return max(min(_LEAST, budget), min(_MOST, budget // len(documents)))


def _document_of(row: Row) -> str:
    return str(row.get("uri") or row.get("title") or str(row.get("id") or "").partition(":")[0])


def _prefixes(weights: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Give every path and the paths above it, in the document's order."""
    ordered: dict[tuple[str, ...], None] = {}
    for path in weights:
        for depth in range(1, len(path) + 1):
            ordered.setdefault(path[:depth])
    return list(ordered)


def _fitting(lines: list[str], characters: int) -> list[str]:
    """Leave out the deepest headings first, then every second one, until the rest fits."""
    while lines and sum(map(len, lines)) > characters:
        deepest = max(len(line) - len(line.lstrip()) for line in lines)
        upper = [line for line in lines if len(line) - len(line.lstrip()) < deepest]
        lines = upper or (lines[::2] if len(lines) > 1 else [])
    return lines
