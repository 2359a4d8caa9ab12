"""Which rows nearly repeat another: counted as `sft.deduplicate(method="near")` does, over so many rows.

What is compared is held in memory meanwhile, and takes some seconds for 100,000 rows; so it ends
after a number of rows or characters, and the report says after how many.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.quality.compared_text import PARTS, Compare, Compared
from hf_sft_builders.quality.duplicates import matched
from hf_sft_builders.quality.matching import Wanted
from hf_sft_builders.quality.normal_form import STEPS

if TYPE_CHECKING:
    from hf_sft_builders.publishing.reporting.measuring import Measured, Reading

NEAR_ROWS = 100_000
"""Rows that are compared where nothing else is asked for."""
ALIKE = 0.8
"""Jaccard similarity from which rows count as nearly the same: that of `sft.deduplicate`."""
_CHARACTERS = 100_000_000
_BATCH_ROWS = 1000
_NAMES = {"both": "row", "question": "question", "answer": "answer"}


@dataclass
class NearRepeats:
    """The first rows of a dataset, as far as they are compared; filled table by table."""

    most: int
    """Rows; 0 for none."""
    rows: int = 0
    """Rows so far."""
    characters: int = 0
    parts: dict[str, list[pa.Table]] = field(default_factory=dict)
    """`row`, `question`, `answer` → columns `text` and `key`."""

    def add(self, table: pa.Table, reading: Reading, measured: Measured) -> None:
        """Take in what there is room for."""
        for start in range(0, min(table.num_rows, self.most - self.rows), _BATCH_ROWS):
            if self.characters >= _CHARACTERS:
                return
            self._take(table, reading, measured, start)

    def _take(self, table: pa.Table, reading: Reading, measured: Measured, start: int) -> None:
        part = table.slice(start, min(_BATCH_ROWS, self.most - self.rows))
        self.rows += part.num_rows
        if len(measured.turns):
            compared = {_NAMES[by]: Compare(by, reading)(part) for by in PARTS}
        else:  # rows that are no conversations are their text
            words = measured.texts[0].slice(start, part.num_rows)
            compared = {"row": Compared(words, np.zeros(len(words), np.uint64))}
        for name, found in compared.items():
            columns = {"text": found.texts, "key": pa.array(found.keys)}
            self.parts.setdefault(name, []).append(pa.table(columns))
            self.characters += pc.sum(pc.utf8_length(found.texts)).as_py() or 0

    def counted(self) -> dict[str, int]:
        """Count the rows that repeat an earlier one, exactly or nearly."""
        return {name: _repeats(pa.concat_tables(parts)) for name, parts in self.parts.items()}


def _repeats(texts: pa.Table) -> int:
    wanted = Wanted("both", "near", ALIKE, "first", "", frozenset(STEPS), None)
    _, found = matched(texts, _taken, wanted)
    return int((found.of != np.arange(len(found.of))).sum())


def _taken(table: pa.Table) -> Compared:
    return Compared(table["text"].combine_chunks(), np.asarray(table["key"]))
