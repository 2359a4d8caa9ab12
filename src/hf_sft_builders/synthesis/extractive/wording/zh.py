"""Questions in Chinese.

Every function gives the whole question, or an empty string where none can be made that names its
subject.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import zh_tables as tables

_QUESTION_WORD = re.compile(r"什么|哪[些个里种]|哪儿|多少|多久|多大|多长|几(?:点|天|次|号)|谁|为何|如何|怎样|怎么|是否|能否|可否|吗$|呢$")
_POINTING = re.compile(r"^[它他她其这那此该]|[它这那此该本](?=[的个些种条款篇章节文是里儿部]|$)|上述|下述|以下|如下|前者|后者|上面|下面|[上下]表|[上下]图")
_NOT_NOMINAL = re.compile(r"[，。；！…]|^(?:让|使|为了|把|将|请|不要|禁止|从|当|如果|若|因|不|没有|是|在|对|向|按|以|被|我|你|您)|[了着吧呀]$")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇千\d]+条")
_DAY = re.compile(r"(第[一二三四五六七八九十\d]+[天日]|D(?:ay ?)?\d+)(?=$|[\s:：、，—])", re.I)
_PROCEDURE = re.compile(rf"(?:{tables.PROCEDURE_VERBS})(?=.)")
_NOMINAL = re.compile(rf"(?:{tables.NOMINAL_ENDINGS})$")
_HOW = re.compile(r"(?:怎样|怎么|如何)(?!样)")
_OBJECTLESS = re.compile(r"(?:怎样|怎么|如何)(?:到达|前往|抵达|联系|使用|购买|预订|申请|报名|办理|安装|去|加入|选购)$")
_PAIR = re.compile(r".+[与和及、].+")
_PRODUCT_GENRES = ("manual", "faq")


def names_something(heading: str) -> bool:
    """Tell whether the heading can be the subject of a question by itself."""
    words = before_subtitle(heading)
    unfit = (_QUESTION_WORD, _POINTING, _NOT_NOMINAL, _DAY)
    if not words or len(words) > 24 or any(pattern.search(words) for pattern in unfit):
        return False
    return not (_generic(words) or is_unused(words) or is_procedure(words) or _PAIR.fullmatch(words))


def owns(heading: str) -> bool:
    """Tell whether the heading can be what a property belongs to."""
    return names_something(heading) and not re.search(rf"(?:{tables.DATA_ENDINGS})$", heading)


def is_transparent(heading: str) -> bool:
    """Tell whether the words below belong to the heading above this one."""
    shown = is_unused(heading) or _generic(heading) or _PAIR.fullmatch(heading)
    return bool(shown or re.search(rf"(?:{tables.DATA_ENDINGS})$", heading))


def is_procedure(heading: str) -> bool:
    """Tell whether the heading says to do something."""
    nominal = _NOMINAL.search(heading) or "的" in heading or _PAIR.fullmatch(heading)
    return bool(_PROCEDURE.match(heading) and not nominal)


def is_unused(heading: str) -> bool:
    """Tell whether no question can be made of the heading."""
    return bool(re.fullmatch(tables.UNUSED, heading))


def subject(heading: str, text: str = "") -> str:
    """Give the heading as a noun: `认识云溪` is about 云溪."""
    words = re.sub(rf"^(?:{tables.PLACE_VERBS})(?=..)", "", before_subtitle(heading))
    return words.strip("“”\"《》") if words.count("“") == 1 and words[0] == "“" else words


def work_subject(work: Work, text: str = "") -> str:
    """Give what the work is about, as a noun."""
    return f"《{work.title}》" if work.genre in ("policy", "") and work.title else work.name


def is_pointing(question: str) -> bool:
    """Tell whether the words point at something outside themselves (它, 这个, 上述)."""
    return bool(_POINTING.search(question))


def attribute(owner: str, key: str) -> str:
    """Ask for a named property; nothing where the key is a remark and no property."""
    key = key.strip()
    for pattern, template in tables.ATTRIBUTES:
        if re.fullmatch(pattern, key):
            return template.format(s=owner, k=key)
    if _QUESTION_WORD.search(key):
        return f"{owner}{key.rstrip('？?')}？"
    if re.fullmatch(tables.NO_SUBJECT_KEYS, key) or len(key) > 10 or is_pointing(key):
        return ""
    return f"{owner}的{key}是什么？"


def is_known_attribute(key: str) -> bool:
    """Tell whether the key is in the table, so that even a long value answers the question."""
    return any(re.fullmatch(pattern, key.strip()) for pattern, template in tables.ATTRIBUTES if template)


def definition(term: str, quoted: bool, verb: str, work: Work) -> str:
    """Ask what a term is."""
    if is_pointing(term):
        return ""
    if verb == "called":
        where = f"《{work.title}》" if work.genre == "policy" else ""
        return f"{where}所称的“{term}”是指什么？" if where else f"“{term}”是指什么？"
    if quoted or verb == "mean":
        return f"什么是“{term}”？" if quoted else f"什么是{term}？"
    return f"{term}是什么？"


def with_unit(question: str, unit: str) -> str:
    """Say in which unit the answer is."""
    return f"{question.rstrip('？')}（单位：{unit}）？" if unit and question else question


def asked(question: str, work: Work) -> str:
    """Give a question that the text itself asks, with its subject named."""
    words = question.strip().strip("*").rstrip("?？ ")
    if len(words) < 4 or is_pointing(words):
        return ""
    if work.genre in _PRODUCT_GENRES and not _shares_words(words, work.name):
        return f"关于{work.name}：{words}？"
    return f"{words}？"


def topic(about: Topic) -> str:
    """Ask for what stands under a heading."""
    heading = about.heading
    if not heading:
        return _work_topic(about)
    if is_unused(heading) or is_pointing(heading):
        return ""
    for make in (_day_topic, _how_topic, _question_topic, _generic_topic, _rule_topic, _procedure_topic):
        if question := make(about):
            return question
    return _nominal_topic(about)


def list_topic(about: Topic, lead: str, items: tuple[str, ...], ordered: bool) -> str:
    """Ask for a list, by the line that leads to it or else by its heading."""
    if question := _lead(about, lead):
        return question
    heading = subject(about.heading)
    if not heading or is_unused(heading):
        return ""
    if not names_something(heading) or about.work.genre == "policy":
        return topic(about)
    if ordered and _are_steps(heading, items):
        return _steps(about)
    for pattern, template in tables.LISTS:
        if re.search(pattern, heading):
            return template.format(s=_anchored(about), scene=_scene(about), k=heading)
    return f"{_anchored(about)}包括哪些内容？"


def _generic(heading: str) -> str:
    for pattern, template in tables.GENERIC:
        if re.fullmatch(pattern, heading):
            return template
    return ""


def _owner(about: Topic) -> str:
    """Give the subject that a heading without one of its own belongs to."""
    above = [name for name in about.above if names_something(name)]
    return subject(above[-1]) if above else work_subject(about.work)


def _anchored(about: Topic) -> str:
    """Give the heading with what it belongs to, unless it names that itself."""
    heading = subject(about.heading)
    above = _owner(about)
    if about.is_described and not _is_common(heading) or not above or above in heading:
        return heading
    return f"{above}的{heading}"


def _is_common(heading: str) -> bool:
    return bool(re.search(rf"(?:{tables.LIST_NOUNS}|{tables.NOMINAL_ENDINGS}|准备|安排)$", heading))


def _work_topic(about: Topic) -> str:
    if about.work.genre in ("guide", "manual"):
        return f"能介绍一下{about.work.name}吗？"
    return f"《{about.work.title}》的主要内容是什么？" if about.work.title else ""


def _day_topic(about: Topic) -> str:
    found = _DAY.match(about.heading)
    plans = [name for name in about.above if re.search(r"(?:行程|日程|路线|线路|游|安排|计划)", name)]
    if not found or not plans:
        return ""
    name = about.work.name if about.work.genre == "guide" and about.work.name not in plans[-1] else ""
    return f"{name}{subject(plans[-1])}的{found[1]}怎么安排？"


def _how_topic(about: Topic) -> str:
    heading = about.heading.rstrip("?？")
    if not _HOW.search(heading) or about.heading.endswith(("?", "？")):
        return ""
    if _OBJECTLESS.fullmatch(heading):
        owner = _owner(about)
        return f"{heading}{owner}？" if owner and not owner.startswith("《") else ""
    return f"{_scene(about)}{heading}？"


def _question_topic(about: Topic) -> str:
    heading = about.heading
    if heading.endswith(("?", "？")):
        return asked(heading, about.work)
    return f"{_scene(about)}{heading}？" if _QUESTION_WORD.search(heading) else ""


def _generic_topic(about: Topic) -> str:
    template = _generic(about.heading)
    owner = _owner(about)
    if not template or not owner:
        return ""
    return template.format(x=owner, k=about.heading)


def _rule_topic(about: Topic) -> str:
    if about.work.genre != "policy" or _generic(about.heading):
        return ""
    heading = about.heading
    if article := _ARTICLE.match(heading):
        heading = heading[article.end() :].strip() or article[0]
    if _ARTICLE.fullmatch(heading):
        return f"《{about.work.title}》{heading}规定了什么？"
    return f"《{about.work.title}》对{heading}是怎么规定的？" if len(heading) <= 24 else ""


def _procedure_topic(about: Topic) -> str:
    heading = before_subtitle(about.heading)
    return f"{_scene(about)}怎么{heading}？" if is_procedure(heading) and len(heading) > 2 else ""


def _nominal_topic(about: Topic) -> str:
    heading = subject(about.heading)
    if _generic(heading) or _NOT_NOMINAL.search(heading) or not 2 <= len(heading) <= 20:
        return ""
    if about.is_described and not _PAIR.fullmatch(heading) and not _is_common(heading):
        return f"能介绍一下{heading}吗？"
    if scene := _scene(about):
        return f"{scene}{heading}方面需要了解什么？"
    owner = _owner(about)
    return f"{owner}中，{heading}是怎样的？" if owner.startswith("《") else (
        f"{owner}的{heading}是怎样的？" if owner and owner not in heading else ""
    )


def _scene(about: Topic) -> str:
    """Say for which place or product the question is asked."""
    name = about.work.name
    if not name or _shares_words(about.heading, name):
        return ""
    if about.work.genre == "guide":
        return f"去{name}旅行，"
    return f"使用{name}时，" if about.work.genre in _PRODUCT_GENRES else ""


def _shares_words(words: str, name: str) -> bool:
    parts = re.findall(r"[A-Za-z0-9]{2,}|[\u3400-\u9fff]{2}", name)
    return any(part.casefold() in words.casefold() for part in parts)


def _are_steps(heading: str, items: tuple[str, ...]) -> bool:
    verbs = sum(bool(_PROCEDURE.match(item)) or item.startswith(("将", "把", "用", "按")) for item in items)
    return bool(re.search(r"(?:步骤|流程|程序|操作)$", heading)) or verbs * 2 >= len(items)


def _steps(about: Topic) -> str:
    anchored = _anchored(about)
    if re.search(r"(?:步骤|流程|程序|方法)$", anchored):
        return f"{anchored}是什么？"
    return f"{anchored}的具体步骤是什么？"


_WHICH = re.compile(
    r"(?:以下|下列)(?:几[种个类]|各[种类项])?(?P<n>[^，。；\s]{1,8}?)(?P<v>(?:不|均|可|应|须|需|属|会|必|禁|视为|无|除外|免)[^，。；]*)"
)
_LEADS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?P<x>[^，。；：]{2,20}?)(?:主要)?(?:包括|包含|分为|涵盖|由)(?:以下|下列|如下)?[^，。]{0,12}$"), "{x}包括哪些？"),
    (re.compile(r"(?P<x>[^，。；：]{2,20}?)(?:需要?|须|应当?|必须)(?P<v>准备|携带|提供|提交|满足|具备|符合|遵守|注意|检查|确认|完成)"
                r"(?:好|以下|下列|如下|这些|的)[^，。]{0,10}$"), "{x}需要{v}什么？"),
    (re.compile(r"(?P<x>[^，。；：]{2,24}?)(?:主要)?(?:有|具有|如下|有以下)(?:以下|下列|如下|这)?"
                r"[^，。]{0,4}?(?P<n>特点|优势|功能|作用|原因|要求|原则|条件|步骤|方法|方式|种类|类型|情形|规定|限制|好处)?$"), "{x}有哪些{n}？"),
)
_LEAD_POINTER = re.compile(r"以下|下列|如下|这些|[一二两三四五六七八九十\d]+[个种类项点条步部]|包括|分为")


def _lead(about: Topic, lead: str) -> str:
    words = _ARTICLE.sub("", re.split(r"[。！？]", lead.rstrip("：: \n"))[-1].strip(), count=1).strip()
    rules = f"按照《{about.work.title}》，" if about.work.genre == "policy" else ""
    if not _LEAD_POINTER.search(words):
        return ""
    if which := _WHICH.fullmatch(words):
        return f"{rules or _scene(about)}哪些{which['n']}{which['v']}？"
    for pattern, template in _LEADS:
        found = pattern.fullmatch(words)
        if found and (names_something(found["x"]) or is_procedure(found["x"])):
            parts = {name: value or "" for name, value in found.groupdict().items()}
            return rules + template.format(**parts)
    return ""


def specification(owner: str, key: str) -> str:
    """Ask for a row of a table of specifications."""
    return attribute(owner, key)
