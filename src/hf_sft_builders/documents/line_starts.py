"""What the beginning of a line says: a list mark, a label before a colon, a footnote.

The trap: a wrapped sentence may begin a line with "3. " or "A. " as well. A number counts as a
mark only if it is the first of its kind or the next after the item before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BULLET = re.compile(r"(?:[•·●○■□◆◇▪▸►✓✔➢]\s*|[–—*-]\s+)(?=\S)")
_NUMBER = re.compile(r"(\d{1,2})(?:[.)．]\s+(?=\S)|[.．、)）](?=[\u4e00-\u9fff“「《]))")
_BRACKETED = re.compile(r"[(（](\d{1,2}|[a-z])[)）]\s*(?=\S)")
_NUMERAL = "[一二三四五六七八九十]{1,3}"
_CHINESE = re.compile(rf"(?:[（(]({_NUMERAL})[）)]|({_NUMERAL})、)")
_CIRCLED = re.compile(r"([①-⑳])\s*(?=\S)")
_LETTER = re.compile(r"([a-hA-H])[.)]\s+(?=\S)")
_DIGITS = "零一二三四五六七八九"

_CHINESE_LABEL = re.compile(r"[^\s\d，。；：！？,.;:!?“”‘’][^，。；：！？,.;:!?“”‘’]{0,9}：\s*\S")
_LATIN_LABEL = re.compile(r"[A-Z][\w'’/&-]*(?: [\w'’/&()-]+){0,2}: \s*\S")
_FOOTNOTE = re.compile(r"(?:\[?\d{1,2}\]?|[*†‡①-⑳⁰-⁹¹²³]+)\s*\S")


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of a list item."""

    kind: str
    number: int
    """1 for the first item; 0 for a bullet."""
    length: int

    def markdown(self, text: str) -> str:
        """Write the item as Markdown does, where Markdown knows the mark."""
        rest = text[self.length :].lstrip()
        if self.kind == "bullet":
            return "- " + rest
        return f"{self.number}. {rest}" if self.kind == "number" else text


def mark_of(text: str) -> Mark | None:
    """Find what may be a list mark at the line's beginning; `follows` says if that is enough."""
    first = text[0]
    if first not in _FIRST or (first.isascii() and first.isalpha() and text[1:2] not in ".)"):
        return None
    if match := _BULLET.match(text):
        return Mark("bullet", 0, match.end())
    for kind, pattern in _NUMBERED.items():
        if match := pattern.match(text):
            sign = next(group for group in match.groups() if group)
            return Mark(kind, _value(sign), match.end())
    return None


def follows(mark: Mark, before: Mark | None) -> bool:
    """Whether the mark needs no other reason to be one: no number, or the next of its list."""
    if mark.kind in ("bullet", "circled", "bracketed"):
        return True
    return before is not None and (before.kind, before.number) == (mark.kind, mark.number - 1)


_NUMBERED = {
    "number": _NUMBER,
    "bracketed": _BRACKETED,
    "chinese": _CHINESE,
    "circled": _CIRCLED,
    "letter": _LETTER,
}
_FIRST = frozenset(
    "•·●○■□◆◇▪▸►✓✔➢–—*-0123456789(（一二三四五六七八九十abcdefghABCDEFGH①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
)


def _value(sign: str) -> int:
    if sign.isascii():
        return int(sign) if sign.isdigit() else ord(sign.lower()) - ord("a") + 1
    if "①" <= sign <= "⑳":
        return ord(sign) - ord("①") + 1
    tens, _, ones = sign.rpartition("十")
    ten = 10 * (_DIGITS.find(tens) if tens else 1) if "十" in sign else 0
    return ten + (_DIGITS.find(ones) if ones else 0)


def is_label(text: str) -> bool:
    """Whether the line is an attribute and its value: 门票：80元."""
    return bool(_CHINESE_LABEL.match(text) or _LATIN_LABEL.match(text))


def is_footnote(text: str) -> bool:
    """Whether the line begins as footnotes do; only its place makes it one."""
    return _FOOTNOTE.match(text) is not None
