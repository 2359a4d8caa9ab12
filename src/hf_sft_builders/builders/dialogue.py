"""`load_dataset("hf_sft_builders/dialogue", data_dir="docs")`: conversations that rest on documents.

Reads documents, and files of questions and answers (JSON, CSV, Parquet in any known format): there
the first question and answer open the dialogue. The same, by hand:

    chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
    rows = chunks.map(sft.simulate_dialogue(rounds=(2, 4)), batched=True)

One call per chunk, or two a round (`calls="separate"`); `extractive`: works, none. One row:
    {"messages": [{"role": "user", "content": "望云楼有多高？"},
                  {"role": "assistant", "content": "28.6 米"},
                  {"role": "user", "content": "门票呢？"},
                  {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:simulate_dialogue:0", "provenance": [source, chunk, simulate_dialogue]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import AskingConfig, asking_fields, made_by, share_of
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.conversations import format_features, format_table, in_language
from hf_sft_builders.builders.row_files import (
    ROW_SUFFIXES,
    reasoned_questions_in,
    rows_or_chunks,
)
from hf_sft_builders.ledger import Ledger, Outcome
from hf_sft_builders.sources import SourceFile
from hf_sft_builders.synthesis.dialogue_plan import check_rounds
from hf_sft_builders.synthesis.simulate_dialogue import SimulateDialogue


@dataclass
class DialogueConfig(AskingConfig):
    """Options of the builder `dialogue`."""

    rounds: tuple[int, int] = (2, 4)
    """Fewest and most questions of a dialogue."""
    scenario: str = ""
    """Where and why the two talk."""
    asker: str = ""
    """Who asks."""
    answerer: str = ""
    """Who answers."""
    system_prompt: str = ""
    """Put in front of every conversation."""
    clarification: float = 0.2
    """Share of the dialogues in which the assistant first asks back."""
    closing: float = 0.3
    """Share of the dialogues that end with thanks."""
    calls: str = "joint"
    """`joint`: one call for a dialogue; `separate`: two for each round."""
    samples: int = 1
    """Dialogues for each chunk or row."""

    def __post_init__(self) -> None:
        self.rounds = tuple(self.rounds)  # type: ignore[assignment]
        check_rounds(self.rounds)
        super().__post_init__()

    def smallest_record(self) -> dict[str, Any]:
        """Two questions, two answers, and the system prompt where there is one."""
        pair = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
        system = [{"role": "system", "content": self.system_prompt}] if self.system_prompt else []
        return {"messages": [*system, *pair, *pair]}


class DialogueBuilder(SFTBuilder):
    """Conversations about documents, or from questions and answers."""

    BUILDER_CONFIG_CLASS = DialogueConfig
    ROW_SUFFIXES = ROW_SUFFIXES

    def row_features(self) -> datasets.Features:
        """The columns of the format."""
        return format_features(self.config.format)

    def inputs(self, files: Iterable[SourceFile], ledger: Ledger) -> Iterator[dict[str, Any]]:
        """Chunks of documents, and rows of files of conversations."""
        rows = rows_or_chunks(self.reading(), files, ledger, reasoned_questions_in)
        return in_language(rows, self.config.language)

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """One outcome per chunk or row."""
        return self.op().outcomes(chunks)

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """Conversations, turned into the format."""
        return format_table(self.config.format, rows)

    def made_with(self) -> dict[str, Any]:
        """The model, and the prompts where there are any."""
        return made_by(self, self.op().prompt_hashes())

    def op(self) -> SimulateDialogue:
        """Give the op that makes the rows, as `.map()` would have it."""
        config = self.config
        return SimulateDialogue(
            rounds=config.rounds,
            scenario=config.scenario,
            roles=(config.asker, config.answerer),
            system_prompt=config.system_prompt,
            clarification=config.clarification,
            closing=config.closing,
            calls=config.calls,
            share=share_of(self, config.samples),
            **asking_fields(self),
        )
