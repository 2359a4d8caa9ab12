"""Characters that PDF fonts say when they mean others, put right one by one.

Fonts name ligatures, radicals and full-width Latin letters where a reader sees plain ones. NFKC of
the whole text would be wrong: it also turns Chinese punctuation （，：） into Latin. So only the
ranges below are touched. The trap: NFKC knows no equivalent for most radicals of the supplement
(U+2E80 to U+2EFF), which Chinese fonts use for simplified characters.
"""

from __future__ import annotations

import re
import unicodedata

_RADICALS = str.maketrans(
    "⺁⺒⺓⺝⺠⺧⺩⺪⺬⺮⺶⺷⺻⺼⺽⻁⻄⻅⻆⻇⻉⻊⻋⻑⻓⻔⻕⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "厂巳幺月民牛王疋示竹羊羊聿肉臼虎西见角角贝足车長长门阜雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
)
_BULLETS = dict.fromkeys(map(ord, "\uf0b7\uf0a7\uf0d8\uf06c\uf06e\uf075\uf076\uf0fc\uf0e0"), "•")
_SPACES = {0xA0: " ", 0x3000: " ", 0x2002: " ", 0x2003: " ", 0x2009: " ", 0x202F: " "}
_NOTHING = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_PLAIN = _RADICALS | _BULLETS | _SPACES | _NOTHING

_ODD = re.compile(
    "[\u00a0\u00ad\u2002\u2003\u2009\u200b-\u200d\u202f\u2060\u3000\ufeff\ue000-\uf8ff"
    "\u2e80-\u2fd5\uf900-\ufaff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)
_UNKNOWN = re.compile("[\ufffd\ue000-\uf8ff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def is_plain(text: str) -> bool:
    """Whether there is nothing to replace: true of most pages."""
    return _ODD.search(text) is None


def plain(text: str, joiners: bool = False) -> str:
    """Replace ligatures, radicals, full-width Latin and odd spaces; most text has none.

    With `joiners`, the marks that hold emoji and Persian words together are kept.
    """
    if not _ODD.search(text):
        return text
    return _ODD.sub(_beside_joiners if joiners else _replacement, text)


def _beside_joiners(match: re.Match[str]) -> str:
    return match[0] if match[0] in "\u200c\u200d" else _replacement(match)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    mapped = character.translate(_PLAIN)
    return mapped if mapped != character else unicodedata.normalize("NFKC", character)


def without_controls(text: str) -> tuple[str, int]:
    """Take out control characters; also how many there were."""
    return _CONTROL.subn("", text)


def unknown_characters(text: str) -> int:
    """Count the characters that mean nothing: U+FFFD and private use."""
    return len(_UNKNOWN.findall(text))
