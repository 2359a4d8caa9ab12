"""Definitions: sentences that say what something is, means or refers to.

Traps: "the reason is the …", "这是一个…", "最好的办法是一…": what stands before the verb must name
something, and what comes after it must not be a judgement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_begun, is_ended, sentences
from hf_sft_builders.synthesis.extractive.titles import before_subtitle
from hf_sft_builders.synthesis.extractive.wording import wording

_MEASURE = "种个座类项套款条家片处门道部只棵台幢栋所间份本首位名件场段张组层系股届支阵颗枚把块对"
_ZH_TERM = (
    r"(?:所谓)?(?P<quote>[“「《*]{0,2})"
    r"(?P<term>[^，。；：！？“”「」《》*\s（(][^，。；：！？“”「」《》*]{0,18}?)[”」》*]{0,2}"
)
_ZH_GLOSS = (
    r"(?:[（(][^（）()]{1,60}[）)])?(?:，?(?:又称|也称|简称|亦称|也叫|又名|俗称)[^，。]{1,16})?"
)
_ZH = (
    (
        "called",
        re.compile(
            rf"(?:本[^，。]{{1,6}}|这里|文中)(?:所称|所指|中的|"
            rf"所说的)的?{_ZH_TERM}，?(?:是指|指的是|系指|指|是)"
        ),
    ),
    (
        "mean",
        re.compile(
            rf"{_ZH_TERM}{_ZH_GLOSS}，?(?:是指|指的是|系指|即指|意为|是用来|是用于)(?!出|"
            rf"向|导|示|挥|责|望|数)"
        ),
    ),
    (
        "mean",
        re.compile(
            rf"(?P<quote>[“「]|\*\*)(?P<term>[^“”「」*]{{1,18}})(?:[”」]|"
            rf"\*\*){_ZH_GLOSS}，?(?:指|即)"
        ),
    ),
    (
        "be",
        re.compile(
            rf"{_ZH_TERM}{_ZH_GLOSS}，?是(?:[^，。；]{{0,24}}的)?(?:[^，。；的]{{0,12}})?一[{_MEASURE}](?P<head>[^，。；]*)"
        ),
    ),
    (
        "be",
        re.compile(
            rf"{_ZH_TERM}{_ZH_GLOSS}，?是(?P<head>[^，。；]{{2,40}}(?:之一|的(?:总称|统称|"
            rf"简称|集合|过程|技术|现象|状态|行为|学科|装置|设备|工具)))(?=[，。；：])"
        ),
    ),
    (
        "heading",
        re.compile(
            rf"{_ZH_TERM}{_ZH_GLOSS}，?(?:是|即|"
            rf"为)(?P<head>[^，。；]{{1,40}}的[^，。；]{{1,12}})(?=[，。；：])"
        ),
    ),
)
_ZH_NO_TERM = re.compile(
    r"^[这那它他她其该此本你我您某另各每所一两几]|^(?:如果|因为|但|而|不过|目前|最|也|都|"
    r"还|就|因此|所以|其中|同时|由于|虽然|"
    r"关键|原因|目的|问题|结果|重点|特别|尤其|除了|对于|关于|在|从|当|上面|下面|以上|"
    r"以下|需要|应该|可以|于是|接下来|无论|"
    r"不管|只要|即使|有的|有人|许多|很多|大家|人们|作者|我们|首先|其次|第[一二三四五六七八九十])|"
    r"(?:的|也|都|不|就|还|只|才|正|便|却|主要|可能|应该|一般|通常|往往|曾|曾经|均|仅|则|"
    r"当然|尤其|特别|又|更|并|已经|已|"
    r"大多|多|本来|原来|原|最初|其实|确实|无疑|算|或|而|既|若|总|真|其|之|以来|时候|时|"
    r"后|前|中|上|里|下|今天|现在)$|"
    r"(?:原因|目的|关键|问题|好处|结果|特点|优点|缺点|办法|目标|任务|核心|重点|意思|区别|"
    r"前提|本质|理由|标准)$|[了过着]"
)
_ZH_JUDGEMENT = re.compile(
    r"选择|去处|办法$|考验|挑战|体验|机会|错误|谎言|原因|不错|好[的地]|方面|开始|回事|"
    r"问题|样|直|定|起|些|点|下|时候|季节|最[佳好]|例外"
)

_EN_TERM = (
    r"(?P<mark>\*\*|__|[“\"‘])?(?P<term>(?:(?:The|A|An) )?[A-Za-z0-9][\w’'/&+.\- ]{0,58}?)"
    r"(?(mark)(?:[,.]?(?:\*\*|__|[”\"’]))|)(?: ?\((?P<gloss>[^()]{1,40})\))?,?"
)
_EN = (
    (
        "mean",
        re.compile(
            rf"{_EN_TERM} (?:means|shall mean|denotes|stands for)(?! that\b| to\b|"
            rf" (?:a lot|much|little))"
        ),
    ),
    ("is", re.compile(rf"{_EN_TERM} (?:refers to|is defined as|is the (?:term|name) for)")),
    ("is", re.compile(rf"{_EN_TERM} is (?P<head>an?|one of the|any) (?P<rest>[^.;]*)")),
    ("is the", re.compile(rf"{_EN_TERM} is (?P<head>the) (?P<rest>[^.;]*)")),
    (
        "are",
        re.compile(
            rf"{_EN_TERM} are (?P<rest>(?!the\b|a\b|an\b|not\b|"
            rf"also\b)(?:[\w-]+ ){{0,4}}[\w-]+s,? (?:that|which|used|designed) [^.;]*)"
        ),
    ),
)
_EN_NO_TERM = re.compile(
    r"^(?:(?:a|the) )?(?:second|third|fourth|fifth|last|next|previous|single|new|further|"
    r"similar|typical|common|simple|good|more|different)\b|^(?:everything|nothing|"
    r"something|anything|everyone|nobody|somebody|this|that|these|those|it|"
    r"he|she|they|we|you|i|there|here|what|which|who|such|one|each|both|all|some|many|"
    r"most|"
    r"another|other|if|when|where|while|although|because|since|as|for|in|on|at|by|with|"
    r"to|from|after|before|during|"
    r"however|therefore|thus|also|then|so|but|and|or|not|only|its|their|his|her|our|your|"
    r"my|next|first|finally|"
    r"today|now|once|every|any|no|instead|even|perhaps|often|usually|unlike|like|under|"
    r"over|among|between)\b|"
    r"\b(?:reason|time|way|aim|goal|result|problem|advantage|question|answer|idea|thing|"
    r"point|best|purpose|cause|"
    r"option|exception|example|difference|rule of thumb|solution|alternative|choice|"
    r"challenge|issue|latter|former|"
    r"side|rest|part|objective|focus|trick|key|task|first step|step|default|minimum|maximum|limit|"
    r"who|which|that|and|is|are|was|were|be|but|when|if|because|has|have|can|will|must|"
    r"should|may)$|"
    r"\b(?:is|are|was|were|which|who|that|if|when|because|has|have|can|will|must|should|"
    r"may|does|do|said|says|it)\b",
    re.I,
)
_EN_JUDGEMENT = re.compile(
    r"^(?:(?:very |really |quite |particularly )?(?:good|great|bad|big|small|better|"
    r"common|must|lot|bit|few|long|short|popular|"
    r"nice|perfect|wonderful|major|key|clear|sign|result|matter|little|simple|sure|"
    r"mistake|problem|challenge|pleasure|"
    r"reason|way|best|same|only|case|first|last|next|most|least|main|one|following|"
    r"priority|prerequisite|requirement|"
    r"responsibility|number of|breach|violation)\b)",
    re.I,
)


_ARTICLE_NUMBER = re.compile(r"(?:\*\*)?第[一二三四五六七八九十百零〇千\d]+条(?:\*\*)?[\s　]+")


class _Found(NamedTuple):
    term: str
    quoted: bool
    verb: str


def find_definitions(section: Section) -> Iterable[Pair]:
    """Ask what is defined in each sentence of the section's paragraphs."""
    for block in section.blocks:
        if block.kind != "paragraph":
            continue
        for start, end in sentences(section.text, block.start, block.end):
            numbered = _ARTICLE_NUMBER.match(section.text, start, end)
            question = _question(section, section.text[numbered.end() if numbered else start : end])
            yield from pair(section.text, question, start, end, "definition")


def _question(section: Section, sentence: str) -> str:
    if (
        not is_begun(sentence)
        or not is_ended(sentence)
        or sentence.rstrip("*”").endswith(("?", "？"))
    ):
        return ""
    language = section.language(sentence)
    words = " ".join(sentence.split()) if language == "en" else sentence.replace("\n", "")
    made = _chinese(section, words) if language == "zh" else _english(section, words)
    found = next(iter(made), None)
    if found is None:
        return ""
    return wording(language).definition(found.term, found.quoted, found.verb, section.work)


def _chinese(section: Section, sentence: str) -> Iterator[_Found]:
    for verb, pattern in _ZH:
        found = pattern.match(sentence)
        if found is None or _ZH_NO_TERM.search(found["term"]) or len(found["term"]) < 2:
            continue
        if verb in ("be", "heading") and _ZH_JUDGEMENT.search(found["head"][:14]):
            continue
        if verb == "heading" and not found["quote"] and found["term"] not in _headings(section):
            continue
        yield _Found(found["term"], found["quote"] in ("“", "「"), verb)


def _headings(section: Section) -> tuple[str, ...]:
    return (*(before_subtitle(heading) for heading in section.path), section.work.name)


def _english(section: Section, sentence: str) -> Iterator[_Found]:
    for verb, pattern in _EN:
        found = pattern.match(sentence)
        quoted = bool(found and found["mark"])
        if found is None or len(found["term"].split()) > 6:
            continue
        glossary = _GLOSSARY.search(" ".join(section.path[-1:]))
        if not quoted and not (glossary and verb == "is the") and _EN_NO_TERM.search(found["term"]):
            continue
        rest = found.groupdict().get("rest") or ""
        if _EN_JUDGEMENT.match(rest) or not _is_certain(
            section, found["term"], quoted, verb, bool(found["gloss"])
        ):
            continue
        yield _Found(
            _cased(section.text, found["term"], quoted),
            quoted,
            verb.split()[0] if verb != "is the" else "is",
        )


def _is_certain(section: Section, term: str, quoted: bool, verb: str, glossed: bool) -> bool:
    """Refuse "The pump is a …": which pump is known only inside the document."""
    if quoted or _GLOSSARY.search(" ".join(section.path[-1:])):
        return True
    bare = re.sub(r"^(?:The|A|An) ", "", term)
    known = any(bare.casefold() in name.casefold() for name in _headings(section) if name)
    named = any(part[:1].isupper() or any(c.isdigit() for c in part) for part in bare.split()[1:])
    if term.startswith("The ") and not named and bare.islower():
        return known and len(bare.split()) > 1
    return verb != "is the" or known or named or glossed


_GLOSSARY = re.compile(r"\b(?:terms|definitions|glossary|vocabulary)\b|术语|名词|定义", re.I)
_MASS = re.compile(r"(?:tion|ing|ment|ity|ness|ism|sis|ance|ence|age|ure|ogy|phy|ics)$")


def _cased(text: str, term: str, quoted: bool) -> str:
    """Lower the first letter of a common noun that only stands at a sentence's beginning."""
    first = term.split(" ")[0]
    if quoted or first in ("The", "A", "An"):
        return term
    inside = re.search(rf"(?<=[a-z,;] ){re.escape(first)}\b", text)
    lowered = re.search(rf"\b{re.escape(first.lower())}\b", text)
    if any(part[:1].isupper() for part in term.split(" ")[1:]):
        return term
    phrase = len(term.split()) > 1 and term[1:].islower()
    common = lowered or (
        not inside and (phrase or (len(term.split()) == 1 and _MASS.search(first)))
    )
    return term[:1].lower() + term[1:] if common and not first.isupper() else term
