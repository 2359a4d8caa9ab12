"""What an answer rests on: a column, or what users say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hf_sft_builders.quality.said import said

QUESTION = "question"


def source_texts(table: pa.Table, source: str, without: str | None = None) -> dict[int, str]:
    """Give the source of each row that has one.

    Args:
        table: Rows.
        source: A column of text, or `question` for what users say.
        without: Where a column stands for the answers, there are no questions.
    """
    if source == QUESTION and source not in table.column_names:
        if without is not None:
            return {}
        words = said(table, "question")
    else:
        words = said(table, column=source)
    return words.joined(np.ones(words.rows, dtype=bool))
