"""Broken lines made blocks: paragraphs, list items, lines of their own, headings, code, tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hf_sft_builders.documents.line_starts import Mark, follows, is_footnote, is_label, mark_of
from hf_sft_builders.documents.markdown_blocks import Block, Kind
from hf_sft_builders.documents.paragraph_breaks import (
    OpenBlock,
    ParagraphBreaks,
    Placed,
    ended,
    is_short,
)
from hf_sft_builders.documents.pdf_lines import LETTER_WIDTH, Line
from hf_sft_builders.documents.pdf_tables import Table
from hf_sft_builders.documents.word_joining import WordJoining

_SAME_INSET = 0.8
"""Of items of one depth, in font sizes: `9.` and `10.` may be set right."""


class Joining:
    """Joins the lines of a document to blocks.

    Args:
        words: How the document joins words.
        breaks: When a paragraph ends in it.
        levels: The level of each heading, by the identity of its line.
        footnotes: The identities of lines that are footnotes.
    """

    def __init__(
        self,
        words: WordJoining,
        breaks: ParagraphBreaks,
        levels: Mapping[int, int],
        footnotes: frozenset[int] = frozenset(),
    ) -> None:
        self._words, self._breaks = words, breaks
        self._levels, self._footnotes = levels, footnotes
        self._open: OpenBlock | None = None
        self._notes: list[Block] = []
        self._insets: list[float] = []
        """Of the items that the last one lies in, and its own."""

    def blocks(self, placed: Iterable[Placed | Table]) -> Iterator[Block]:
        """Give the blocks in reading order."""
        for place in placed:
            if isinstance(place, Table):
                yield from self._closed()
                yield Block("table", [(place.page, place.markdown())])
            elif id(place.line) in self._footnotes:
                self._add_footnote(place.line)
            elif self._open is not None and self._goes_on(self._open, place):
                if self._notes and self._began_with_notes(self._open):
                    yield from self._noted()
                self._append(self._open, place)
            else:
                before = self._open
                yield from self._closed()
                self._open = self._opened(place, before)
        yield from self._closed()

    def _closed(self) -> Iterator[Block]:
        """Give the open block, and after it the footnotes of its page."""
        if self._open is not None:
            yield _finished(self._open)
            self._open = None
        yield from self._noted()

    def _noted(self) -> Iterator[Block]:
        notes, self._notes = self._notes, []
        yield from notes

    def _began_with_notes(self, open_block: OpenBlock) -> bool:
        """Whether a paragraph that crosses the page began on it: then the notes come before."""
        return open_block.block.parts[0][0] == self._notes[0].parts[0][0]

    def _add_footnote(self, line: Line) -> None:
        if self._notes and not is_footnote(line.text):
            text = self._words.join(self._notes[-1].text, line.text)
            self._notes[-1].parts = [(line.page, text)]
        else:
            self._notes.append(Block("paragraph", [(line.page, line.text)]))

    def _kind(self, line: Line) -> Kind:
        if id(line) in self._levels:
            return "heading"
        return "code" if line.mono else "paragraph"

    def _goes_on(self, open_block: OpenBlock, place: Placed) -> bool:
        kind, now = self._kind(place.line), open_block.block.kind
        if kind == "heading" or now == "heading":
            return kind == now and self._same_heading(open_block, place)
        if kind == "code" or now == "code":
            return kind == now and self._same_code(open_block, place)
        if self._mark(open_block, place):
            return False
        return self._breaks.goes_on(open_block, place)

    def _same_heading(self, open_block: OpenBlock, place: Placed) -> bool:
        upper, lower = open_block.last.line, place.line
        if self._levels[id(upper)] != self._levels[id(lower)] or upper.page != lower.page:
            return False
        close = 0 < lower.bottom - upper.bottom < 1.7 * upper.size
        return close and abs(upper.size - lower.size) < 0.5 and open_block.lines < 3

    def _same_code(self, open_block: OpenBlock, place: Placed) -> bool:
        upper, lower = open_block.last.line, place.line
        return upper.page != lower.page or 0 < lower.bottom - upper.bottom < 3.2 * lower.size

    def _mark(self, before: OpenBlock | None, place: Placed) -> Mark | None:
        """Find the list mark that a line begins with; a wrapped "3. " in a sentence is none."""
        mark = mark_of(place.line.text)
        if mark is None or follows(mark, before.mark if before else None):
            return mark
        if before is None or before.block.kind not in ("paragraph", "item"):
            return mark
        apart = not self._breaks.near(before.last, place)
        ends = apart or ended(before.last.line.text) or is_short(before.last, place.line)
        return mark if ends else None

    def _append(self, open_block: OpenBlock, place: Placed) -> None:
        line, parts = place.line, open_block.block.parts
        if open_block.block.kind == "code":
            parts.append((line.page, _code_line(open_block, line)))
        else:
            before = parts[-1][1]
            whole = self._words.join(before, line.text)
            self._extend(parts, line.page, whole, len(line.text))
        open_block.last = place
        open_block.lines += 1

    @staticmethod
    def _extend(parts: list[tuple[int, str]], page: int, whole: str, added: int) -> None:
        """Replace the last part by the joined text, cut where the next page begins."""
        if page == parts[-1][0]:
            parts[-1] = (page, whole)
        else:
            parts[-1:] = [(parts[-1][0], whole[:-added]), (page, whole[-added:])]

    def _opened(self, place: Placed, before: OpenBlock | None) -> OpenBlock:
        line, kind = place.line, self._kind(place.line)
        close = before is not None and self._breaks.near(before.last, place)
        part = (line.page, line.text)
        if kind != "paragraph":
            return OpenBlock(Block(kind, [part], self._levels.get(id(line), 0)), place, place)
        mark = self._mark(before, place)
        if mark is None:
            paragraph = Block("paragraph", [part], close=close)
            return OpenBlock(paragraph, place, place, label=is_label(line.text))
        nested = before is not None and before.block.kind == "item"
        indent = "    " * self._depth(place, nested)
        item = Block("item", [(line.page, indent + mark.markdown(line.text))], close=True)
        return OpenBlock(item, place, place, mark)

    def _depth(self, place: Placed, nested: bool) -> int:
        """Give how deep an item lies in its list, by how far it is set in."""
        line, inset = place.line, place.line.left - place.left
        self._insets = [i for i in self._insets if nested and i <= inset + _SAME_INSET * line.size]
        if not self._insets or inset > self._insets[-1] + _SAME_INSET * line.size:
            self._insets.append(inset)
        return len(self._insets) - 1


def _finished(open_block: OpenBlock) -> Block:
    """A label with its value, or a short line that ends no sentence, is a line of its own."""
    block = open_block.block
    if block.kind == "paragraph":
        alone = open_block.lines == 1 and not ended(block.text) and is_short(open_block.last)
        if alone or open_block.label:
            block.kind = "line"
    return block


def _code_line(open_block: OpenBlock, line: Line) -> str:
    """Write one more line of code with the indentation and blank lines that are seen."""
    letter = LETTER_WIDTH * line.size
    spaces = max(0, round((line.left - open_block.first.line.left) / letter))
    apart = line.top - open_block.last.line.top > 1.9 * line.size
    blank = apart and line.page == open_block.last.line.page
    return "\n" + "\n" * blank + " " * spaces + line.text
