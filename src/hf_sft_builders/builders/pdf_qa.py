"""`load_dataset("hf_sft_builders/pdf_qa", data_dir="docs")`: questions and answers from documents.

Reads PDFs, and Markdown and text files beside them. One row in the default format:
    {"messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                  {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0", "provenance": [source, chunk, generate_qa]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.options import ConversationConfig
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.llm import Runtime
from hf_sft_builders.records import record_table
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.generate_qa import GenerateQA
from hf_sft_builders.synthesis.prompts import load_prompt


class PdfQa(SFTBuilder):
    """Questions and answers about documents."""

    BUILDER_CONFIG_CLASS = ConversationConfig

    def row_features(self) -> datasets.Features:
        """The columns of the format, and `domain` where there is a tree."""
        own = get_format(self.config.format).features
        if self.config.domain_tree is None:
            return own
        return datasets.Features({**own, "domain": datasets.Value("string")})

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask about each chunk; the same question about the same document is kept once."""
        asked: set[tuple[str, str]] = set()
        for outcome in self.op().outcomes(chunks):
            fresh = tuple(row for row in outcome.rows if not _seen(row, asked))
            again = ("duplicate question",) * (len(outcome.rows) - len(fresh))
            yield Outcome(fresh, (*outcome.drops, *again), outcome.failure, outcome.usage)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        columns = {name: [row[name] for row in rows] for name in ("messages", "id", "provenance")}
        records = record_table(columns, len(rows))
        made = get_format(self.config.format).from_records(records)
        if self.config.domain_tree is None or "domain" in made.column_names:
            return made
        return made.append_column("domain", pa.array([row["domain"] for row in rows], pa.string()))

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts where there are any."""
        model, _ = self._endpoint()
        made = {"model": model if isinstance(model, str) else model.name}
        if model == EXTRACTIVE:
            return made
        prompts = [load_prompt(GenerateQA.name, language) for language in ("zh", "en")]
        return {**made, "prompts": {prompt.name: prompt.sha256 for prompt in prompts}}

    def op(self) -> GenerateQA:
        """Give the op that makes the rows, as `.map()` would have it."""
        config, (model, base_url) = self.config, self._endpoint()
        asked = AskedModel(
            model, base_url, config.model_id, config.temperature, config.max_tokens, config.seed
        )
        return GenerateQA(
            asked=asked,
            language=config.language,
            chars_per_question=config.chars_per_question,
            domains=config.domain_tree,
            runtime=self._limits(),
        )

    def _limits(self) -> Runtime:
        """A preview and a stream ask for little more than what is looked at."""
        limits = self.run.runtime
        if self.config.preview:
            few = min(limits.max_concurrency, self.config.preview)
            return replace(limits, max_concurrency=few, ahead=few)
        return replace(limits, ahead=limits.max_concurrency) if self.is_streaming else limits

    def _endpoint(self) -> tuple[Any, str | None]:
        return self.run.endpoint or (self.config.model, self.config.base_url)


def _seen(row: dict[str, Any], asked: set[tuple[str, str]]) -> bool:
    question = "".join(row["messages"][0]["content"].lower().split())
    key = (row["id"].partition(":")[0], question)
    known = key in asked
    asked.add(key)
    return known
