"""Questions in Chinese for a list, from the line that leads to it or its heading."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import zh, zh_topics
from hf_sft_builders.synthesis.extractive.wording import zh_tables as tables


def list_topic(about: Topic, lead: str, items: tuple[str, ...], ordered: bool) -> str:
    """Ask for a list, by the line that leads to it or else by its heading."""
    if question := _lead(about, lead):
        return question
    heading = zh.subject(about.heading)
    if not heading or zh.is_unused(heading):
        return ""
    if not zh.names_something(heading) or about.work.genre == "policy":
        return zh_topics.topic(about)
    if ordered and _are_steps(heading, items):
        return _steps(about)
    for pattern, template in tables.LISTS:
        if re.search(pattern, heading):
            return template.format(s=_anchored(about), scene=zh_topics.setting(about), k=heading)
    return f"{_anchored(about)}包括哪些内容？"


def _anchored(about: Topic) -> str:
    """Give the heading with what it belongs to, unless it names that itself."""
    heading = zh.subject(about.heading)
    above = zh_topics.owner_above(about)
    if (about.is_described and not zh.is_common(heading)) or not above or above in heading:
        return heading
    return f"{above}的{heading}"


def _are_steps(heading: str, items: tuple[str, ...]) -> bool:
    verbs = sum(
        bool(zh.PROCEDURE.match(item)) or item.startswith(("将", "把", "用", "按"))
        for item in items
    )
    return bool(re.search(r"(?:步骤|流程|程序|操作|方法|做法)$", heading)) or verbs * 2 >= len(
        items
    )


def _steps(about: Topic) -> str:
    anchored = _anchored(about)
    if re.search(r"(?:步骤|流程|程序|方法|做法)$", anchored):
        return f"{anchored}是什么？"
    return f"{anchored}的具体步骤是什么？"


_WHICH = re.compile(
    r"(?:以下|下列)(?:几[种个类]|各[种类项])?(?P<n>[^，。；\s]{1,8}?)(?P<v>(?:不|均|可|"
    r"应|须|需|属|会|必|禁|视为|无|除外|免)[^，。；]*)"
)


_LEADS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"(?P<x>[^，。；：]{2,20}?)(?:主要)?(?:包括|包含|涵盖|由)(?:以下|下列|"
            r"如下)?[^，。]{0,12}$"
        ),
        "{x}包括哪些？",
    ),
    (
        re.compile(
            r"(?P<x>[^，。；：]{2,20}?)(?:需要?|须|应当?|必须)(?P<v>准备|携带|提供|提交|"
            r"满足|具备|符合|遵守|注意|检查|确认|完成)"
            r"(?:好|以下|下列|如下|这些|的)[^，。]{0,10}$"
        ),
        "{x}需要{v}什么？",
    ),
    (
        re.compile(
            r"(?P<x>[^，。；：]{2,24}?)(?:主要)?(?:有|具有|如下|有以下)(?:以下|下列|如下|这)?"
            r"[^，。]{0,4}?(?P<n>特点|优势|功能|作用|原因|要求|原则|条件|步骤|方法|方式|"
            r"种类|类型|情形|规定|限制|好处)?$"
        ),
        "{x}有哪些{n}？",
    ),
)


_LEAD_POINTER = re.compile(
    r"以下|下列|如下|这些|[一二两三四五六七八九十\d]+[个种类项点条步部]|包括|分为"
)


def _lead(about: Topic, lead: str) -> str:
    words = zh_topics.ARTICLE.sub(
        "", re.split(r"[。！？]", lead.rstrip("：: \n"))[-1].strip(), count=1
    ).strip()
    rules = f"按照《{about.work.title}》，" if about.work.genre == "policy" else ""
    if not _LEAD_POINTER.search(words):
        return ""
    if which := _WHICH.fullmatch(words):
        return f"{rules or zh_topics.setting(about)}哪些{which['n']}{which['v']}？"
    if kinds := re.fullmatch(
        r"(?:[^，]{2,20}，)?(?P<x>[^，]{2,16})分[为成](?P<n>[^，]{0,8})", words
    ):
        return (
            f"{rules}{kinds['x']}分为哪几{kinds['n'][-1:] if kinds['n'][-1:] in '类种' else '类'}？"
        )
    for pattern, template in _LEADS:
        found = pattern.fullmatch(words)
        if found and (zh.names_something(found["x"]) or zh.is_procedure(found["x"])):
            parts = {name: value or "" for name, value in found.groupdict().items()}
            return rules + template.format(**parts)
    return ""
