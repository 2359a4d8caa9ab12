"""Questions in Chinese about what has a name: properties, terms, and questions of the text.

Every function gives the whole question, or an empty string where none can be made that names its
subject.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle
from hf_sft_builders.synthesis.extractive.usage import is_used
from hf_sft_builders.synthesis.extractive.wording import zh_tables as tables

QUESTION_WORD = re.compile(
    r"什么|哪[些个里种]|哪儿|多少|多久|多大|多长|几(?:点|天|次|号)|谁|为何|如何|怎样|"
    r"怎么|是否|能否|可否|吗$|呢$"
)


_POINTING = re.compile(
    r"^[它他她其这那此该]|[它这那此该本](?=[的个些种条款篇章节文是里儿部]|$)|上述|下述|"
    r"以下|如下|前者|后者|上面|下面|[上下]表|[上下]图"
)


NOT_NOMINAL = re.compile(
    r"[，。；！…]|^(?:让|使|为了|把|将|请|不要|禁止|从|当|如果|若|因|不|没有|是|在|对|向|"
    r"按|以|被|我|你|您)|[了着吧呀]$|^(?:几|[两三四五六七八九十]|\d+)[个种条项点大件类]"
)


DAY = re.compile(r"(第[一二三四五六七八九十\d]+[天日]|D(?:ay ?)?\d+)(?=$|[\s:：、，—])", re.I)


PROCEDURE = re.compile(rf"(?:{tables.PROCEDURE_VERBS})(?=.)")


_NOMINAL = re.compile(rf"(?:{tables.NOMINAL_ENDINGS})$")


PAIR = re.compile(r".+[与和及、].+")


_AMOUNT = re.compile(r"[约≥≤<>~±+−-]?\s*\d[\d.,]*(?!\d*[:：]\d)")
PRODUCT_GENRES = ("manual", "faq")
_NAMED_GENRES = (*PRODUCT_GENRES, "guide", "thing")
LONGEST_OWNER = 24


def names_something(heading: str) -> bool:
    """Tell whether the heading can be the subject of a question by itself."""
    words = before_subtitle(heading)
    unfit = (QUESTION_WORD, _POINTING, NOT_NOMINAL, DAY)
    if not words or len(words) > 24 or any(pattern.search(words) for pattern in unfit):
        return False
    return not (generic(words) or is_unused(words) or is_procedure(words) or PAIR.fullmatch(words))


def owns(heading: str) -> bool:
    """Tell whether the heading can be what a property belongs to."""
    return names_something(heading) and not re.search(rf"(?:{tables.DATA_ENDINGS})$", heading)


def owner(heading: str, work: Work, text: str) -> str:
    """Give the heading as an owner; one that is no name goes with the name of the work."""
    words = subject(heading)
    named = re.search(rf"[A-Za-z\d]|(?:{tables.NAME_ENDINGS})$", words) and not is_common(words)
    if named or is_used(words, text):
        return words
    whole = f"{work.name}{words}"
    return whole if work.genre in _NAMED_GENRES and len(whole) <= LONGEST_OWNER else ""


def is_transparent(heading: str) -> bool:
    """Tell whether the words below belong to the heading above this one."""
    shown = is_unused(heading) or generic(heading) or PAIR.fullmatch(heading)
    return bool(shown or re.search(rf"(?:{tables.DATA_ENDINGS})$", heading))


def is_procedure(heading: str) -> bool:
    """Tell whether the heading says to do something."""
    if "的" in heading or PAIR.fullmatch(heading):
        return False
    if re.match(rf"(?:{tables.SURE_VERBS})(?=.)", heading):
        return not re.search(rf"(?:{tables.TEXT_ENDINGS})$", heading)
    return bool(PROCEDURE.match(heading) and not _NOMINAL.search(heading))


def is_unused(heading: str) -> bool:
    """Tell whether no question can be made of the heading."""
    return bool(re.fullmatch(tables.UNUSED, heading))


def subject(heading: str, text: str = "") -> str:
    """Give the heading as a noun: `认识云溪` is about 云溪."""
    words = re.sub(rf"^(?:{tables.PLACE_VERBS})(?=..)", "", before_subtitle(heading))
    return words.strip('“”"《》') if words.count("“") == 1 and words[0] == "“" else words


def work_subject(work: Work, text: str = "") -> str:
    """Give what the work is about, as a noun."""
    quoted = work.genre in ("policy", "") and work.title
    return f"《{work.title}》" if quoted else work.name


def is_pointing(question: str) -> bool:
    """Tell whether the words point at something outside themselves (它, 这个, 上述)."""
    return bool(_POINTING.search(question))


def attribute(owner: str, key: str, value: str = "") -> str:
    """Ask for a named property; a key that we do not know must look like one, or be a number."""
    key = key.strip()
    for pattern, template in tables.ATTRIBUTES:
        if re.fullmatch(pattern, key):
            return template.format(s=owner, k=key)
    if QUESTION_WORD.search(key):
        return f"{owner}{key.rstrip('？?')}？"
    if (
        is_procedure(key)
        or re.fullmatch(tables.NO_SUBJECT_KEYS, key)
        or len(key) > 10
        or is_pointing(key)
    ):
        return ""
    if _AMOUNT.match(value) and not re.search(r"[质料型号牌色]$", key):
        if re.search(r"[时日]", key):
            return ""
        return f"{owner}的{key}是{'多久' if key.endswith('期') else '多少'}？"
    return f"{owner}的{key}是什么？" if re.search(rf"(?:{tables.KEY_ENDINGS})$", key) else ""


def is_known_attribute(key: str) -> bool:
    """Tell whether the key is in the table, so that even a long value answers the question."""
    return any(
        re.fullmatch(pattern, key.strip()) for pattern, template in tables.ATTRIBUTES if template
    )


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
    if work.genre in PRODUCT_GENRES and not shares_words(words, work.name):
        return f"关于{work.name}：{words}？"
    return f"{words}？"


def generic(heading: str) -> str:
    """Give the template of a heading that says nothing without the one above it."""
    for pattern, template in tables.GENERIC:
        if re.fullmatch(pattern, heading):
            return template
    return ""


def is_common(heading: str) -> bool:
    """Tell whether the heading is a common noun, which needs an owner."""
    return bool(re.search(rf"(?:{tables.LIST_NOUNS}|{tables.NOMINAL_ENDINGS}|准备|安排)$", heading))


def shares_words(words: str, name: str) -> bool:
    """Tell whether the words name the work's subject already."""
    parts = [*re.findall(r"[A-Za-z0-9]{2,}", name), name[:2]]
    return any(part.casefold() in words.casefold() for part in parts)


def specification(owner: str, key: str) -> str:
    """Ask for a row of a table of specifications."""
    return attribute(owner, key)
