"""XML of files that nobody vouches for: no document types, so no entities that expand.

Office files have no DTD, so one that has is an attack ("billion laughs", a file of this machine
read into the text). `defusedxml` refuses the same, but by a parser in Python, which is far slower.
The trap: the mark must be found in UTF-16 as well.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from hf_sft_builders.errors import DocumentError

Element = ElementTree.Element

_DTD = re.compile(rb"<\x00?!\x00?(?:D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E|E\x00?N\x00?T\x00?I)")
_MAX_DEPTH = 200


def parsed(data: bytes, uri: str, part: str) -> Element:
    """Parse one part of a file.

    Raises:
        DocumentError: "damaged", "unsafe XML" or "nested too deeply".
    """
    refuse_types(data, uri, part)
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError) as error:
        raise DocumentError(
            uri, "damaged", f"{part} is not valid XML ({error}). Save it again in its program."
        ) from error
    if _deeper_than(root, _MAX_DEPTH):
        raise DocumentError(uri, "nested too deeply", f"{part} is over {_MAX_DEPTH} levels deep.")
    return root


def refuse_types(data: bytes, uri: str, part: str) -> None:
    """Raise where a part declares a document type, for those that parse it themselves."""
    if _DTD.search(data):
        raise DocumentError(uri, "unsafe XML", f"{part} declares a document type or entities.")


def local(element: Element) -> str:
    """Give the tag without its namespace: strict and transitional Office files differ in those."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """Give an attribute whatever its namespace, "" if it is not there."""
    value = element.get(name)
    if value is not None:
        return value
    return next((v for k, v in element.items() if k.rpartition("}")[2] == name), "")


def child(element: Element | None, *path: str) -> Element | None:
    """Give the first element below a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((inner for inner in element if local(inner) == name), None)
    return element


def children(element: Element | None, *path: str) -> list[Element]:
    """Give the elements in the first element below a path; none where there is no such path."""
    found = child(element, *path)
    return [] if found is None else list(found)


def _deeper_than(root: Element, limit: int) -> bool:
    level, depth = list(root), 1
    while level:
        depth += 1
        if depth > limit:
            return True
        level = [inner for element in level for inner in element]
    return False
