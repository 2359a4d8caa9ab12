"""`gate_words`: rows without the words of a list, such as one of insults.

ds.map(sft.gate_words("blocked.txt"), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, check_part, no_columns, outcomes_of
from hf_sft_builders.quality.said import Part, said

if TYPE_CHECKING:
    import datasets

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_WORDS_PER_PATTERN = 500
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class GateWords(Op):
    """See `gate_words`."""

    name = "gate_words"

    words: tuple[str, ...] = field(repr=False)
    most: int = 0
    part: Part = "all"
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)
        if not any(word.strip() for word in self.words):
            raise ConfigurationError("gate_words: no word in the list, so no row could be dropped.")

    @classmethod
    def example(cls) -> GateWords:
        """One with a word of each kind."""
        return cls(("blockhead", "笨蛋"))

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Look for the words in each text; a row's texts are counted together."""
        words, lists = said(table, self.part, self.column), _lists(self.words)
        found = [0] * words.rows
        suspects = np.zeros(len(words.texts), dtype=bool)
        for pattern in lists.suspects:
            suspects |= words.matching(pattern)
        for row, text in words.marked(suspects):
            found[row] += lists.count(text.casefold())
        return Judgement(["listed words" if number > self.most else "" for number in found])


def gate_words(
    words: str | Path | Iterable[str],
    *,
    most: int = 0,
    part: Part = "all",
    column: str | None = None,
) -> GateWords:
    """Keep rows without the words of a list of yours.

    Words of languages with spaces are found as whole words, phrases as words in that order; words
    in Chinese, Japanese or Thai wherever they stand. Case makes no difference.

    Args:
        words: A UTF-8 file with one word or phrase a line (`#` begins a comment), or the words.
        most: How many may stand in a row all the same.
        part: `all` that the row says, the `question`s or the `answer`s.
        column: A column of text to look at instead.

    Raises:
        ConfigurationError: if there is no such file, or nothing in it.

    Example:
        >>> ds.map(sft.gate_words(["blockhead", "笨蛋"]), batched=True)
    """
    listed = _read(Path(words)) if isinstance(words, (str, Path)) else words
    return GateWords(tuple(sorted({word.strip() for word in listed} - {""})), most, part, column)


def _read(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"gate_words: the list {path} cannot be read: {error}. Expected a UTF-8 file with a word "
            "a line."
        ) from error
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


@dataclass(frozen=True)
class _Lists:
    """Words by how they are looked for."""

    spaced: dict[int, frozenset[tuple[str, ...]]]
    """By number of words."""
    unspaced: dict[int, frozenset[str]]
    """By number of characters."""
    firsts: frozenset[str]
    """First characters of the latter."""
    suspects: tuple[str, ...]
    """Patterns of RE2, of which every text with a listed word has one."""

    def count(self, text: str) -> int:
        """Count the listed words in a text; each kind of word as often as it stands there."""
        number = 0
        if self.spaced:
            units = _WORD.findall(text)
            for size, listed in self.spaced.items():
                runs = zip(*(units[start:] for start in range(size)), strict=False)
                number += sum(run in listed for run in runs)
        if self.unspaced and not self.firsts.isdisjoint(text):
            for size, known in self.unspaced.items():
                number += sum(text[at : at + size] in known for at in range(len(text) - size + 1))
        return number


@lru_cache(maxsize=8)
def _lists(words: tuple[str, ...]) -> _Lists:
    spaced: dict[int, set[tuple[str, ...]]] = {}
    unspaced: dict[int, set[str]] = {}
    for word in (word.casefold() for word in words):
        if _UNSPACED.search(word):
            unspaced.setdefault(len(word), set()).add(word)
        elif units := tuple(_WORD.findall(word)):
            spaced.setdefault(len(units), set()).add(units)
        else:
            unspaced.setdefault(len(word), set()).add(word)  # an emoji, a sign
    return _Lists(
        {size: frozenset(listed) for size, listed in spaced.items()},
        {size: frozenset(listed) for size, listed in unspaced.items()},
        frozenset(word[0] for listed in unspaced.values() for word in listed),
        tuple(_patterns({run[0] for listed in spaced.values() for run in listed}, r"(?:^|\W|_)"))
        + tuple(_patterns({word for listed in unspaced.values() for word in listed}, "")),
    )


def _patterns(words: set[str], before: str) -> Iterator[str]:
    """Give patterns for many words, each of a size that RE2 takes."""
    waiting = iter(sorted(words))
    while some := list(islice(waiting, _WORDS_PER_PATTERN)):
        yield f"(?i){before}(?:{'|'.join(map(re.escape, some))})"
