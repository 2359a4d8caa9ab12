"""Articles of laws and contracts that are paragraphs: 第三条 …, "Article 5. …"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hf_sft_builders.synthesis.extractive.blocks import Block
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_ended

LONGEST = 1200

_NUMBER = re.compile(
    r"(?:\*\*)?(?P<zh>第[一二三四五六七八九十百零〇千\d]+条(?:之[一二三四五])?)(?:\*\*)?[\s　]*|"
    r"(?:\*\*)?(?P<en>(?:Article|Section|Clause|§) ?\d+(?:\.\d+)*)\b(?:\*\*)?[.:]?\s+(?=\S)"
)


_CHAPTER = re.compile(r"第[一二三四五六七八九十\d]+[章节編编部分]|(?:Chapter|Part|Title) [IVX\d]+")
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    # What an article's first sentence says, and the question that it answers.
    (re.compile(pattern), template)
    for pattern, template in (
        (r"为了?.*制定本\w{1,6}$", "制定《{t}》的目的是什么？"),
        (r"本\w{1,6}?适用于", "《{t}》的适用范围是什么？"),
        (r"本\w{1,6}?自.*起(?:施行|实施|执行|生效)", "《{t}》从什么时候起施行？"),
        (r"本\w{1,6}由[^，。]*负责解释", "《{t}》由谁负责解释？"),
        (
            r"违反本\w{1,6}?(?P<x>(?:第\w+条)?(?:第\w+款)?的?规定，[^，。]{2,30}的)，",
            "按照《{t}》，违反{x}，会受到什么处罚？",
        ),
        (
            r"有下列(?P<n>情形|情况|行为)之一的，(?P<x>[^，。可应]{2,12})(?P<v>可以|应当|"
            r"不得)(?P<y>[^，。]{2,30})$",
            "按照《{t}》，{x}在哪些{n}下{v}{y}？",
        ),
        (r"(?P<x>[^，。的应由本]{2,16}?)负责(?P<y>[^，。]{4,60})$", "按照《{t}》，{x}负责什么？"),
        (r"(?P<x>[^，。应本]{4,24}?)，应当", "按照《{t}》，{x}，应当怎么做？"),
    )
)


def find_articles(section: Section) -> Iterable[Pair]:
    """Ask what each article says."""
    if section.work.genre != "policy":
        return
    for first, last in _articles(section):
        found = _NUMBER.match(section.text, first.start)
        words = section.text[first.start : last.end]
        if found and is_ended(words) and len(words) <= LONGEST:
            yield from pair(
                section.text, _question(section, found), first.start, last.end, "passage"
            )


def _articles(section: Section) -> Iterator[tuple[Block, Block]]:
    """Give the first and the last block of each article."""
    begins = [n for n, block in enumerate(section.blocks) if _begins(section, block)]
    ends = [*begins[1:], len(section.blocks)]
    for n, following in zip(begins, ends, strict=False):
        held = section.blocks[n:following]
        while held and _CHAPTER.match(section.words(held[-1])):
            held = held[:-1]
        if held and all(block.kind in ("paragraph", "list") for block in held):
            yield held[0], held[-1]


def _begins(section: Section, block: Block) -> bool:
    return block.kind == "paragraph" and bool(_NUMBER.match(section.text, block.start))


def _question(section: Section, found: re.Match[str]) -> str:
    title = section.work.title
    if found["zh"]:
        words = re.split("[。：]", section.text[found.end() : found.end() + 200])[0]
        for pattern, template in _RULES:
            if rule := pattern.match(words):
                return template.format(t=title, **rule.groupdict())
        return f"《{title}》{found['zh']}规定了什么？"
    return f"What does {found['en']} of the {re.sub('^The ', '', title)} say?"
