"""Lists: the heading or the line that leads to a list asks for the whole of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hf_sft_builders.synthesis.extractive.attribute_lines import attribute_parts
from hf_sft_builders.synthesis.extractive.blocks import Block
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_ended
from hf_sft_builders.synthesis.extractive.titles import clean
from hf_sft_builders.synthesis.extractive.topics import Topic, topic_of
from hf_sft_builders.synthesis.extractive.wording import list_wording, wording

LONGEST_LIST = 2000
FEWEST_ITEMS = 2

_CONTENTS_LINE = re.compile(
    r"(?:\.{3,}|…{2,}|·{3,}|\t)\s*\d+$|^\[[^\]]*\]\([^)]*\)$|^<?https?://\S+$|"
    r"[:：]?\s*<(?:https?|mailto)|\S@\S+\.\w+>"
)
_PLAIN_LEAD = re.compile(
    r"(?:以下|下面|下列)(?:这?[几些]|各)[样种个点步条项类][^，。；]{0,4}$|"
    r"(?:按|按照|依照|遵循|通过|分)?(?:以下|下列|如下|下面|这些|几|.)*(?:步骤|顺序|流程|"
    r"程序|操作|进行|如下|事项|几点|方法|内容|要求)[^，。；]{0,6}$|"
    r"\b(?:steps|as follows|the following(?: points| things| items)?|these instructions|"
    r"procedure|this order)$",
    re.I,
)
_ASKS_HOW = re.compile(r"\bHow |\bsteps\b|怎[么样]|如何|步骤")
_COLON = re.compile(r"[:：]\s*$")


def find_lists(section: Section) -> Iterable[Pair]:
    """Ask for each list whose heading or lead-in says what it lists."""
    found = [block for block in section.blocks if block.kind == "list"]
    for block in found:
        if not _is_whole(section, block) or _is_other(section, block):
            continue
        lead = _lead(section, block)
        words = list_wording(section.language(section.words(block)))
        about = topic_of(section)
        items = tuple(section.words(item) for item in block.parts)
        # Two lists under one heading: the heading cannot tell which one is asked for.
        alone = len(found) == 1 and bool(section.heading) and _is_plain(lead)
        question = words.list_topic(
            about if alone else Topic(work=about.work), lead, items, block.level > 0
        )
        if "```" in section.words(block) and not _ASKS_HOW.search(question):
            continue
        yield from pair(section.text, question, block.start, block.end, "list")


def _lead(section: Section, block: Block) -> str:
    before = section.before(block)
    words = section.words(before) if before and before.kind == "paragraph" else ""
    return words if _COLON.search(words) else ""


def _is_whole(section: Section, block: Block) -> bool:
    """Tell whether the list is neither too long nor cut by an end of the chunk."""
    if not len(block.parts) >= FEWEST_ITEMS or block.end - block.start > LONGEST_LIST:
        return False
    begins = section.blocks[0] is not block or bool(section.heading)
    if not begins or block.level > 1:
        return False
    return not section.is_at_end(block) or _ends_well(section, block)


def _ends_well(section: Section, block: Block) -> bool:
    """Tell whether the last list of a chunk is all of it, and does not go on in the next chunk.

    It surely ends where a blank line follows a list that has none inside, or where the document
    stops without a line break, with a finished item.
    """
    rest = section.text[block.end :]
    if rest:
        return rest.count("\n") > 1 and "\n\n" not in section.words(block)
    *others, last = (section.words(item) for item in block.parts)
    return is_ended(last) or not any(is_ended(item) for item in others)


def _is_plain(lead: str) -> bool:
    """Tell whether the line before the list says no more than that a list follows."""
    return not lead or bool(_PLAIN_LEAD.search(lead.rstrip().rstrip(":：")))


def _is_other(section: Section, block: Block) -> bool:
    """Tell whether most items are lines of a table of contents, bare links, or properties."""
    items = [section.words(item) for item in block.parts]
    links = sum(bool(_CONTENTS_LINE.search(item)) for item in items)
    return max(links, sum(_is_property(section, item) for item in items)) * 2 > len(items)


def _is_property(section: Section, item: str) -> bool:
    parts = attribute_parts(item)
    if parts is None:
        return False
    key = clean(item[slice(*parts[0])])
    return wording(section.language(key)).is_known_attribute(key)
