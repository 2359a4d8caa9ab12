r"""The embedded model: finds question–answer pairs in a text, by rules, in Chinese and English.

No network, no key, no randomness; every answer is copied word for word from the text.

Example:
    >>> [(p.question, p.answer) for p in find_pairs("# 云溪塔\n\n门票：80元\n")]
    [('云溪塔的门票是多少钱？', '80元')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hf_sft_builders.synthesis.extractive.articles import find_articles
from hf_sft_builders.synthesis.extractive.asked import find_asked
from hf_sft_builders.synthesis.extractive.attributes import find_attributes
from hf_sft_builders.synthesis.extractive.definitions import find_definitions
from hf_sft_builders.synthesis.extractive.facts import find_facts
from hf_sft_builders.synthesis.extractive.lists import find_lists
from hf_sft_builders.synthesis.extractive.pairs import Pair, distinct
from hf_sft_builders.synthesis.extractive.passages import find_passages
from hf_sft_builders.synthesis.extractive.sections import Section, sections
from hf_sft_builders.synthesis.extractive.tables import find_cells

__all__ = ["FINDERS", "Finder", "Pair", "find_pairs"]

Finder = Callable[[Section], Iterable[Pair]]

FINDERS: tuple[Finder, ...] = (
    # The more specific come first: of two questions with the same answer the first is kept.
    find_attributes,
    find_cells,
    find_definitions,
    find_facts,
    find_asked,
    find_articles,
    find_lists,
    find_passages,
)


def find_pairs(
    text: str, *, headings: tuple[str, ...] = (), title: str = "", language: str = ""
) -> list[Pair]:
    """Find the pairs of a text, in the order of their answers.

    Args:
        text: Markdown-like text, usually a chunk of a document.
        headings: The headings that the text's first words lie under, outermost first.
        title: The title of the document.
        language: `zh` or `en`; empty to tell it by script, paragraph by paragraph.
    """
    held = list(sections(text, headings, title, language))
    return distinct(pair for find in FINDERS for section in held for pair in find(section))
