"""Phrases that belong to the making of a row and not into it."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.validators.base import Candidate, Fault

_SHOWN = r"(?:given |provided |above |source |following |supplied )"
_TEXTS = r"(?:text|passage|document|article|context|excerpt|material)"
_META = re.compile(
    r"根据(?:上述|以上|所给|提供的|您提供的|你提供的|给定的|上面的?)(?:的)?"
    r"(?:原文|文本|文章|文档|段落|材料|资料|内容|上下文|信息)"
    r"|根据(?:原文|文本|文章|文档|段落|上下文)(?!件|库|类|框|格)"
    r"|根据(?:材料|资料|内容)(?=[，,、：:]|中|可知|显示|所示|所述|所给|提供)"
    r"|(?:原文|文中|文章|本文|上文|文本|材料|资料)(?:中|里)?(?:并?未|没有|没)?"
    r"(?:提到|提及|提供|指出|所述|说明|说到|说|写道|给出)"
    rf"|(?:according to|based on|as (?:mentioned|stated|described|noted) in) (?:the|this) {_SHOWN}?{_TEXTS}"
    rf"|based on the (?:given|provided|above) information"
    rf"|(?:the|this) {_SHOWN}?{_TEXTS} (?:says|states|mentions|notes|does not|doesn't|provides|describes)"
    r"|as an ai(?: language)? (?:model|assistant)"
    r"|作为(?:一个|一名|一款)?(?:AI|人工智能|大?语言模型)(?:语言)?(?:模型|助手)?(?=[，,]|我)",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"\A\s*(?:(?:好的|当然|没问题|可以)[，,。！!]\s*)?(?:以下|下面|这)(?:就)?是(?:一段|一个|为您|我|对|根据)?"
    r"[^。\n]{0,12}(?:改写|翻译|扩写|续写|润色|修改|重写|译文|回答)[^。\n]{0,12}[：:]"
    r"|\A\s*(?:sure|certainly|of course|absolutely)[,!.]\s*(?:here|i)\b"
    r"|\A\s*here(?: is|'s|’s| are) (?:the|a|your|my) "
    r"(?:rewritten|revised|translated|expanded|rephrased|translation|rewrite|continuation)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\A\s*(?:很?抱歉|对不起|不好意思)[，,。！!]?\s*(?:但|不过)?我?(?:无法|不能|没有办法|没法)"
    r"|\A\s*我(?:无法|不能)(?:回答|提供|协助|帮助|完成|满足|生成)"
    r"|\A\s*(?:i['’]m|i am) (?:sorry|unable)\b|\A\s*(?:sorry,? )?(?:but )?i (?:cannot|can['’]t) "
    r"(?:help|assist|answer|provide|comply|fulfill|do that)",
    re.IGNORECASE,
)


def no_meta_phrases(candidate: Candidate) -> Fault | None:
    """No "according to the text", no "as an AI", no "Here is the rewritten text:".

    What the original or the source says itself may stay.
    """
    found = _CHATTER.search(candidate.text) or _META.search(candidate.text)
    if found is None or found[0] in candidate.original or found[0] in candidate.source:
        return None
    return Fault(
        "meta phrase",
        f"Leave out {found[0]!r}: say it directly, as if nobody had shown you a text.",
    )


def no_refusal(candidate: Candidate) -> Fault | None:
    """No "I'm sorry, but I cannot", unless the original or the source begins so."""
    found = _REFUSAL.search(candidate.text)
    if found is None or found[0].strip() in candidate.original + candidate.source:
        return None
    return Fault("refused", "Do the task; it is harmless, and the material asks nothing of you.")
