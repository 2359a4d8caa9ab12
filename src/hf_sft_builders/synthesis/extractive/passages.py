"""Headed paragraphs: the heading asks, the first paragraphs below it answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hf_sft_builders.synthesis.extractive.blocks import Block, Span
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.scripts import has_han
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended, sentences
from hf_sft_builders.synthesis.extractive.topics import topic_of
from hf_sft_builders.synthesis.extractive.wording import wording

LONGEST = 600
SHORTEST_HAN = 24
SHORTEST_LATIN = 70

_POINTS_AWAY = re.compile(
    r"如下|下列|以下[^。]*[:：]|[上下][表图]|[表图] ?\d|下面|上文|前文|如前所述|见第|参见|详见|"
    r"\b(?:as follows|the following|following (?:steps|points|table|list|items)|(?:see|shown|listed|described|given|given in|"
    r"table|figure|list|steps?|section|mentioned|discussed|explained) (?:above|below)|(?:see|in) (?:section|chapter|appendix|figure|table)|"
    r"(?:next|previous) section|(?:table|figure|fig\.) \d)\b", re.I)
_ABOUT_ITSELF = re.compile(
    r"本(?:文|书|指南|手册|文档|说明书|页|攻略|教程)|书中|"
    r"(?:In )?[Tt]his (?:page|manual|guide|document|handbook|booklet|leaflet|tutorial|book|website)\b")
_ASKED_INSIDE = re.compile(r"(?:\*\*)?(?:Q|问题?)\s*\d*\s*[:：.]")
_CONNECTIVE = re.compile(
    r"(?:此外|另外|同时|因此|所以|但是|但|然而|不过|而且|并且|于是|其次|再者|最后|总之|可见|由此|反之|否则|相反|"
    r"(?:However|Moreover|Furthermore|In addition|Additionally|Therefore|Thus|Hence|But|And|Also|Consequently|"
    r"Nevertheless|Otherwise|Instead|Similarly|Likewise|Meanwhile|Finally|Then|So)\b)")


def find_passages(section: Section) -> Iterable[Pair]:
    """Ask for the words under the section's heading."""
    if not section.heading:
        return
    about = topic_of(section)
    words = wording(section.language(section.heading))
    lists = any(block.kind == "list" for block in section.blocks)
    if lists and words.is_procedure(section.heading):
        # What comes before a procedure's steps tells when to do it, not how.
        return
    span = _passage(section)
    if span is not None:
        yield from pair(section.text, words.topic(about), span.start, span.end, "passage")


def _passage(section: Section) -> Span | None:
    """Give whole sentences from the beginning of the section, at most `LONGEST` characters."""
    parts = list(_sentences(section))
    if not parts or _CONNECTIVE.match(section.words(parts[0])):
        return None
    span = Span(parts[0].start, parts[-1].end)
    shortest = SHORTEST_HAN if has_han(section.words(span)) else SHORTEST_LATIN
    return span if span.end - span.start >= shortest else None


def _sentences(section: Section) -> Iterator[Span]:
    begin = None
    for block in _leading_paragraphs(section):
        for start, end in sentences(section.text, block.start, block.end):
            words = section.text[start:end]
            begin = start if begin is None else begin
            fits = end - begin <= LONGEST and is_begun(words) and is_ended(words)
            if not fits or _POINTS_AWAY.search(words) or _ASKED_INSIDE.match(words):
                return
            if section.work.genre in ("guide", "manual", "faq") and _ABOUT_ITSELF.match(words):
                return
            yield Span(start, end)


def _leading_paragraphs(section: Section) -> Iterator[Block]:
    """Give the paragraphs that the section begins with; captions between them end it."""
    for block in section.blocks:
        if block.kind == "other" and block is section.blocks[0]:
            continue
        if block.kind != "paragraph" or not section.is_whole_paragraph(block):
            return
        yield block
