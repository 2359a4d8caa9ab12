"""`load_dataset("hf_sft_builders/distillation", data_files="topics.yaml", model=…)`: what a teacher knows.

No documents: it starts from a YAML of topics (`synthesis/topics.py`), or from prompts: a column
`prompt`, the questions of any known format, or a text file with one on a line. The same, by hand,
with `format="messages_reasoning"`:

    topics = Dataset.from_dict({"topic": ["古城旅行"], "id": ["古城旅行"], "language": ["zh"]})
    topics = topics.map(sft.expand_topics(model, per_topic=2), batched=True)
    prompts = topics.map(sft.topic_questions(model, questions=3), batched=True)
    rows = prompts.map(sft.distill(model), batched=True)

One call per topic that is divided, one per topic that is asked about, one per answer; `extractive`:
cannot, and says so. One row in the default format:
    {"prompt": "带老人住古城，选客栈要留意什么？", "reasoning": "先想老人的需要……", "content": "……",
     "teacher": "deepseek-r1", "score": None, "topic": "古城旅行/住宿", "difficulty": "intermediate",
     "id": "古城旅行/住宿:topic_questions:3:distill:0", "provenance": [source, topic_questions, distill]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import (
    AskingConfig,
    asked_by,
    asking_fields,
    limits_of,
    made_by,
    share_of,
)
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import (
    format_features,
    format_table,
    in_language,
    without_doubles,
)
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.prompt_files import PROMPT_SUFFIXES, prompt_rows
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.distill import Distill
from hf_sft_builders.synthesis.expand_topics import ExpandTopics
from hf_sft_builders.synthesis.op_chain import then
from hf_sft_builders.synthesis.topic_questions import DOUBLE, TopicQuestions
from hf_sft_builders.synthesis.validators.quotes import bare


@dataclass
class DistillationConfig(AskingConfig):
    """Options of the builder `distillation`."""

    format: str = "distillation"
    questions: int | None = None
    """For each topic, in place of what the file says."""
    samples: int = 1
    """Answers to each prompt."""
    system_prompt: str = ""
    """Sent with each prompt, and kept in the rows."""
    require_reasoning: bool = False
    """Drop answers that came without reasoning."""
    top_logprobs: int | None = None
    """Keep the teacher's distribution over so many tokens, as JSON text in `logprobs`."""

    def smallest_record(self) -> dict[str, Any]:
        """A prompt, reasoning and answer, and the system prompt where there is one."""
        system = [{"role": "system", "content": self.system_prompt}] if self.system_prompt else []
        answer = {"role": "assistant", "content": "!", "reasoning": "…"}
        return {"messages": [*system, {"role": "user", "content": "?"}, answer]}


class DistillationBuilder(SFTBuilder):
    """What a teacher thought and said."""

    BUILDER_CONFIG_CLASS = DistillationConfig
    ACROSS_FILES = True
    READS_DOCUMENTS = False
    ROW_SUFFIXES = PROMPT_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format; topic, difficulty, teacher, and soft labels where asked for."""
        return format_features(self.config.format, **dict.fromkeys(self._beside(), "string"))

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """The leaves of files of topics, and the prompts of the others."""
        self.ops()  # without a language model this stops before a file is read
        rows = prompt_rows(self.reading(), files, ledger, self.config.questions)
        return in_language(rows, self.config.language)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Topics become questions, the same question is asked once, and the teacher answers."""
        expand, ask, answer = self.ops()
        for is_topic, rows in groupby(chunks, key=_is_topic):
            if not is_topic:
                yield from answer.outcomes(rows)
                continue
            asked = then(expand.outcomes(rows), ask)
            once = without_doubles(asked, lambda row: bare(row["prompt"]), DOUBLE)
            yield from then(once, answer)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations with reasoning, turned into the format."""
        return format_table(self.config.format, rows, "teacher", *self._beside())

    def forecast(self, rows: Iterable[dict[str, Any]]) -> Iterator[Ask]:
        """Say what will be asked: of a topic only the first question is known as it will be."""
        for row in rows:
            yield from self._asks(row)

    def _asks(self, row: dict[str, Any]) -> Iterator[Ask]:
        expand, ask, answer = self.ops()
        if not _is_topic(row):
            yield from asks_of(answer, row)
            return
        leaves = int(row["per_topic"] or 1) ** int(row["levels"])
        if row["levels"]:
            yield from asks_of(expand, row)
            divided = sum(int(row["per_topic"]) ** level for level in range(int(row["levels"])))
            yield from [Ask(None, 150, expand.likely_reply_tokens(row))] * (divided - 1)
        asks = list(asks_of(ask, row))
        yield from [Ask(None, 400, asks[0].tokens_out)] * leaves if row["levels"] else asks
        wanted = leaves * sum(ask.wanted(row).values()) * self.config.samples
        yield from [Ask(None, 40, answer.likely_reply_tokens(row))] * wanted

    def made_with(self) -> dict[str, Any]:
        """The model and the prompts."""
        expand, ask, _ = self.ops()
        return made_by(self, {**expand.prompt_hashes(), **ask.prompt_hashes()})

    def ops(self) -> tuple[ExpandTopics, TopicQuestions, Distill]:
        """Give the ops that make the rows, as `.map()` would have them."""
        asked = asked_by(self)
        soft_free = {**asking_fields(self), "asked": replace(asked, top_logprobs=None)}
        return (
            ExpandTopics(share=share_of(self), **soft_free),
            TopicQuestions(share=share_of(self), **soft_free),
            Distill(
                system_prompt=self.config.system_prompt,
                require_reasoning=self.config.require_reasoning,
                asked=asked,
                share=share_of(self, self.config.samples),
                runtime=limits_of(self),
            ),
        )

    def _beside(self) -> tuple[str, ...]:
        soft = ("logprobs",) if self.config.top_logprobs is not None else ()
        return ("topic", "difficulty", *soft)


def _is_topic(row: dict[str, Any]) -> bool:
    return row.get("prompt") is None
