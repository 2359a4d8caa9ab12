"""Named properties: lines such as `门票：80元` or `- **Weight:** 12 kg` under a heading.

The value is the answer. Who owns it is the nearest heading that names something, or the line above
that gives a name (`名称：…`, `Name: …`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hf_sft_builders.synthesis.extractive.attribute_lines import attribute_parts
from hf_sft_builders.synthesis.extractive.blocks import Span
from hf_sft_builders.synthesis.extractive.cells import split_unit
from hf_sft_builders.synthesis.extractive.owners import is_name_key, owner_of
from hf_sft_builders.synthesis.extractive.pairs import Pair, pair
from hf_sft_builders.synthesis.extractive.sections import Section
from hf_sft_builders.synthesis.extractive.sentences import is_ended
from hf_sft_builders.synthesis.extractive.titles import clean
from hf_sft_builders.synthesis.extractive.wording import row_wording, wording


class _Line(NamedTuple):
    key: str
    key_span: Span
    value: Span
    in_list: bool


def find_attributes(section: Section) -> Iterable[Pair]:
    """Ask for the value of each named property of the section."""
    lines = list(_lines(section))
    counts = Counter(line.key.casefold() for line in lines)
    name = ""
    for line in lines:
        if is_name_key(line.key):
            name = section.words(line.value).strip('*“”"')
            counts = Counter(other.key.casefold() for other in _until_next_name(lines, line))
        elif counts[line.key.casefold()] == 1:
            question = _question(section, line, name)
            yield from pair(
                section.text, question, *_without_marks(section, line.value), "attribute"
            )


def _lines(section: Section) -> Iterator[_Line]:
    for block in section.blocks:
        if block.kind == "attribute":
            key, value = block.parts
            yield _Line(clean(section.words(key)), key, value, in_list=False)
        elif block.kind == "list":
            yield from _list_lines(section, block.parts)


def _list_lines(section: Section, items: tuple[Span, ...]) -> Iterator[_Line]:
    for item in items:
        parts = attribute_parts(section.words(item))
        if parts is not None and "\n" not in section.words(item):
            (start, end), (value, value_end) = parts
            key = Span(item.start + start, item.start + end)
            value_span = Span(item.start + value, item.start + value_end)
            yield _Line(clean(section.words(key)), key, value_span, in_list=True)


def _until_next_name(lines: list[_Line], name: _Line) -> Iterator[_Line]:
    at = lines.index(name) + 1
    while at < len(lines) and lines[at].key.casefold() != name.key.casefold():
        yield lines[at]
        at += 1


def _question(section: Section, line: _Line, name: str) -> str:
    value = section.words(line.value)
    language = section.language(line.key)
    words = wording(language)
    owner = words.subject(name, section.text) if name else owner_of(section, language)
    key, unit = split_unit(line.key)
    if not owner or row_wording(language).is_empty(value):
        return ""
    if value.lstrip("<").startswith("http") and not words.is_known_attribute(key):
        return ""
    # A list's items are often headed remarks ("身份证：购票时查验。"), which are no properties.
    is_remark = is_ended(value) or (line.in_list and section.work.genre == "" and not name)
    if is_remark and not words.is_known_attribute(key):
        return ""
    return words.with_unit(words.attribute(owner, key, value), unit)


def _without_marks(section: Section, value: Span) -> Span:
    """Leave a closing pair of bold marks out of the answer."""
    words = section.words(value)
    if words.endswith("**") and words.count("**") == 1:
        return Span(value.start, value.end - 2)
    return value
