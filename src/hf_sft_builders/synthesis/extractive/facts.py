"""Properties stated inside a sentence: 全程约3.5公里; "The pump draws 4.2 A".

Only patterns that are certain, and only where the sentence's subject is what the question names.
The whole sentence is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hf_sft_builders.synthesis.extractive.owners import owner_of
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended, sentences
from hf_sft_builders.synthesis.extractive.titles import before_subtitle
from hf_sft_builders.synthesis.extractive.wording import en, wording

_ABOUT_ZH = r"(?:约|大约|共|共计|总计|达|为|是|长达|近|超过)?\s*"
_NUMBER = r"[\d,.]+(?:\s*万|\s*亿)?\s*"
_ZH: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), question)
    for pattern, question in (
        (
            rf"(?:始)?(?:建|创建|修建|建造|开凿|成立|创立|"
            rf"创办)于[^，。；]{{0,12}}(?:{_NUMBER}年|世纪|[初末]年|年间)",
            "{s}建于什么时候？",
        ),
        (r"(?:位于|坐落于|坐落在|地处)[^，。；]{3,}", "{s}位于哪里？"),
        (
            rf"占地(?:面积)?{_ABOUT_ZH}{_NUMBER}(?:余)?(?:平方米|平方公里|亩|公顷|㎡)",
            "{s}占地多大？",
        ),
        (rf"全[长程]{_ABOUT_ZH}{_NUMBER}(?:余)?(?:公里|千米|米|km)", "{s}全程有多长？"),
        (rf"海拔{_ABOUT_ZH}{_NUMBER}米", "{s}的海拔是多少？"),
        (rf"(?:通高|高度?){_ABOUT_ZH}{_NUMBER}米", "{s}有多高？"),
        (
            rf"(?:总)?面积{_ABOUT_ZH}{_NUMBER}(?:余)?(?:平方米|平方公里|亩|公顷|㎡)",
            "{s}的面积是多少？",
        ),
        (rf"(?:门票|票价|售价){_ABOUT_ZH}(?:每人)?{_NUMBER}元", "{s}的门票是多少钱？"),
        (r"开放时间(?:为|是)?[^，。；]*\d", "{s}的开放时间是什么？"),
        (rf"重{_ABOUT_ZH}{_NUMBER}(?:千克|公斤|克|吨|kg)", "{s}有多重？"),
    )
)
_EN_NUMBER = (
    r"(?:about |around |approximately |roughly |up to |only |just )?[\d.,]+(?:[–-][\d.,]+)?\s?"
)
_COUNT = (
    r"(?:up to |about )?(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve|sixteen|twenty)"
)
_WHERE = "Where is {s} located?"
_HOW_MANY = "How many {k} does {s} {v}?"
_EN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), question)
    for pattern, question in (
        (rf"draws {_EN_NUMBER}(?:mA|A|amperes?|amps?)\b", "How much current does {s} draw?"),
        (rf"(?:draws|consumes|uses) {_EN_NUMBER}(?:k?W|watts)\b", "How much power does {s} use?"),
        (rf"weighs {_EN_NUMBER}", "How much does {s} weigh?"),
        (rf"costs? (?:about |from |only )?(?:[$€£¥]|US\$)?{_EN_NUMBER}", "How much does {s} cost?"),
        (rf"takes {_EN_NUMBER}(?:minute|hour|day|week|second)s?\b", "How long does {s} take?"),
        (rf"lasts {_EN_NUMBER}(?:minute|hour|day|week|month|year)s?\b", "How long does {s} last?"),
        (rf"is {_EN_NUMBER}(?:km|m|kilomet\w+|met\w+|miles?|feet|ft) (?P<k>long|high|tall|"
            rf"wide|deep)\b", "How {k} is {s}?"),
        (r"(?:is|are) open (?:daily|every|from|between|on|Monday|Tuesday|all|year)|"
            r"opens (?:daily|at|from|every)", "When is {s} open?"),
        (r"was (?P<k>built|founded|established|completed|constructed|opened) (?:in|on|"
            r"between|around) [^,.;]*\d{3,4}", "When was {s} {k}?"),
        (r"(?:is (?:located|situated)|lies|stands) (?:in|at|on|near|between|\w+ of|\d+)", _WHERE),
        (rf"has an? (?P<k>capacity|range|length|weight|diameter|height|area|output|"
            rf"population) of {_EN_NUMBER}", "What is the {k} of {s}?"),
        (rf"is valid for {_EN_NUMBER}\w+", "How long is {s} valid?"),
        (rf"(?P<v>store|support|seat|contain)s {_COUNT} (?P<k>[a-z]+s)\b", _HOW_MANY),
    )
)  # fmt: skip
_EN_SUBJECT = re.compile(
    r"(?P<s>(?:(?:The|A|An) )?[A-Z0-9a-z][\w’'\-]*(?: (?!is\b|are\b|was\b)[\w’'\-]+){0,5}) $"
)
_EN_LOOSE = re.compile(
    r"\b(?:and|or|which|that|who|of|if|when|it|this|then|also|each|every|there|you|we|in|"
    r"on|at|for|with|"
    r"however|usually|normally|typically|to|but|as|first|second)\b",
    re.I,
)


def find_facts(section: Section) -> Iterable[Pair]:
    """Ask for properties that the sentences of the section state."""
    for block in section.blocks:
        if block.kind != "paragraph":
            continue
        for start, end in sentences(section.text, block.start, block.end):
            sentence = section.text[start:end]
            if is_begun(sentence) and is_ended(sentence):
                question = next(iter(_questions(section, sentence)), "")
                yield from pair(section.text, question, start, end, "attribute")


def _questions(section: Section, sentence: str) -> Iterator[str]:
    if section.language(sentence) == "zh":
        return _chinese(section, sentence.replace("\n", ""))
    return _english(section, " ".join(sentence.split()))


def _chinese(section: Section, sentence: str) -> Iterator[str]:
    """Read the clauses from the left as long as they can only be about the heading's subject."""
    subject = _heading_subject(section)
    if not subject:
        return
    named = sentence.startswith(subject)
    rest = sentence[len(subject) :] if named else sentence
    for number, clause in enumerate(rest.rstrip("。！").split("，")):
        found = next((ask for pattern, ask in _ZH if pattern.match(clause)), "")
        if found:
            yield found.format(s=subject)
        elif number or not named:
            return


def _heading_subject(section: Section) -> str:
    """Give what the nearest heading names, or what the work is about above all headings."""
    if not section.path:
        return owner_of(section, "zh")
    heading = section.path[-1]
    return before_subtitle(heading) if wording("zh").owns(heading) else ""


def _english(section: Section, sentence: str) -> Iterator[str]:
    for pattern, template in _EN:
        found = pattern.search(sentence)
        before = _EN_SUBJECT.fullmatch(sentence[: found.start()]) if found else None
        if found is None or before is None or _EN_LOOSE.search(before["s"]):
            continue
        subject = _resolved(section, before["s"])
        if subject:
            yield template.format(s=subject, **found.groupdict())


def _resolved(section: Section, words: str) -> str:
    """Give the subject as a name: "the controller" is the product of the manual, if it is one."""
    bare = re.sub(r"^(?:The|A|An) ", "", words)
    named = any(part[:1].isupper() or part[:1].isdigit() for part in bare.split()[1:])
    if named or (words == bare and section.text.count(f" {bare}") > 0 and bare[:1].isupper()):
        return f"the {bare}" if words.startswith("The ") else bare
    name = section.work.name
    if name.casefold().endswith(f" {bare.casefold()}") and section.work.genre == "manual":
        return en.work_subject(section.work)
    known = any(bare.casefold() == before_subtitle(heading).casefold() for heading in section.path)
    return f"the {bare}" if known and words.startswith("The ") else ""
