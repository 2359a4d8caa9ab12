"""Lines of the form `键：值` or `Key: value`, with or without bold marks.

Traps: `https://…`, times like `8:30`, and prose in which a colon happens to stand.
"""

from __future__ import annotations

import re

_LINE = re.compile(
    r"\s*(?:\*\*|__)?\s*(?P<key>[^\s:：*_|`][^:：*_|`\n]*?)\s*(?:\*\*|__)?\s*"
    r"(?P<colon>[:：])\s*(?:\*\*|__)?\s*(?P<value>\S.*?)\s*$"
)
_HAN_KEY = re.compile(r"[\u3400-\u9fffA-Za-z0-9（）()/·、“”\- ]{1,16}$")
_LATIN_KEY = re.compile(r"[A-Z][A-Za-z0-9()/&.%°’'\- ]{1,40}$")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SENTENCE_INSIDE = re.compile(r"[。！？]\s*\S|[.!?] +[A-Z][a-z]+ [a-z]")

_SAYS = re.compile(r"^第.{1,6}条|(?:为|是|有|如下|包括|包含|规定|认为|指出|表示|要求|说|道)$")

LONGEST_VALUE = 160
LONGEST_SENTENCE = 40
MOST_KEY_WORDS = 5

Parts = tuple[tuple[int, int], tuple[int, int]]


def attribute_parts(line: str) -> Parts | None:
    """Give the spans of key and value in the line, or None if it is not such a line."""
    found = _LINE.match(line)
    if found is None or len(found["value"]) > LONGEST_VALUE:
        return None
    if found["value"].endswith("。") and len(found["value"]) > LONGEST_SENTENCE:
        return None
    if _SENTENCE_INSIDE.search(found["value"]) or not _is_key(found):
        return None
    return found.span("key"), found.span("value")


def _is_key(found: re.Match[str]) -> bool:
    key, value = found["key"], found["value"]
    if value.startswith("//") or (key[-1].isdigit() and value[0].isdigit()):
        return False
    if _HAN.search(key):
        return bool(_HAN_KEY.match(key)) and not _SAYS.search(key)
    spaced = found["colon"] == "：" or found.string[found.end("colon") :][:1] in " *_"
    return spaced and bool(_LATIN_KEY.match(key)) and len(key.split()) <= MOST_KEY_WORDS
