"""The words of one Word paragraph, as they are shown when all tracked changes are accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hf_sft_builders.documents.office_parts import Relation
from hf_sft_builders.documents.safe_xml import Element, attribute, local

_SHOWN = {"tab": " ", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_LEFT_OUT = frozenset(
    ("del", "moveFrom", "delText", "instrText", "pPr", "rPr", "rt", "Fallback", "delInstrText")
)
_NOTES = ("footnoteReference", "endnoteReference")


@dataclass
class Words:
    """What a paragraph holds."""

    page: int
    """Where it ends."""
    relations: dict[str, Relation]
    parts: list[tuple[int, str]] = field(default_factory=list)
    """Page and text, in order."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Number shown and key of each footnote and endnote."""
    boxes: list[Element] = field(default_factory=list)
    """Contents of its text boxes."""
    images: list[tuple[str, str]] = field(default_factory=list)
    """Name and description of each picture."""

    def add(self, text: str) -> None:
        """Write on the page reached."""
        if self.parts and self.parts[-1][0] == self.page:
            self.parts[-1] = (self.page, self.parts[-1][1] + text)
        else:
            self.parts.append((self.page, text))


def words_of(paragraph: Element, page: int, relations: dict[str, Relation]) -> Words:
    """Read a paragraph that begins on this page."""
    words = Words(page, relations)
    for element in paragraph:
        _walk(element, words)
    return words


def _walk(element: Element, words: Words) -> None:
    tag = local(element)
    if tag == "t":
        words.add(re.sub(r"[\r\n\t]+", " ", element.text or ""))
    elif tag in _SHOWN:
        words.add(_SHOWN[tag])
    elif tag == "br":
        words.add("" if attribute(element, "type") in ("page", "column") else "\n")
    elif tag == "lastRenderedPageBreak":
        words.page += 1
    elif tag in _NOTES:
        _add_note(element, words, tag.removesuffix("Reference"))
    elif tag == "txbxContent":
        words.boxes.append(element)
    elif tag == "AlternateContent":
        _walk_one_version(element, words)
    elif tag not in _LEFT_OUT:
        _add_picture(element, tag, words)
        for inner in element:
            _walk(inner, words)


def _walk_one_version(element: Element, words: Words) -> None:
    """Read a drawing once: its modern form if that is there, else the fallback."""
    versions = {local(version): version for version in element}
    for inner in versions.get("Choice", versions.get("Fallback", element)):
        _walk(inner, words)


def _add_note(element: Element, words: Words, kind: str) -> None:
    shown = attribute(element, "id")
    if kind == "endnote":
        shown = f"e{shown}"
    words.notes.append((shown, kind + attribute(element, "id")))
    words.add(f"[^{shown}]")


def _add_picture(element: Element, tag: str, words: Words) -> None:
    if tag == "docPr":
        words.images.append(("", attribute(element, "descr") or attribute(element, "title")))
    identifier = attribute(element, "embed" if tag == "blip" else "id")
    if tag not in ("blip", "imagedata") or identifier not in words.relations:
        return
    alt = attribute(element, "title")
    if words.images and not words.images[-1][0]:
        alt = words.images.pop()[1] or alt
    words.images.append((words.relations[identifier].target, alt))
    if alt:
        words.add(f"![{' '.join(alt.split())}]({words.relations[identifier].target})")
