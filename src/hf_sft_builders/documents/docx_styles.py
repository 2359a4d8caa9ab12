"""What styles and numbering make of a Word paragraph: a heading of some level, an item of a list."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from hf_sft_builders.documents.safe_xml import Element, attribute, child, children, local

_HEADING_NAME = re.compile(r"(?:heading|标题|標題)\s*(\d)$", re.IGNORECASE)
_LIST_NAME = re.compile(r"^List (?:Bullet|Number) ([2-5])$", re.IGNORECASE)
"""Word's own styles for deeper lists, each a list of its own."""
_BODY_LEVEL = 9
"""The outline level by which Word says that a paragraph is no heading."""
_DIGITS = "〇一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
          (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """What matters of a paragraph's look."""

    level: int = 0
    """Of a heading, from 1; 0 for text."""
    title: bool = False
    """Whether it is the document's title."""
    list_id: str = ""
    depth: int = 0
    """Of a list item, from 0."""
    end_deleted: bool = False
    """Whether the paragraph's end was deleted, so that the next one goes on."""


@dataclass
class Styles:
    """The paragraph styles of a document by id."""

    _elements: dict[str, Element] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Element | None) -> Styles:
        """Read `styles.xml`."""
        found = {attribute(e, "styleId"): e for e in children(root) if local(e) == "style"}
        return cls(found)

    def of_paragraph(self, properties: Element | None) -> ParagraphStyle:
        """Say what a paragraph is by its own properties, then by those of its styles."""
        chain = self._chain(_value(properties, "pStyle"))
        sources = [properties, *(child(style, "pPr") for style in chain)]
        names = [_value(style, "name") for style in chain]
        title = any(name.lower() in ("title", "标题", "標題") for name in names[:1])
        lists = [child(source, "numPr") for source in sources]
        list_id = next((v for numbers in lists if (v := _value(numbers, "numId"))), "")
        depth = next((v for numbers in lists if (v := _value(numbers, "ilvl"))), "")
        named = _LIST_NAME.search(names[0]) if names else None
        return ParagraphStyle(
            level=1 if title else _level(sources, names),
            title=title,
            list_id="" if list_id == "0" else list_id,
            depth=_number(depth, 0) or (int(named[1]) - 1 if named else 0),
            end_deleted=child(properties, "rPr", "del") is not None,
        )

    def _chain(self, style: str) -> list[Element]:
        chain: list[Element] = []
        while style in self._elements and self._elements[style] not in chain:
            chain.append(self._elements[style])
            style = _value(chain[-1], "basedOn")
        return chain


def _level(sources: list[Element | None], names: list[str]) -> int:
    outline = next((v for source in sources if (v := _value(source, "outlineLvl"))), "")
    if outline:
        level = _number(outline, _BODY_LEVEL)
        return level + 1 if level < _BODY_LEVEL else 0
    named = next((match for name in names if (match := _HEADING_NAME.match(name))), None)
    return int(named[1]) if named else 0


@dataclass(frozen=True, slots=True)
class Label:
    """The mark of a paragraph in a list, as Word shows it."""

    text: str
    """Empty for a bullet."""
    depth: int

    def heading(self) -> str:
        """Give what stands before a heading's words."""
        return self.text + ("" if self.text[-1] in "、．" else " ")

    def item(self) -> str:
        """Give the item's mark in Markdown, where Markdown knows it, indented by its depth."""
        return "    " * self.depth + (self.text + " " if self.text else "- ")


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    pattern: str
    start: int
    legal: bool = False
    """Whether the numbers of outer levels are written in digits here."""


@dataclass
class Numbering:
    """The lists of a document, and how far each has counted."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)
    """Lists by id; lists of one abstract list count on together."""
    _counts: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, root: Element | None) -> Numbering:
        """Read `numbering.xml`."""
        abstract = {attribute(e, "abstractNumId"): _levels_of(e)
                    for e in children(root) if local(e) == "abstractNum"}  # fmt: skip
        numbering = cls()
        for element in children(root):
            if local(element) == "num":
                number, shared = attribute(element, "numId"), _value(element, "abstractNumId")
                restarts = child(element, "lvlOverride") is not None
                numbering._shared[number] = f"{shared}/{number}" if restarts else shared
                numbering._levels[number] = abstract.get(shared, {})
        return numbering

    def label(self, style: ParagraphStyle) -> Label | None:
        """Count a paragraph on; None if it is in no list."""
        levels = self._levels.get(style.list_id)
        if levels is None:
            return None
        level = levels.get(style.depth, _Level("bullet", "", 1))
        counts = self._counts[self._shared[style.list_id]]
        counts[style.depth] = counts.get(style.depth, level.start - 1) + 1
        for deeper in [depth for depth in counts if depth > style.depth]:
            del counts[deeper]
        if level.form in ("bullet", "none"):
            return Label("", style.depth)

        def shown(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            of = levels.get(depth, level)
            return numeral(counts.get(depth, of.start), "decimal" if level.legal else of.form)

        return Label(re.sub(r"%(\d)", shown, level.pattern).strip(), style.depth)


def _levels_of(abstract: Element) -> dict[int, _Level]:
    return {
        _number(attribute(e, "ilvl"), 0): _Level(
            _value(e, "numFmt"),
            _value(e, "lvlText"),
            _number(_value(e, "start"), 1),
            child(e, "isLgl") is not None,
        )
        for e in abstract
        if local(e) == "lvl"
    }


def numeral(number: int, form: str) -> str:
    """Write a list's number in the form that Word names.

    Example:
        >>> numeral(12, "chineseCounting"), numeral(4, "lowerRoman")
        ('十二', 'iv')
    """
    if form.startswith(("chinese", "ideograph", "japaneseCounting", "taiwanese")):
        return _chinese(number)
    if form.endswith("Letter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form.startswith("upper") else letter
    if form.endswith("Roman"):
        roman = _roman(number)
        return roman.upper() if form.startswith("upper") else roman
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    return f"{number:02d}" if form == "decimalZero" else str(number)


def _chinese(number: int) -> str:
    if not 0 < number < 100:
        return "".join(_DIGITS[int(digit)] for digit in str(max(number, 0)))
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return head + (_DIGITS[ones] if ones else "")


def _roman(number: int) -> str:
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value) if number < 10_000 else ""
        number %= value
    return text


def _value(element: Element | None, name: str) -> str:
    found = child(element, name)
    return attribute(found, "val") if found is not None else ""


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise
