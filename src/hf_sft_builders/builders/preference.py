"""`load_dataset("hf_sft_builders/preference", data_dir="docs")`: a good and a worse answer.

From documents, or from files of questions and answers in any format. One row:
    {"prompt": [{"role": "user", "content": "云溪塔的门票是多少钱？"}],
     "chosen": [{"role": "assistant", "content": "80 元／人"}],
     "rejected": [{"role": "assistant", "content": "120 元／人"}], "flaw": "factual_error", …}
With `format="kto"` and its like, one row for each answer; with `format="reward"`, each with the
score that a model gives it.

The same, by hand:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.generate_qa(), batched=True)
    rows = rows.map(sft.degrade(context="text"), batched=True)

With `judged=True`, `sft.judge(model=…, pairs=True, confirm=True)` behind it. One call per chunk for
questions, one per worse answer, two per judged pair; `extractive`: works, none: the flaws are made by
rule, a number changed or the end left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import asking_fields, made_by, share_of
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import format_features, laid_out
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.options import QUESTION_AND_ANSWER
from hf_sft_builders.builders.question_asking import QuestionConfig, marks_of, questions_of
from hf_sft_builders.builders.row_files import ROW_SUFFIXES, questions_in, rows_or_chunks
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.ops import Op
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.degrade import Degrade
from hf_sft_builders.synthesis.flaws import FLAWS, Flaw, as_flaws
from hf_sft_builders.synthesis.flaws_by_rule import BY_RULE
from hf_sft_builders.synthesis.judge import Judge
from hf_sft_builders.synthesis.op_chain import then

_ASKED, _WORSE, _VERDICT = 500, 100, 60
"""Guesses, in tokens: of a request about an answer, of a worse one, of what a judge says."""
_LINE = "model='qwen3-32b', base_url='http://localhost:8000/v1'"


@dataclass
class PreferenceConfig(QuestionConfig):
    """Options of the builder `preference`."""

    makes: ClassVar[str] = "a better and a worse answer"

    format: str = "preference"
    """A format with `rejected`, of KTO, or `reward`."""
    flaws: Any = None
    """Names, with commas in one text, or your own: name → what is asked for; all by default."""
    n: int = 1
    """Worse answers for each good one, the flaws taking turns."""
    judged: bool = False
    """Drop pairs whose worse answer a model prefers, asked in both orders."""
    rubric: Any = None
    """File that says what makes an answer good; a general one by default."""
    samples: int = 1
    """How often the judge is asked."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.flaws_asked()
        if self.model == EXTRACTIVE and (self.judged or self.holds("score")):
            asked = "judged=True" if self.judged else f"format={self.format!r}"
            raise ConfigurationError(f"{asked} needs a model that judges. Pass {_LINE}.")
        if self.judged and not self.holds("rejected"):
            raise ConfigurationError(
                f"judged=True compares pairs, and format={self.format!r} has single answers."
            )

    def holds(self, field: str) -> bool:
        """Whether the format has a place for this column of a record."""
        return field in get_format(self.format).holds

    def smallest_record(self) -> dict[str, Any]:
        """Two answers, or one with its verdict."""
        said = {"messages": QUESTION_AND_ANSWER}
        if self.holds("desirable"):
            return {**said, "desirable": True}
        if self.holds("score"):
            return {**said, "score": 1.0}
        return {**said, "rejected": [{"role": "assistant", "content": "?!"}]}

    def flaws_asked(self) -> tuple[Flaw, ...]:
        """Give the flaws that rows get."""
        if self.flaws is None:
            return as_flaws(BY_RULE if self.model == EXTRACTIVE and not self.model_id else FLAWS)
        if isinstance(self.flaws, (str, Mapping)):
            named = self.flaws
            return as_flaws(named if isinstance(named, Mapping) else _parted(named))
        return as_flaws(self.flaws)


class Preference(SFTBuilder):
    """Good answers and worse ones."""

    BUILDER_CONFIG_CLASS = PreferenceConfig
    ROW_SUFFIXES = ROW_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format, the flaw, and one for each mark that is wished for."""
        return format_features(self.config.format, flaw="string", **marks_of(self))

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Questions and answers where files hold such, and the chunks of documents."""
        return rows_or_chunks(self.reading(), files, ledger, questions_in)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Questions and answers, each with a worse one, judged where asked for."""
        ways = {True: self._from_questions, False: self._from_chunks}
        for has_questions, rows in groupby(chunks, lambda row: "messages" in row):
            yield from ways[has_questions](rows)

    def forecast(self, rows: Iterable[dict[str, Any]]) -> Iterator[Ask]:
        """Say what will be asked: questions, worse answers, and verdicts where they are wished."""
        asking, config = questions_of(self), self.config
        for row in rows:
            if "messages" in row:
                pairs = 1
                yield from asks_of(self.degrade(None), row, tokens=_WORSE)
            else:
                pairs = asking.likely_rows(row)
                yield from asks_of(asking, row)
                yield from [Ask(None, _ASKED, _WORSE)] * (pairs * config.n)
            answers = config.n if config.judged else config.n + 1
            verdicts = (2 if config.judged else 1) * answers * config.samples
            yield from [Ask(None, _ASKED, _VERDICT)] * (pairs * verdicts if self.judge(None) else 0)

    def _from_questions(self, rows: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        return self._judged(self.degrade(None).outcomes(rows), None)

    def _from_chunks(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        asked = questions_of(self).outcomes(chunks)
        return self._judged(then(asked, self.degrade("text")), "text")

    def degrade(self, context: str | None) -> Degrade:
        """Give the op that makes the worse answers, as `.map()` would have it."""
        alone = not self.config.holds("rejected")
        return Degrade(
            self.config.flaws_asked(),
            in_place=alone,
            context=context,
            share=share_of(self, self.config.n, keep_original=alone),
            **asking_fields(self),
        )

    def _judged(self, outcomes: Iterator[Outcome], context: str | None) -> Iterator[Outcome]:
        judge = self.judge(context)
        return then(outcomes, judge) if judge else outcomes

    def judge(self, context: str | None) -> Judge | None:
        """Give the op that judges, as `.map()` would have it; None where nothing is to be judged."""
        config = self.config
        if not (config.judged or config.holds("score")):
            return None
        return Judge(
            config.rubric or "",
            pairs=config.judged,
            confirm=config.judged,
            samples=config.samples,
            context=context,
            **asking_fields(self),
        )

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        columns: dict[str, Any] = {}
        if self.config.holds("rejected"):
            columns["messages"] = [[*row["prompt"], *row["chosen"]] for row in rows]
            columns["rejected"] = [row["rejected"] for row in rows]
        else:
            columns["messages"] = [row["messages"] for row in rows]
        if self.config.holds("desirable"):
            columns["desirable"] = [not row["flaw"] for row in rows]
        if self.config.holds("score"):
            columns["score"] = [row["score_model"] for row in rows]
        return laid_out(self.config.format, columns, rows, "flaw", *marks_of(self))

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts."""
        judge = self.judge("text")
        ops: list[Op] = [questions_of(self), self.degrade("text"), *([judge] if judge else [])]
        prompts = [op.prompt_hashes() for op in ops]
        return made_by(self, {name: sha for known in prompts for name, sha in known.items()})


def _parted(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
