"""To what or whom the words of a section belong: the nearest heading that names something.

Headings such as "Specifications" are looked through; others that name nothing hide what is above.
A heading is the owner only if it is a name, or the text uses it as one: 相关活动 has no address.
"""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.extractive.scripts import Language
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.wording import wording

_NAME_KEY = re.compile(
    r"(?:.{0,4}名称|姓名|中文名|酒店|景点|店名|品名|餐厅|公司|"
    r"(?:\w+ )?name|product|hotel|restaurant|model|company)",
    re.I,
)


def is_name_key(key: str) -> bool:
    """Tell whether the value of this key names what the lines after it belong to."""
    return bool(_NAME_KEY.fullmatch(key.strip()))


def owner_of(section: Section, language: Language) -> str:
    """Give the owner as a noun phrase, or an empty string where none is certain."""
    words = wording(language)
    for heading in reversed(section.path):
        if words.owns(heading):
            return words.owner(heading, section.work, section.text)
        if not words.is_transparent(heading):
            return ""
    return words.work_subject(section.work, section.text) if section.work.genre else ""
