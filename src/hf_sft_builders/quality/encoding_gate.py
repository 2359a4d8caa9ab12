"""`gate_encoding`: rows whose characters are what they were meant to be.

ds.map(sft.gate_encoding(), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, by_text, no_columns, outcomes_of
from hf_sft_builders.quality.said import said

if TYPE_CHECKING:
    import datasets

_LOST = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯|(?:ï¿½)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_GLYPHS = re.compile("[\ue000-\uf8ff]")
# UTF-8 read as Latin-1 or Windows-1252: a lead byte, then what its following bytes become there.
_FOLLOWING = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_LATIN = re.compile(f"[\xc2-\xf4][{_FOLLOWING}]{{1,3}}")
_MANY_GLYPHS = 3
_RUN = 3
_SHARE = 0.75
"""Of the bytes of a run, those that must be UTF-8 of Chinese."""
_QUOTES = frozenset("‘’“”–—…•")


@dataclass(frozen=True)
class GateEncoding(Op):
    """See `gate_encoding`."""

    name = "gate_encoding"

    column: str | None = None

    @classmethod
    def example(cls) -> GateEncoding:
        """As it is."""
        return cls()

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look at each text that has a suspicious character."""
        words = said(table, "all", self.column)
        return by_text(words, words.matching(_suspect()), self.reason)

    def reason(self, text: str) -> str:
        """Say why a text is dropped, "" where it is not. Pure."""
        if _LOST.search(text):
            return "characters lost in decoding"
        if _CONTROL.search(text):
            return "control characters"
        if len(_GLYPHS.findall(text)) >= _MANY_GLYPHS:
            return "characters of a font of its own"
        if _was_utf8_as_latin(text) or _was_utf8_as_gbk(text):
            return "decoded as another encoding"
        return ""


def gate_encoding(*, column: str | None = None) -> GateEncoding:
    """Keep rows without mojibake.

    Drops replacement characters (U+FFFD, 锟斤拷, 烫烫烫), control characters, characters that only
    one font knows (as bad PDFs give), and UTF-8 that was decoded as Latin-1, Windows-1252 or GBK
    ("cafÃ©", "浣犲ソ"): only what makes sense when it is decoded back counts.

    Args:
        column: A column of text to look at instead of all that the row says.

    Example:
        >>> ds.map(sft.gate_encoding(), batched=True)
    """
    return GateEncoding(column)


def _was_utf8_as_latin(text: str) -> bool:
    return any(_decodes(run) for run in _LATIN.findall(text))


def _decodes(run: str) -> bool:
    if run[1] in _QUOTES and len(run) == 2:  # "MENÜ“" is German
        return False
    data = b"".join(_byte(character) for character in run)
    for end in range(len(data), 1, -1):
        try:
            data[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


def _byte(character: str) -> bytes:
    return character.encode("latin-1" if character <= "\xff" else "cp1252")


def _was_utf8_as_gbk(text: str) -> bool:
    return any(_back_to_chinese(run) for run in _gbk_runs().findall(text))


def _back_to_chinese(run: str) -> bool:
    """Say whether a run, written as GBK, is UTF-8 of Chinese; a few lost bytes make no difference."""
    data = run.encode("gb18030")
    # A run may begin and end in the middle of a character.
    found = max((data[start:].decode("utf-8", "ignore") for start in range(3)), key=len)
    chinese = sum("\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\uffee" for c in found)
    whole = len(found) == chinese and len(found.encode()) == len(data)
    return chinese >= (2 if whole else _RUN) and 3 * chinese >= _SHARE * len(data)


@cache
def _gbk_runs() -> re.Pattern[str]:
    """Match runs of characters whose GBK bytes could be UTF-8 of Chinese."""
    return re.compile(f"[\u3040-\u30ff\u3400-\u9fff\ue000-\uf8ff€、。·〃《》，；：？！]{{{_RUN},}}")


@cache
def _suspect() -> str:
    """Give the pattern of RE2 for texts that are looked at closely.

    For GBK: two Chinese characters in UTF-8, of which the first begins with a byte from E4 to E9,
    become one character of those bytes and one that ends with the next such byte. Such pairs are
    rare in real text.
    """
    leads, following = range(0xE4, 0xEA), range(0x80, 0xC0)
    first = _class_of(bytes([lead, after]) for lead in leads for after in following)
    second = _class_of(bytes([after, lead]) for lead in leads for after in following)
    return (
        "\ufffd|锟斤拷|烫烫烫|屯屯屯|[\\x{00}-\\x{08}\\x{0b}\\x{0c}\\x{0e}-\\x{1f}\\x{7f}-\\x{9f}]"
        f"|[\\x{{e000}}-\\x{{f8ff}}]|[\xc2-\xf4][{_FOLLOWING}]|[{first}][{second}]"
    )


def _class_of(pairs: Iterable[bytes]) -> str:
    return "".join(sorted({pair.decode("gb18030", "ignore") for pair in pairs}))
