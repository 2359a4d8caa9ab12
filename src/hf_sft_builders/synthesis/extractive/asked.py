"""Questions that the text asks itself: `Q: … A: …`, 问：… 答：….

A heading that is a question is a headed paragraph; see `passages.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_ended
from hf_sft_builders.synthesis.extractive.wording import wording

_ASKED = re.compile(
    r"^[>\s]*(?:\*\*|__)?\s*(?:Q(?:uestion)?\s*\d*|"
    r"问题?\s*\d*)\s*[:：.、]\s*(?:\*\*)?\s*(?P<q>[^\n]{4,160}?[?？])\s*(?:\*\*|"
    r"__)?\s*\n+"
    r"[>\s]*(?:\*\*|__)?\s*(?:A(?:nswer)?\s*\d*|"
    r"答案?\s*\d*)\s*[:：.、]\s*(?:\*\*)?\s*(?P<a>\S[^\n]*(?:\n(?!\s*\n|\s*[>*_]*\s*(?:Q|"
    r"问|#))[^\n]+)*)",
    re.M,
)


def find_asked(section: Section) -> Iterable[Pair]:
    """Give the questions that the text asks and answers."""
    if not section.blocks:
        return
    start, end = section.blocks[0].start, section.blocks[-1].end
    for found in _ASKED.finditer(section.text, start, end):
        if is_ended(found["a"]):
            question = wording(section.language(found["q"])).asked(found["q"], section.work)
            yield from pair(section.text, question, *found.span("a"), "passage")
