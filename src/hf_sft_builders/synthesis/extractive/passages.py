"""Headed paragraphs: the heading asks, the first paragraphs below it answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hf_sft_builders.synthesis.extractive.blocks import Block
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.scripts import has_han
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended, sentences
from hf_sft_builders.synthesis.extractive.topics import topic_of
from hf_sft_builders.synthesis.extractive.wording import topic_wording, wording

LONGEST = 600
SHORTEST_HAN = 24
SHORTEST_LATIN = 70
LONGEST_SUBTITLE = 80

_NOTICE = re.compile(r"©|All rights reserved|版权所有|未经许可", re.I)

_POINTS_AWAY = re.compile(
    r"如下|下列|本[节章]|以下[^。]*[:：]|[上下][表图]|[表图] ?\d|下面|上文|前文|如前所述|"
    r"见第|参见|详见|"
    r"\b(?:as follows|the following|this (?:section|chapter|table|list)|"
    r"following (?:steps|points|table|list|items)|(?:see|shown|listed|described|given|"
    r"given in|"
    r"table|figure|list|steps?|section|mentioned|discussed|explained) (?:above|below)|"
    r"(?:see|in) (?:section|chapter|appendix|figure|table)|"
    r"(?:next|previous) section|see\s+(?:the\s+|also\s+)?\[|for (?:more |"
    r"further )?(?:information|details) (?:about|on)|(?:table|figure|fig\.) \d)\b",
    re.I,
)
_ABOUT_ITSELF = re.compile(
    r"本(?:文|书|指南|手册|文档|说明书|页|攻略|教程)|书中|"
    r"(?:In )?[Tt]his (?:page|manual|guide|document|handbook|booklet|leaflet|tutorial|"
    r"book|website)\b"
)
_ASKED_INSIDE = re.compile(r"第[一二三四五六七八九十百\d]+条\s|(?:\*\*)?(?:Q|问题?)\s*\d*\s*[:：.]")
_CONNECTIVE = re.compile(
    r"(?:此外|另外|同时|因此|所以|但是|但|然而|不过|而且|并且|于是|其次|再者|最后|总之|"
    r"可见|由此|反之|否则|相反|"
    r"(?:However|Moreover|Furthermore|In addition|Additionally|Therefore|Thus|Hence|But|"
    r"And|Also|Consequently|"
    r"Nevertheless|Otherwise|Instead|Similarly|Likewise|Meanwhile|Finally|Then|So)\b)"
)


def find_passages(section: Section) -> Iterable[Pair]:
    """Ask for the words under the section's heading."""
    if not section.heading:
        return
    language = section.language(section.heading)
    passage = _passage(section)
    # What comes before a procedure's steps tells when to do it, not how.
    steps_follow = passage.points_away or any(block.kind == "list" for block in section.blocks)
    if steps_follow and wording(language).is_procedure(section.heading):
        return
    if passage.start < passage.end and _is_fit(section.text[passage.start : passage.end]):
        question = topic_wording(language).topic(topic_of(section))
        yield from pair(section.text, question, passage.start, passage.end, "passage")


class _Passage(NamedTuple):
    start: int
    end: int
    points_away: bool
    """Whether it ends before words that point at something outside it."""


def _passage(section: Section) -> _Passage:
    """Give sentences of the section's first paragraph, then whole paragraphs that still fit."""
    begin = end = 0
    for number, block in enumerate(_leading_paragraphs(section)):
        begin = begin or block.start
        stop, points_away = _reach(section, block, begin)
        if number and stop < block.end:
            return _Passage(begin, end, points_away)
        end = stop
        if stop < block.end:
            return _Passage(begin, end, points_away)
    return _Passage(begin, end, points_away=False)


def _reach(section: Section, block: Block, begin: int) -> tuple[int, bool]:
    """Give where the block's fit sentences end, and whether the next one points away."""
    reached = block.start
    for start, end in sentences(section.text, block.start, block.end):
        words = section.text[start:end]
        if _POINTS_AWAY.search(words):
            return reached, True
        whole = is_begun(words) and is_ended(words) and "\n>" not in section.text[begin:end]
        if end - begin > LONGEST or not whole or _is_furniture(section, words):
            return reached, False
        reached = end
    return block.end, False


def _is_furniture(section: Section, words: str) -> bool:
    if _NOTICE.search(words) or _ASKED_INSIDE.match(words):
        return True
    about_subject = section.work.genre in ("guide", "manual", "faq")
    return about_subject and bool(_ABOUT_ITSELF.match(words))


def _is_fit(words: str) -> bool:
    shortest = SHORTEST_HAN if has_han(words) else SHORTEST_LATIN
    return len(words) >= shortest and not _CONNECTIVE.match(words)


def _leading_paragraphs(section: Section) -> Iterator[Block]:
    """Give the paragraphs that the section begins with; a subtitle before them is skipped."""
    for block in section.blocks:
        if block is section.blocks[0] and (block.kind == "other" or _is_subtitle(section, block)):
            continue
        if block.kind != "paragraph" or not section.is_whole_paragraph(block):
            return
        if _NOTICE.search(section.words(block)):
            return
        yield block


def _is_subtitle(section: Section, block: Block) -> bool:
    words = section.words(block)
    return block.kind == "paragraph" and len(words) < LONGEST_SUBTITLE and not is_ended(words)
