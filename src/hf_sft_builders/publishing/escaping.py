"""Words from documents put into Markdown as words: no markup, HTML, links or table cells of theirs.

Every value that this package did not write itself passes one of these functions exactly once.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

# Control characters, line breaks of all kinds, and marks that reverse the direction of the text.
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+"
)
_ENTITY = {mark: f"&#{ord(mark)};" for mark in "&<>|\\`$"}
_MARKUP = re.compile(r"[*\[\]#~{}]|(?<![^\W_])_|_(?![^\W_])")
# Renderers make links of bare addresses; an invisible space inside them keeps them words.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~/%?=&+,:@-]+")


def one_line(text: object, limit: int = 200) -> str:
    """Give a text as one line of at most `limit` characters, for plain text and YAML values."""
    words = " ".join(_INVISIBLE.sub(" ", str(text)).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def in_html(text: str) -> str:
    """Give a text as HTML and SVG show it: one line, not too long."""
    return html.escape(one_line(text, 400))


def inline(text: object, limit: int = 200) -> str:
    r"""Give a text as Markdown that shows these very characters, in running text and table cells.

    Example:
        >>> inline("[free](x) | *now*")
        '\\[free\\](x) &#124; \\*now\\*'
    """
    line = "".join(_ENTITY.get(mark, mark) for mark in one_line(text, limit))
    escaped = re.sub(r"&#\d+;|(?:" + _MARKUP.pattern + ")", _escape, line)
    return _ADDRESS.sub("\u200b", escaped)


def address(name: str) -> str:
    """Give a source's name as Markdown: a plain web address as a link, all others as words."""
    return f"<{name}>" if _PLAIN_URL.fullmatch(name) else inline(name, 300)


def fenced(text: str, language: str = "") -> str:
    """Put a text into a fence that no line of it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def json_fence(value: Any) -> str:
    """Show a value as JSON in a fence; what cannot be seen is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return fenced(
        re.sub(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\ufeff]", _unicode_escape, text),
        "json",
    )


def _escape(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("&#") else "\\" + found[0]


def _unicode_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
