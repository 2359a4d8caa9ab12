"""Reasoning as a row should have it: without tags, citations and words about the material."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.validators import Candidate, Fault, numbers_in_source
from hf_sft_builders.synthesis.validators.dates import dates_in_source
from hf_sft_builders.synthesis.validators.quotes import even

_TAGS = re.compile(r"</?(?:think|thinking|reasoning)>", re.IGNORECASE)
_CITATIONS = re.compile(
    r"\s?(?:\[(?:\d{1,3}(?:\s*[,，-]\s*\d{1,3})*|\^\d+|citation needed|来源[^\]]*|source[^\]]*)\]"
    r"|【\d+[^】]{0,20}】|[（(](?:来源|出处|见原文|source)[：: ][^）)]{0,80}[）)])",
    re.IGNORECASE,
)
_SHOWN = r"(?:given |provided |above |source |following )?"
_ABOUT_TEXT = re.compile(
    r"(?:根据|依据|按照|从)(?:上述|以上|所给|提供的|给定的)?(?:的)?"
    r"(?:原文|文本|文章|文档|段落|上下文|材料(?=[，,：:中可]|的)|资料(?=[，,：:中可]|的))"
    r"(?:中|里)?(?:的?(?:内容|描述|信息))?(?:可知|可以看出|来看)?[，,：:]?\s*"
    r"|(?:^|(?<=[，。；：！？]))(?:原文|文中|文章|材料中|资料中)(?:明确)?(?:提到|指出|写道|说明?|所述)了?(?!的)[，,：:]?\s*"
    rf"|(?:according to|based on|as stated in) the {_SHOWN}(?:text|passage|document|context|material),?\s*"
    rf"|the {_SHOWN}(?:text|passage|document|context) (?:says|states|mentions|notes) (?:that )?",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    r"(?:给定|给出|参考|标准|已知|提供)的?答案|反推|倒推|按照要求生成|推理过程如下|以下是(?:推理|思考)"
    r"|\b(?:given|provided|reference|expected|target|known) answer\b|work(?:ing)? backwards?"
    r"|\bhere is (?:the|my) (?:reasoning|chain of thought)"
    r"|用户(?:要求|让|希望)我|\bthe user (?:asks|wants|asked)",
    re.IGNORECASE,
)
_ASKS_TO_THINK = re.compile(
    r"为什么|为何|如何|怎么|怎样|原因|比较|相比|区别|不同|差别|计算|一共|总共|合计|相差|推断|判断|是否|能否|"
    r"该不该|哪个更|优缺点|步骤|证明|影响|如果|假如"
    r"|\b(?:why|how(?! (?:many|much|old|tall|high|long|far|big|wide|heavy)\b)|compare|compared|"
    r"differ\w*|calculate|in total|altogether|infer|deduce|prove|should|whether|which is (?:more|better)|"
    r"steps?|if|explain|cause\w*|effect\w*)\b",
    re.IGNORECASE,
)
_LONG = 120


def is_useful(question: str, answer: str, context: str) -> bool:
    """Say whether thinking helps with a question: it does not where the answer is only looked up.

    A question asks to think by its words (why, how, compare, 计算, 是否); or its answer holds numbers
    that stand nowhere and so were worked out; or it is long and no copy.
    """
    if _ASKS_TO_THINK.search(question):
        return True
    if context and even(answer) in even(context):
        return False
    known = Candidate(answer, source=f"{question}\n{context}")
    return bool(context and numbers_in_source(known)) or len(answer) >= _LONG


def cleaned(reasoning: str) -> str:
    """Take off tags, citations and words about the material; the thoughts stay."""
    bare = _CITATIONS.sub("", _TAGS.sub("", reasoning))
    lines = (_capitalised(line, _ABOUT_TEXT.sub("", line)) for line in bare.strip().splitlines())
    return "\n".join(lines).strip()


def template_words(candidate: Candidate) -> Fault | None:
    """No words about the task: thoughts that know the answer beforehand teach nothing."""
    found = _TEMPLATE.search(candidate.text)
    if found is None or found[0] in candidate.source:
        return None
    return Fault(
        "template text in the reasoning",
        f"Leave out {found[0]!r}: think as somebody who does not know the answer yet.",
    )


def reaches(answer: str, reasoning: str, question: str = "") -> Fault | None:
    """The reasoning must come to the numbers and dates of the answer, or to its words."""
    reached = Candidate(answer, source=f"{reasoning}\n{question}")
    if numbers_in_source(reached) or dates_in_source(reached):
        return Fault(
            "reasoning misses the answer",
            "Your reasoning does not come to the answer: lead up to it, with its values.",
        )
    return None


def agrees(said: str, answer: str) -> bool:
    """Say whether a model's own answer is the row's: its values are there, and half of its words."""
    if reaches(answer, said):
        return False
    if even(answer) in even(said) or even(said) in even(answer):
        return True
    had, has = _pieces(answer), _pieces(said)
    return bool(had) and len(had & has) >= 0.5 * len(had)


def _pieces(text: str) -> set[str]:
    words = re.findall(r"[a-z]{3,}|\d+", text.casefold())
    han = "".join(re.findall(r"[\u3400-\u9fff]", text))
    return {*words, *(han[at : at + 2] for at in range(len(han) - 1))}


def _capitalised(before: str, after: str) -> str:
    return after[:1].upper() + after[1:] if before[:1].isupper() else after
