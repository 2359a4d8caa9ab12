"""JSON-LD as dataset pages really write it: found in HTML, with any prefix, list or graph.

Names lose their prefix (`sc:name`, `schema:name` and `https://schema.org/name` are `name`), and a
node that only points to another (`{"@id": "#file"}`) is replaced by it. Nothing is looked up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

Node = dict[str, Any]

_DEEPEST = 40
_PREFIX = re.compile(
    r"(?:https?://schema\.org/|https?://(?:www\.)?mlcommons\.org/(?:schema|croissant)/(?:[\w.]+/)?"
    r"|https?://purl\.org/dc/terms/|(?:sc|schema|cr|ml|dct|dcterms|rai):)(?=\w)"
)


def datasets_in(text: str) -> list[Node]:
    """Give the datasets that a page or a JSON text describes, in their order.

    Args:
        text: HTML with `<script type="application/ld+json">`, or JSON.

    Returns:
        Their nodes, names without prefixes; a dataset that is part of another comes after it.
    """
    nodes = [node for value in _values(text) for node in _nodes(_plain(value, 0))]
    by_id = {
        node["@id"]: node for node in nodes if len(node) > 1 and isinstance(node.get("@id"), str)
    }
    return [_resolved(node, by_id, 0) for node in nodes if "Dataset" in types_of(node)]


def linked_json_ld(text: str) -> list[str]:
    """Give the addresses of JSON-LD that a page links to."""
    return _Scripts.of(text).links


def types_of(node: Node) -> list[str]:
    """Give the types of a node, without prefixes."""
    return [bare(kind) for kind in as_list(node.get("@type")) if isinstance(kind, str)]


def bare(name: str) -> str:
    """Take the prefix off a name."""
    return _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name


def as_list(value: Any) -> list[Any]:
    """Make a list of one value, several, or none; `@list`, `@set` and `@value` are opened."""
    if isinstance(value, list):
        return [each for part in value for each in as_list(part)]
    if isinstance(value, dict):
        for wrapper in ("@list", "@set", "@value"):
            if wrapper in value:
                return as_list(value[wrapper])
    return [] if value is None else [value]


def text_of(value: Any) -> str:
    """Give the first text of a value: itself, or its `name`, `@value`, `url` or `@id`."""
    for each in as_list(value):
        if isinstance(each, dict):
            inner = (each.get(key) for key in ("name", "text", "url", "@id"))
            found = next((text_of(part) for part in inner if part and text_of(part)), "")
        else:
            found = str(each).strip()
        if found:
            return found
    return ""


def _values(text: str) -> Iterator[Any]:
    text = text.removeprefix("\ufeff")
    whole = _parsed(text)
    if whole is not None:
        yield whole
        return
    for script in _Scripts.of(text).scripts:
        value = _parsed(script)
        if value is not None:
            yield value


def _parsed(text: str) -> Any:
    """Read JSON, or nothing; comment marks, a closing semicolon and raw line breaks are let pass."""
    bare_text = re.sub(
        r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*$", "", text
    )
    try:
        value = json.loads(bare_text.strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, (dict, list)) else None


class _Scripts(HTMLParser):
    """Collects the JSON-LD scripts of a page, and its links to JSON-LD."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.links: list[str] = []
        self._inside = False

    @classmethod
    def of(cls, text: str) -> _Scripts:
        parser = cls()
        parser.feed(text)
        parser.close()
        return parser

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        is_json_ld = given.get("type", "").split(";")[0].strip().lower() == "application/ld+json"
        if tag == "link" and is_json_ld and given.get("href"):
            self.links.append(given["href"])
        if tag == "script":
            self._inside = is_json_ld
            if is_json_ld:
                self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data

    # In a script these are no markup, yet some versions of the parser tell them apart.
    def handle_comment(self, data: str) -> None:
        self.handle_data(f"<!--{data}-->")


def _plain(value: Any, depth: int) -> Any:
    """Take the prefixes off all names."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {bare(str(key)): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    return value


def _nodes(value: Any) -> Iterator[Node]:
    """Give all nodes, outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _resolved(value: Any, by_id: dict[str, Node], depth: int) -> Any:
    """Put the node that is meant where one only points to it; a few steps deep, so no loop."""
    if depth > 4:
        return value
    if isinstance(value, list):
        return [_resolved(inner, by_id, depth) for inner in value]
    if isinstance(value, dict):
        meant = by_id.get(value["@id"]) if _only_points(value) else None
        node = value if meant is None else meant
        return {key: _kept_or_resolved(key, inner, by_id, depth) for key, inner in node.items()}
    return value


def _kept_or_resolved(key: str, value: Any, by_id: dict[str, Node], depth: int) -> Any:
    # What a file is contained in is told by id, and looked up there.
    return value if key == "containedIn" else _resolved(value, by_id, depth + 1)


def _only_points(value: Node) -> bool:
    return len(value) == 1 and isinstance(value.get("@id"), str)
