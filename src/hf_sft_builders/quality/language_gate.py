"""`gate_language`: rows in the languages that are wanted.

ds.map(sft.gate_language("zh", "en"), batched=True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.documents.language import SAMPLE, SCRIPTS, latin_language
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op
from hf_sft_builders.quality.judging import Judgement, check_part, no_columns, outcomes_of
from hf_sft_builders.quality.said import Part, Said, said
from hf_sft_builders.quality.written_code import without_code

if TYPE_CHECKING:
    import datasets

_PLANE = 1 << 16
_EAST_ASIAN = 3
"""The first of `SCRIPTS`: han, kana, hangul; Latin follows."""
_FEWEST = 4
_UNTOLD = -1
_MAY_BE_ODD = r"`|~~~|://|www\.|@"
_ADDRESS = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.)[^\s\u3000-\uffef]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII
)


@dataclass(frozen=True)
class GateLanguage(Op):
    """See `gate_language`."""

    name = "gate_language"

    languages: tuple[str, ...]
    part: Part = "all"
    untold: bool = True
    column: str | None = None

    def __post_init__(self) -> None:
        check_part(self.name, self.part)
        if not self.languages or any(len(code) != 2 for code in self.languages):
            raise ConfigurationError(
                f"gate_language{self.languages}; expected ISO 639-1 codes: gate_language('zh', 'en')."
            )

    @classmethod
    def example(cls) -> GateLanguage:
        """One that keeps Chinese."""
        return cls(("zh",))

    def added(self) -> datasets.Features:
        """Nothing: rows stay as they are."""
        return no_columns()

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Keep or drop each row, in order."""
        return outcomes_of(self, rows)

    def judge(self, table: pa.Table) -> Judgement:
        """Tell the language of each row."""
        found = main_languages(_prose(said(table, self.part, self.column)))
        told = dict.fromkeys(self.languages, "")
        told[""] = "" if self.untold else "language cannot be told"
        return Judgement([told.get(code, f"language {code}") for code in found])


def gate_language(
    *languages: str, part: Part = "all", untold: bool = True, column: str | None = None
) -> GateLanguage:
    """Keep rows whose main language is one of these.

    Told by script, and among Latin languages by small words (`en`, `de`, `fr`, `es`, `pt`, `it`,
    `nl`; also `zh`, `ja`, `ko`, `ru`, `ar`, `el`, `he`, `hi`, `th`); no model is loaded. Code between
    backticks and addresses do not count.

    Args:
        languages: ISO 639-1 codes.
        part: `all` that the row says, the `question`s or the `answer`s.
        untold: Whether rows are kept whose language cannot be told: a number, a formula, a name.
        column: A column of text to look at instead.

    Example:
        >>> ds.map(sft.gate_language("zh", part="answer"), batched=True)
    """
    return GateLanguage(languages, part, untold, column)


def _prose(words: Said) -> Said:
    """Leave out code and addresses, whose words are of no language."""
    odd = words.matching(_MAY_BE_ODD)
    if not odd.any():
        return words
    found = [_ADDRESS.sub(" ", without_code(text)) for _, text in words.marked(odd)]
    texts = pc.replace_with_mask(words.texts, pa.array(odd), pa.array(found, words.texts.type))
    return replace(words, texts=texts)


def main_languages(words: Said) -> list[str]:
    """Give the language of each row; as `detect_language` on its texts put together, but at once."""
    counts = _script_counts(words)
    han, kana, hangul = counts[:, :_EAST_ASIAN].T
    others = counts[:, _EAST_ASIAN:]
    main = others.argmax(axis=1)
    leading = np.where(others.max(axis=1, initial=0) >= _FEWEST, main, _UNTOLD)
    found = np.array([*list(SCRIPTS)[_EAST_ASIAN:], ""], dtype=object)[leading]
    # One Chinese character says about as much as three Latin letters.
    east = 3 * (han + kana + hangul) > others.max(axis=1, initial=0)
    found[east] = np.where(kana > 0.1 * (han + kana), "ja", "zh")[east]
    found[east & (hangul > np.maximum(han, kana))] = "ko"
    is_latin = ~east & (main == 0)
    texts = words.joined(is_latin)
    for row in np.flatnonzero(is_latin).tolist():
        found[row] = latin_language(texts.get(row, "")[:SAMPLE])
    languages: list[str] = found.tolist()
    return languages


def _script_counts(words: Said) -> np.ndarray:
    """Count characters of each script by row: int64 (rows, scripts)."""
    texts = pc.utf8_slice_codeunits(words.texts, 0, SAMPLE)
    flat = "".join(texts.to_pylist()).encode("utf-32-le")
    scripts = _script_table()[np.minimum(np.frombuffer(flat, np.uint32), _PLANE - 1)]
    row = np.repeat(words.row, np.asarray(pc.utf8_length(texts), dtype=np.int64))
    width = len(SCRIPTS) + 1
    counts = np.bincount(row * width + scripts, minlength=words.rows * width)
    return counts.reshape(words.rows, width)[:, :-1]


@cache
def _script_table() -> np.ndarray:
    """Give the number of the script of each code point; the last number is for none."""
    characters = "".join(map(chr, range(_PLANE)))
    table = np.full(_PLANE, len(SCRIPTS), dtype=np.int64)
    for number, pattern in enumerate(SCRIPTS.values()):
        table[[ord(found) for found in pattern.findall(characters)]] = number
    return table
