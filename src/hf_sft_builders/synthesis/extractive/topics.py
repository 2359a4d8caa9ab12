"""What a question is asked about: a heading with its surroundings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.titles import Work, before_subtitle

OPENING = 8
"""How far into its section a heading's words must come again for the section to be about them."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading, what it stands under, and the words below it."""

    heading: str = ""
    """Empty for the title of the work."""
    above: tuple[str, ...] = ()
    """Headings above it, outermost first, without the title of the work."""
    work: Work = field(default=Work())
    body: str = ""
    text: str = ""
    """The whole text, where one can see how words are used."""

    @property
    def is_described(self) -> bool:
        """Whether the section begins by naming the heading's subject."""
        name = before_subtitle(self.heading).casefold().strip('“”"')
        opening = " ".join(self.body[: OPENING + len(name)].casefold().split())
        return bool(name) and re.search(rf"{re.escape(name)}(?!的)", opening) is not None


def topic_of(section: Section) -> Topic:
    """Give the topic of a section."""
    first, last = section.blocks[:1], section.blocks[-1:]
    body = section.text[first[0].start : last[0].end] if first else ""
    *above, heading = section.path or ("",)
    return Topic(heading, tuple(above), section.work, body, section.text)
