"""`load_dataset("hf_sft_builders/domain", data_dir="docs", domain_tree="domains.yaml")`.

Questions and answers from documents, each with a label of the tree, as many of each as of the others.
The same, by hand, with `format="messages"`:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.generate_qa(domains="domains.yaml"), batched=True)
    rows = rows.filter(lambda row: row["domain"] != "other")
    rows = sft.balance(rows, by="domain")

One call per chunk; `extractive`: works, none. To balance, all rows must
be there: with `balance=None` rows come as they are made. One row:
    {"instruction": "云溪客栈的房价是多少？", "input": "", "output": "320 元", "system": "",
     "history": [], "domain": "旅行/住宿", "id": "…", "provenance": [source, chunk, generate_qa]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import made_by
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import (
    format_features,
    format_table,
    same_question,
    without_doubles,
)
from hf_sft_builders.builders.question_asking import QuestionConfig, marks_of, questions_of
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.formats.selection import balance
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.synthesis.domain_tree import OTHER
from hf_sft_builders.synthesis.generate_qa import GenerateQA

NO_DOMAIN, OVER_SHARE = "no domain fits", "over the domain's share"


@dataclass
class DomainConfig(QuestionConfig):
    """Options of the builder `domain`."""

    format: str = "domain"
    balance: str | None = "min"
    """`min`: as many rows of each label as the rarest has; `proportional`; or None."""
    total: int | None = None
    """Rows in all, when balanced."""
    keep_other: bool = False
    """Whether rows that fit no label stay."""

    def __post_init__(self) -> None:
        if self.domain_tree is None:
            raise ConfigurationError(
                "The builder domain needs domain_tree=: a sft.DomainTree or its file. Make one: "
                "sft.build_domain_tree(chunks, model=…).save('domains.yaml')."
            )
        if self.balance not in ("min", "proportional", None):
            raise UnknownName("balance", str(self.balance), ("min", "proportional", "None"))
        super().__post_init__()


class DomainBuilder(SFTBuilder):
    """Questions and answers by field."""

    BUILDER_CONFIG_CLASS = DomainConfig

    def row_features(self) -> datasets.Features:
        """The columns of the format, `domain`, and one for each mark that is wished for."""
        return format_features(self.config.format, **marks_of(self))

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        splits = super()._split_generators(dl_manager)
        if (
            self.config.balance
        ):  # shares are those of the whole, so a tuple: not shared out to workers
            for split in splits:
                split.gen_kwargs["files"] = tuple(split.gen_kwargs["files"])
        return splits

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Ask and label in one call; then balance."""
        asked = without_doubles(self.op().outcomes(chunks), same_question, "duplicate question")
        labelled = asked if self.config.keep_other else map(_without_other, asked)
        # A preview is for looking at rows: what is balanced needs all.
        if self.config.balance is None or self.config.preview:
            return iter(labelled)
        return self._balanced(list(labelled))

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations, turned into the format."""
        return format_table(self.config.format, rows, *marks_of(self))

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts where there are any."""
        return made_by(self, self.op().prompt_hashes())

    def op(self) -> GenerateQA:
        """Give the op that makes the rows, as `.map()` would have it."""
        return questions_of(self)

    def _balanced(self, outcomes: list[Outcome]) -> Iterator[Outcome]:
        rows = [row for outcome in outcomes for row in outcome.rows]
        columns = {name: pa.array([row[name] for row in rows]) for name in ("id", "domain")}
        chosen: set[str] = set()
        if rows:
            config = self.config
            known = {"total": config.total, "strategy": config.balance, "seed": config.seed or 0}
            chosen = set(balance(pa.table(columns), "domain", **known)["id"].to_pylist())
        for outcome in outcomes:
            kept = tuple(row for row in outcome.rows if row["id"] in chosen)
            over = (OVER_SHARE,) * (len(outcome.rows) - len(kept))
            yield replace(outcome, rows=kept, drops=(*outcome.drops, *over))


def _without_other(outcome: Outcome) -> Outcome:
    kept = tuple(row for row in outcome.rows if row["domain"] != OTHER)
    lost = (NO_DOMAIN,) * (len(outcome.rows) - len(kept))
    return replace(outcome, rows=kept, drops=(*outcome.drops, *lost), notes=())
