r"""`load_dataset("hf_sft_builders/exam", data_dir="docs")`: an evaluation set.

From documents, or from files of questions and answers in any format, which are asked anew in other
kinds. One row, in the default format:
    {"messages": [{"role": "user", "content": "云溪塔有多高？\nA. 21.4 米\nB. 28.6 米\n…"},
                  {"role": "assistant", "content": "B"}],
     "question_type": "single_choice", "question": "云溪塔有多高？",
     "options": "A. 21.4 米\nB. 28.6 米\n…", "answer": "B", "id": …, "provenance": […]}

The same, by hand:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.exam_questions(), batched=True)

Two calls per chunk or row: the items, and their answers by who has not seen the key. `extractive`:
works, none: short answers and statements, true or false, from the text's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import (
    AskingConfig,
    asking_fields,
    made_by,
    prompts_of,
)
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import format_features, laid_out
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.row_files import ROW_SUFFIXES, questions_in, rows_or_chunks
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.exam_items import Kind, as_mix
from hf_sft_builders.synthesis.exam_questions import ExamQuestions
from hf_sft_builders.synthesis.shares import shares_of

_REPLY_TOKENS = 150
"""Guess: of a reply with one or two items."""
_OWN = ("question_type", "question", "options", "answer")


@dataclass
class ExamConfig(AskingConfig):
    """Options of the builder `exam`."""

    makes: ClassVar[str] = "questions and their keys"

    mix: Any = None
    """Kind of question → share, or a text: `single_choice=3,true_false=1`; all alike by default."""
    variants: int = 1
    """Items for each question and answer of a file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shares()
        if taken := [name for name in _OWN if name in get_format(self.format).features]:
            raise ConfigurationError(
                f"format={self.format!r} has a column {taken[0]!r} of its own, as an exam has. "
                "Leave format= out, and convert the rows later: sft.convert(ds, to=…)."
            )

    def shares(self) -> tuple[tuple[Kind, float], ...]:
        """Give the kinds with their shares."""
        given = None if self.mix is None else shares_of("mix", self.mix)
        return as_mix(given, self.model == EXTRACTIVE and not self.model_id)


class Exam(SFTBuilder):
    """Questions with a key."""

    BUILDER_CONFIG_CLASS = ExamConfig
    ROW_SUFFIXES = ROW_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format, and the item in parts."""
        return format_features(self.config.format, **dict.fromkeys(_OWN, "string"))

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Questions and answers where files hold such, and the chunks of documents."""
        return rows_or_chunks(self.reading(), files, ledger, questions_in)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Items from each row."""
        for has_questions, rows in groupby(chunks, lambda row: "messages" in row):
            yield from self.questions(None if has_questions else "text").outcomes(rows)

    def forecast(self, rows: Iterable[dict[str, Any]]) -> Iterator[Ask]:
        """Say what will be asked: for items, then for their answers, unless all are open ones."""
        calls = 1 if {kind for kind, _ in self.config.shares()} == {"open_answer"} else 2
        for row in rows:
            op = self.questions(None if "messages" in row else "text")
            yield from asks_of(op, row, calls, _REPLY_TOKENS)

    def questions(self, column: str | None) -> ExamQuestions:
        """Give the op that makes the rows, as `.map()` would have it."""
        config = self.config
        return ExamQuestions(
            config.shares(),
            column,
            config.chars_per_question,
            config.variants,
            config.seed or 0,
            **asking_fields(self),
        )

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        messages = {"messages": [row["messages"] for row in rows]}
        return laid_out(self.config.format, messages, rows, *_OWN)

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts."""
        return made_by(self, prompts_of(self).hashes("exam_questions", "exam_check"))
