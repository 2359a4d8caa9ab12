"""The words of the questions: a few modules per language, all languages with the same functions.

An empty string always means: no question that names its subject can be made.
"""

from __future__ import annotations

from typing import Protocol

from hf_sft_builders.synthesis.extractive.cells import Cell
from hf_sft_builders.synthesis.extractive.scripts import Language
from hf_sft_builders.synthesis.extractive.titles import Work
from hf_sft_builders.synthesis.extractive.topics import Topic
from hf_sft_builders.synthesis.extractive.wording import (
    en,
    en_lists,
    en_rows,
    en_topics,
    zh,
    zh_lists,
    zh_rows,
    zh_topics,
)


class Wording(Protocol):
    """What a language says about what has a name."""

    def owns(self, heading: str) -> bool:
        """Tell whether the heading can be what a property belongs to."""

    def owner(self, heading: str, work: Work, text: str) -> str:
        """Give what a property below the heading belongs to, or nothing."""

    def is_transparent(self, heading: str) -> bool:
        """Tell whether what stands below belongs to the heading above this one."""

    def subject(self, heading: str, text: str = "") -> str:
        """Give the heading as a noun phrase."""

    def work_subject(self, work: Work, text: str = "") -> str:
        """Give what the work is about, as a noun phrase."""

    def is_procedure(self, heading: str) -> bool:
        """Tell whether the heading says to do something."""

    def attribute(self, owner: str, key: str, value: str = "") -> str:
        """Ask for a named property, or give nothing where the key may be none."""

    def is_known_attribute(self, key: str) -> bool:
        """Tell whether the key is surely a property."""

    def definition(self, term: str, quoted: bool, verb: str, work: Work) -> str:
        """Ask what a term is or means."""

    def with_unit(self, question: str, unit: str) -> str:
        """Say in which unit the answer is."""

    def asked(self, question: str, work: Work) -> str:
        """Give a question that the text itself asks, with its subject named."""


class TopicWording(Protocol):
    """What a language says about what stands under a heading."""

    def topic(self, about: Topic) -> str:
        """Ask for the words under a heading."""


class ListWording(Protocol):
    """What a language says about lists."""

    def list_topic(self, about: Topic, lead: str, items: tuple[str, ...], ordered: bool) -> str:
        """Ask for a whole list."""


class RowWording(Protocol):
    """What a language says about tables."""

    def first_column(self, header: str) -> str:
        """Tell what kind of thing the rows are."""

    def is_empty(self, cell: str) -> bool:
        """Tell whether a cell says nothing by itself."""

    def is_unit_column(self, header: str) -> bool:
        """Tell whether a column holds units."""

    def cell_question(self, cell: Cell) -> str:
        """Ask for a cell."""


_WORDINGS: dict[Language, Wording] = {"zh": zh, "en": en}
_TOPICS: dict[Language, TopicWording] = {"zh": zh_topics, "en": en_topics}
_LISTS: dict[Language, ListWording] = {"zh": zh_lists, "en": en_lists}
_ROWS: dict[Language, RowWording] = {"zh": zh_rows, "en": en_rows}


def wording(language: Language) -> Wording:
    """Give the words of a language for what has a name."""
    return _WORDINGS[language]


def topic_wording(language: Language) -> TopicWording:
    """Give the words of a language for headed paragraphs."""
    return _TOPICS[language]


def list_wording(language: Language) -> ListWording:
    """Give the words of a language for lists."""
    return _LISTS[language]


def row_wording(language: Language) -> RowWording:
    """Give the words of a language for tables."""
    return _ROWS[language]
