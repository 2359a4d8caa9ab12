"""How well words fit a query, for catalogues that are looked through here, and for ranking.

Chinese has no spaces between words: a run of characters counts by its pairs. 胸部CT影像 is
胸部, ct, 影像 (with 部影 not, since `ct` stands between).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

Entry = TypeVar("Entry")

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")


@lru_cache(maxsize=256)
def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a text, folded; pairs of characters for Chinese, Japanese and Korean.

    Example:
        >>> words_of("COVID-19 胸部影像")
        ('covid', '19', '胸部', '部影', '影像')
    """
    found: list[str] = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).casefold()):
        if re.match(rf"[{_HAN}]", run):
            found += [run[at : at + 2] for at in range(max(1, len(run) - 1))]
        else:
            found.append(run)
    return tuple(dict.fromkeys(found))


def share_found(query: str, text: str) -> float:
    """Give the share of a query's words that a text holds, 0 to 1."""
    wanted = words_of(query)
    if not wanted:
        return 0.0
    flat = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    return sum(_holds(flat, word) for word in wanted) / len(wanted)


def _holds(flat: str, word: str) -> bool:
    # A long word may stand inside another (`chestxray`), a short one (`ct`) must stand alone;
    # Chinese has no such borders.
    if word not in flat:
        return False
    return len(word) >= 4 or bool(_alone(word).search(flat))


@lru_cache(maxsize=256)
def _alone(word: str) -> re.Pattern[str]:
    if re.match(rf"[{_HAN}]", word):
        return re.compile(re.escape(word))
    letter = rf"[^\W_{_HAN}]"
    return re.compile(rf"(?<!{letter}){re.escape(word)}(?!{letter})")


def best_matches(query: str, entries: Iterable[Entry], text: Callable[[Entry], str]) -> list[Entry]:
    """Give the entries that hold at least half of a query's words, best first."""
    scored = [(share_found(query, text(entry)), entry) for entry in entries]
    good = [(share, entry) for share, entry in scored if share >= 0.5]
    return [entry for _, entry in sorted(good, key=lambda pair: -pair[0])]
