"""`load_dataset("hf_sft_builders/classification", data_files="reviews.csv")`: labelled texts.

From rows with `text` and `label`, or from documents, whose chunks are labelled. One row:
    {"text": "房间很干净，早餐也好。", "label": "正面", "id": "3f2a90c1b7de:0", "provenance": […]}

The same, by hand:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.label(["景点", "住宿"], model=model), batched=True)
    rows = rows.map(sft.edge_cases(["景点", "住宿"], model=model, keep_original=True), batched=True)

Labels that stand in the files stay. One call per row without a label and sample, two per edge case;
`extractive`: works, none, for rows that have a label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import (
    AskingConfig,
    asking_fields,
    made_by,
    prompts_of,
    share_of,
)
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.row_files import ROW_SUFFIXES, labelled_texts_in, rows_or_chunks
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats import get_format
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.records import record_table
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.edge_cases import EdgeCases
from hf_sft_builders.synthesis.label import Label
from hf_sft_builders.synthesis.op_chain import then

_ASKED, _LABEL, _CASE = 300, 15, 60
"""Guesses, in tokens: of a request for an edge case, of a label, of a case or its label."""
_LINE = "model='qwen3-32b', base_url='http://localhost:8000/v1'"


@dataclass
class ClassificationConfig(AskingConfig):
    """Options of the builder `classification`."""

    makes: ClassVar[str] = "labelled texts"

    format: str = "classification"
    """Any format that holds a question and its answer: the text and its label."""
    labels: Any = None
    """The labels: names, a dict of label → description, or the path of a file; needed to label and
    for edge cases."""
    samples: int = 1
    """How often a model is asked for each label; the majority counts."""
    edge_cases: int = 0
    """New texts for each row, from between its label and another."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.edge_cases and self.labels is None:
            raise ConfigurationError(
                "edge_cases= lie between labels. Name these: labels=['正面', '负面'], or a file."
            )
        if self.edge_cases and self.model == "extractive":
            raise ConfigurationError(f"edge_cases= are written by a language model. Pass {_LINE}.")


class Classification(SFTBuilder):
    """Texts and their labels."""

    BUILDER_CONFIG_CLASS = ClassificationConfig
    ROW_SUFFIXES = ROW_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format."""
        return get_format(self.config.format).features

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Rows with text and label, and the chunks of documents."""
        return rows_or_chunks(self.reading(), files, ledger, labelled_texts_in)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Label what has no label, then add edge cases."""
        known = asking_fields(self)
        if self.config.labels is None or known["asked"].is_extractive:
            return map(self._labelled, chunks)
        labels, config = self.config.labels, self.config
        label = Label(labels, samples=config.samples, **known)
        outcomes = map(self._known, label.outcomes(map(_with_label, chunks)))
        if not config.edge_cases:
            return outcomes
        share = share_of(self, config.edge_cases, keep_original=True)
        return then(outcomes, EdgeCases(labels, share=share, **known))

    def forecast(self, rows: Iterable[dict[str, Any]]) -> Iterator[Ask]:
        """Say what will be asked: for labels that are missing, then for edge cases."""
        config = self.config
        if config.labels is None:  # rows have their own, or the run stops
            return
        label = Label(config.labels, samples=config.samples, **asking_fields(self))
        for row in map(_with_label, rows):
            yield from asks_of(label, row, tokens=_LABEL)
            yield from [Ask(None, _ASKED, _CASE)] * (2 * config.edge_cases)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Records, turned into the format."""
        said = [
            [
                {"role": "user", "content": row["text"]},
                {"role": "assistant", "content": row["label"]},
            ]
            for row in rows
        ]
        lineage = {name: [row[name] for row in rows] for name in ("id", "provenance")}
        return get_format(self.config.format).from_records(
            record_table({"messages": said, **lineage}, len(rows))
        )

    def made_with(self) -> dict[str, Any]:
        """The model, the prompts, and the labels."""
        ops = ("label", "edge_cases") if self.config.edge_cases else ("label",)
        made = made_by(self, prompts_of(self).hashes(*ops))
        labels = self.config.labels
        return {**made, "labels": labels.descriptions} if labels else made

    def _labelled(self, row: dict[str, Any]) -> Outcome:
        label = _with_label(row)["label"]
        if not label:
            raise ConfigurationError(
                f"The row {row['id']} has no label, and without a language model none is found. "
                f"Pass labels=['…', '…'], {_LINE}, or label the rows."
            )
        return self._known(Outcome(rows=({**row, "label": label},)))

    def _known(self, outcome: Outcome) -> Outcome:
        """Drop rows without text, and those whose own label is none of `labels=`."""
        labels, rows, drops = self.config.labels, [], list(outcome.drops)
        for row in outcome.rows:
            if not (row["text"] or "").strip():
                drops.append("no text")
            elif labels is not None and row["label"] not in labels.names:
                drops.append("label not in labels")
            else:
                rows.append(row)
        return Outcome(tuple(rows), tuple(drops), outcome.failure, outcome.usage, outcome.notes)


def _with_label(row: dict[str, Any]) -> dict[str, Any]:
    label = row.get("label")
    if label is not None and not isinstance(label, str):
        raise ConfigurationError(
            f"The row {row['id']} has the label {label!r}; expected its name as text. Write the "
            "names of the classes into the file; sft.convert(ds, to='classification') does."
        )
    return {**row, "label": label}
