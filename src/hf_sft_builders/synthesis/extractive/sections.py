"""A section: one heading, the blocks up to the next heading, and what they are about.

Only the chunk's text is seen: blocks at its two ends may be cut, and a chunk that begins inside a
section knows its heading from the path alone, so that it must not claim to hold the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hf_sft_builders.synthesis.extractive.blocks import Block, Span, blocks
from hf_sft_builders.synthesis.extractive.scripts import Language, has_han, language_of
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended
from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle, clean, work_of

LONGEST_NAME = 40
"""Of a title that may be the name of a thing."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a finder is given."""

    text: str
    """The whole text; all spans count from its beginning."""
    path: tuple[str, ...] = ()
    """Cleaned headings above the blocks, outermost first, the title of the work left out."""
    blocks: tuple[Block, ...] = ()
    work: Work = field(default=Work())
    heading: str = ""
    """The cleaned heading if its line is in the text; empty where the chunk begins below it."""
    preferred: str = ""

    def language(self, words: str = "") -> Language:
        """Give the language of the words, or of the section where there are none."""
        if self.preferred or words:
            return language_of(words, self.preferred)
        if not self.blocks:
            return language_of(self.heading)
        return language_of(self.text[self.blocks[0].start : self.blocks[-1].end])

    def words(self, span: Span | Block) -> str:
        """Give the words of a span."""
        return self.text[span.start : span.end]

    def paragraphs(self) -> Iterator[Block]:
        """Give the paragraphs, without one that the chunk's ends may have cut."""
        yield from (block for block in self.blocks if self.is_whole_paragraph(block))

    def is_whole_paragraph(self, block: Block) -> bool:
        """Tell whether this is a paragraph with a beginning and an end."""
        words = self.words(block)
        return block.kind == "paragraph" and is_begun(words) and is_ended(words)

    def before(self, block: Block) -> Block | None:
        """Give the block before this one in the section."""
        at = self.blocks.index(block)
        return self.blocks[at - 1] if at else None

    def is_at_end(self, block: Block) -> bool:
        """Tell whether the block ends the text, where it may go on in the next chunk."""
        return not self.text[block.end :].strip()


def sections(text: str, headings: tuple[str, ...], title: str, language: str) -> Iterator[Section]:
    """Cut the text into sections, following its own headings and the path it begins under."""
    found = blocks(text)
    path = _path_at_start(text, found, headings)
    work = _seen_in(work_of(title or _title_in(text, path, found)), text, found)
    heading, held = "", []
    for block in [*found, None]:
        if block is not None and block.kind != "heading":
            held.append(block)
            continue
        names = _below_title(path, work, title)
        if heading or held:
            yield Section(text, names, tuple(held), work, heading, language)
        if block is not None:
            words = text[block.parts[0].start : block.parts[0].end]
            path = [above for above in path if above[0] < block.level] + [(block.level, words)]
            heading, held = clean(words), []


def _seen_in(work: Work, text: str, found: list[Block]) -> Work:
    """Tell a title that the text uses as a name from one that only names the text."""
    name = work.title
    if work.genre or not 2 <= len(name) <= LONGEST_NAME or before_subtitle(name) != name:
        return work
    paragraphs = [text[block.start : block.end] for block in found if block.kind == "paragraph"]
    heads = found[:1] and found[0].kind == "heading" and name in text[: found[0].end]
    if heads and not paragraphs:
        return Work(work.title, name, "thing")
    begun = re.compile(rf"(?:The |An? )?{re.escape(name)}", re.I)
    if not any(begun.match(paragraph) for paragraph in paragraphs[:1]):
        # Elsewhere only a name counts: in Chinese any use, in English one with capital letters.
        inside = (
            rf"(?<![《“]){re.escape(name)}" if has_han(name) else rf"[a-z,] {re.escape(name)}\b"
        )
        common = re.search(r"[与和及、]", name) if has_han(name) else name[1:].islower()
        if common or not re.search(inside, " ".join(paragraphs)):
            return work
    return Work(work.title, name, "thing")


def _path_at_start(
    text: str, found: list[Block], headings: tuple[str, ...]
) -> list[tuple[int, str]]:
    """Give the path's headings with levels; those that the text itself repeats are left out.

    The path has no levels: they are counted from 1, or back from the heading that the text
    begins with, which the path of a chunk ends with.
    """
    names = [name for name in headings if name.strip()]
    first = found[0] if found and found[0].kind == "heading" else None
    if first is None:
        return list(enumerate(names, 1))
    words = text[first.parts[0].start : first.parts[0].end]
    if names and clean(names[-1]) == clean(words):
        names = names[:-1]
        offset = first.level - len(names)
        return [(max(0, offset + n), name) for n, name in enumerate(names)]
    return list(enumerate(names, 1))


def _title_in(text: str, path: list[tuple[int, str]], found: list[Block]) -> str:
    """Give the outermost heading where it can only be the title of the whole."""
    if path:
        return path[0][1]
    heads = [block for block in found if block.kind == "heading"]
    if heads and heads[0] is found[0] and sum(head.level == 1 for head in heads) == 1:
        part = heads[0].parts[0]
        return text[part.start : part.end] if heads[0].level == 1 else ""
    return ""


def _below_title(path: list[tuple[int, str]], work: Work, title: str) -> tuple[str, ...]:
    names = [clean(words) for _, words in path]
    outermost = clean(path[0][1]) if path else ""
    same = outermost and outermost in (work.title, clean(title), work.name)
    return tuple(name for name in (names[1:] if same else names) if name)
