"""`text`: one string a row; raw text, or conversations that a template has made text of.

One row:
    {"text": "望云楼建于明正统六年（1441 年）。……"}

A conversation becomes text by a template, `ds.map(sft.render(template, columns=[…]), batched=True)`;
which template decides what is learnt, so none is chosen here, and the words of a text are not
taken apart again.
The traps: TRL trains every token of it; a null kills the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import BaseModel, Field

from hf_sft_builders.formats.base import Columns, Format
from hf_sft_builders.formats.questions import words_rule
from hf_sft_builders.formats.typed import typed

if TYPE_CHECKING:
    import datasets


class TextRow(BaseModel):
    """One text."""

    text: str = Field(min_length=1)


class Text(Format):
    """See the module."""

    name = "text"
    Row = TextRow
    holds = frozenset({"text"})
    rules = (words_rule("text", "Drop the row: there is nothing to learn."),)

    @property
    def features(self) -> datasets.Features:
        """One text."""
        return typed({"text": "string"})

    def lay_out(self, records: pa.Table) -> Columns:
        """Give the text."""
        return {"text": records["text"]}

    def take_in(self, table: pa.Table) -> Columns:
        """Take the text; there are no messages."""
        return {"text": table["text"]}
