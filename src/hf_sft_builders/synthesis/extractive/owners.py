"""To what or whom the words of a section belong: the nearest heading that names something.

Headings such as "Specifications" are looked through; others that name nothing hide what is above.
"""

from __future__ import annotations

from hf_sft_builders.synthesis.extractive.scripts import Language
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.wording import wording


def owner_of(section: Section, language: Language) -> str:
    """Give the owner as a noun phrase, or an empty string where none is certain."""
    words = wording(language)
    body = section.text
    for heading in reversed(section.path):
        if words.owns(heading):
            return words.subject(heading, body)
        if not words.is_transparent(heading):
            return ""
    return words.work_subject(section.work, body) if section.work.genre else ""
