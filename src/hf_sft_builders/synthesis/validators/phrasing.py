"""Phrases that belong to the making of a row and not into it."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.validators.base import Candidate, Fault

_META = re.compile(
    r"根据(?:上述|以上|所给|提供的|给定的)?(?:原文|文本|文章|文档|段落|材料|资料|内容|上下文)"
    r"|(?:原文|文中|文章|本文|上文|材料)(?:中)?(?:提到|指出|所述|说|写道)"
    r"|according to the (?:given |provided |above )?(?:text|passage|document|article|context)"
    r"|(?:the|this) (?:text|passage|document|article|context) (?:says|states|mentions|notes)"
    r"|as an ai(?: language)? model|作为(?:一个|一名)?(?:AI|人工智能)(?:语言)?(?:模型|助手)",
    re.IGNORECASE,
)


def no_meta_phrases(candidate: Candidate) -> Fault | None:
    """No "according to the text", no "as an AI": unless the original says so itself."""
    found = _META.search(candidate.text)
    if found is None or found[0] in candidate.original:
        return None
    return Fault(
        "meta phrase",
        f"Leave out {found[0]!r}: say it directly, as if nobody had shown you a text.",
    )
