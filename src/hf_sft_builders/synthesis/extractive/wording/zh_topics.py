"""Questions in Chinese for what stands under a heading."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.titles import before_subtitle
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import zh

ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇千\d]+条")


_HOW = re.compile(r"(?:怎样|怎么|如何)(?!样)")


_OBJECTLESS = re.compile(
    r"(?:怎样|怎么|如何)(?:到达|前往|抵达|联系|使用|购买|预订|申请|报名|办理|安装|去|加入|选购)$"
)


def topic(about: Topic) -> str:
    """Ask for what stands under a heading."""
    heading = about.heading
    if not heading:
        return _work_topic(about)
    if zh.is_unused(heading) or zh.is_pointing(heading):
        return ""
    for make in (
        _day_topic,
        _how_topic,
        _question_topic,
        _generic_topic,
        _rule_topic,
        _procedure_topic,
    ):
        if question := make(about):
            return question
    return _nominal_topic(about)


def owner_above(about: Topic) -> str:
    """Give the subject that a heading without one of its own belongs to."""
    above = [name for name in about.above if zh.owns(name) and not zh.is_common(name)]
    named = zh.owner(above[-1], about.work, about.text) if above else ""
    return named or zh.work_subject(about.work)


def _work_topic(about: Topic) -> str:
    if about.work.genre in ("guide", "manual", "faq", "thing"):
        return f"能介绍一下{about.work.name}吗？"
    return f"《{about.work.title}》的主要内容是什么？" if about.work.title else ""


def _day_topic(about: Topic) -> str:
    found = zh.DAY.match(about.heading)
    plans = [
        name for name in about.above if re.search(r"(?:行程|日程|路线|线路|游|安排|计划)", name)
    ]
    if not found or not plans:
        return ""
    name = (
        about.work.name if about.work.genre == "guide" and about.work.name not in plans[-1] else ""
    )
    return f"{name}{zh.subject(plans[-1])}的{found[1]}怎么安排？"


def _how_topic(about: Topic) -> str:
    heading = about.heading.rstrip("?？")
    if not _HOW.search(heading) or about.heading.endswith(("?", "？")):
        return ""
    if _OBJECTLESS.fullmatch(heading):
        owner = owner_above(about)
        return f"{heading}{owner}？" if owner and not owner.startswith("《") else ""
    return f"{setting(about)}{heading}？"


def _question_topic(about: Topic) -> str:
    heading = about.heading
    if heading.endswith(("?", "？")):
        return zh.asked(heading, about.work)
    return f"{setting(about)}{heading}？" if zh.QUESTION_WORD.search(heading) else ""


def _generic_topic(about: Topic) -> str:
    template = zh.generic(about.heading)
    owner = owner_above(about)
    if not template or not owner:
        return ""
    if owner.startswith("《") and "{x}的" not in template and not template.startswith("{x}"):
        return ""
    return template.format(x=owner, k=about.heading)


def _rule_topic(about: Topic) -> str:
    if about.work.genre != "policy" or zh.generic(about.heading):
        return ""
    heading = about.heading
    if article := ARTICLE.match(heading):
        heading = heading[article.end() :].strip() or article[0]
    if ARTICLE.fullmatch(heading):
        return f"《{about.work.title}》{heading}规定了什么？"
    return f"《{about.work.title}》对{heading}是怎么规定的？" if len(heading) <= 24 else ""


def _procedure_topic(about: Topic) -> str:
    heading = before_subtitle(about.heading)
    return (
        f"{setting(about)}怎么{heading}？" if zh.is_procedure(heading) and len(heading) > 2 else ""
    )


def _nominal_topic(about: Topic) -> str:
    heading = zh.subject(about.heading)
    if zh.generic(heading) or zh.NOT_NOMINAL.search(heading) or not 2 <= len(heading) <= 20:
        return ""
    described = re.match(rf"[“「]?{re.escape(heading)}(?!的)", about.body)
    if described and not zh.PAIR.fullmatch(heading) and not zh.is_common(heading):
        return f"能介绍一下{heading}吗？"
    if scene := setting(about):
        return f"{scene}{heading}方面需要了解什么？"
    owner = owner_above(about)
    return (
        f"{owner}中，{heading}是怎样的？"
        if owner.startswith("《")
        else (f"{owner}的{heading}是怎样的？" if owner and owner not in heading else "")
    )


def setting(about: Topic) -> str:
    """Say for which place or product the question is asked."""
    name = about.work.name
    if not name or zh.shares_words(about.heading, name):
        return ""
    if about.work.genre == "guide":
        return f"去{name}旅行，"
    if about.work.genre == "thing" and zh.is_procedure(about.heading):
        return f"对于{name}，"
    if re.search(r"(?:技术|工艺|方法|工程|作业|管理)$", name) and about.work.genre == "manual":
        return f"在{name}中，"
    return f"使用{name}时，" if about.work.genre in zh.PRODUCT_GENRES else ""
