"""Bytes to text without guessing in silence: UTF-8, UTF-16 with its mark, GB18030, Big5.

GB18030 and Big5 decode much of each other's bytes to *some* Chinese characters, so that one of
them decodes says nothing. What tells them apart is that real text is made of common characters:
both tables begin with those, and the wrong one yields rare characters. Latin text in an old
Windows encoding decodes as well, to a few odd characters: that is refused, not repaired.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from hf_sft_builders.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_CHINESE = ("gb18030", "big5")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_MOST_COMMON = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后"
    "小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长"
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後"
    "小麼心多天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長"
)
_PUNCTUATION = frozenset("，。、；：！？（）《》「」『』“”‘’…—·　【】〈〉％０１２３４５６７８９")


def decode(data: bytes, uri: str) -> tuple[str, str]:
    """Give the text and the name of its encoding, or raise `DocumentError("not text")`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_strict(data, encoding), uri), encoding.removesuffix("-sig")
    text = _strict(data, "utf-8")
    if text is not None:
        return _checked(text, uri), "utf-8"
    encoding = _chinese_encoding(data, uri)
    return _checked(_strict(data, encoding), uri), encoding


def encoding_of(head: bytes, uri: str, whole: bool) -> str:
    """Tell the encoding of a file by its beginning.

    Args:
        head: The beginning; where it is cut, up to its last line is looked at.
        uri: For errors.
        whole: Whether there is no more.

    Raises:
        DocumentError: "not text".
    """
    if whole:
        return decode(head, uri)[1]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    lines = head[: head.rfind(b"\n") + 1]
    return decode(lines or head.rstrip(_BEYOND_ASCII), uri)[1]


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _checked(text: str | None, uri: str) -> str:
    if text is None or "\x00" in text or len(_CONTROL.findall(text)) > 0.02 * len(text):
        raise DocumentError(uri, "not text", "It holds bytes that no text has: a binary file?")
    return text


def _chinese_encoding(data: bytes, uri: str) -> str:
    """Choose the encoding that yields common characters."""
    decoded = {encoding: _strict(data, encoding) for encoding in _CHINESE}
    scores = {name: _score(text, name) for name, text in decoded.items() if text is not None}
    best = max(scores, key=scores.__getitem__, default="")
    if not best or scores[best] <= 0 or b"\x00" in data:
        raise DocumentError(
            uri, "not text", f"It is not {_position(data)}, nor GB18030 or Big5. Save it as UTF-8."
        )
    return best


def _position(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"UTF-8 (byte {error.start} does not fit)"
    return "UTF-8"


def _score(text: str, encoding: str) -> float:
    """Weigh the characters beyond ASCII: common ones speak for the encoding, others against."""
    beyond = [character for character in text[:20_000] if character > "\x7f"]
    common = _common(encoding)
    weights = (
        3 if character in _MOST_COMMON or character in _PUNCTUATION else
        1 if character in common else -2
        for character in beyond
    )  # fmt: skip
    return sum(weights) / max(1, len(beyond))


@cache
def _common(encoding: str) -> frozenset[str]:
    """Give the first level of the table: the characters that its makers held to be common."""
    if encoding == "gb18030":
        return _level(range(0xB0, 0xD8), [*range(0xA1, 0xFF)], "gb2312")
    return _level(range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)], "big5")


def _level(leads: range, trails: list[int], encoding: str) -> frozenset[str]:
    pairs = (bytes((lead, trail)) for lead in leads for trail in trails)
    return frozenset("".join(pair.decode(encoding, "ignore") for pair in pairs))
