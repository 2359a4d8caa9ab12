r"""`load_dataset("hf_sft_builders/tool_dialogue", data_files="hotels.csv", tool="tool.json")`.

Conversations with a tool, about the records of a small database. What the tool returns is computed
from the records. One row in the default format `messages_tools` (others: `sharegpt`, `dialogue`):
    {"messages": [{"role": "user", "content": "想找房价不超过300元的酒店。"},
                  {"role": "assistant", "tool_calls": "[{\"name\": \"search_hotels\", …}]"},
                  {"role": "tool", "content": "{\"total\": 1, \"records\": […]}"},
                  {"role": "assistant", "content": "为您找到云溪客栈，房价280元，评分4.6分。"}],
     "tools": "[…]", "query": "ceiling", "id": "5f0c…:slots_to_utterance:0:…", "provenance": […]}

The same, by hand:

    plan = sft.plan_dialogues("hotels.csv", "tool.json", dialogues=1000)
    rows = plan.map(sft.slots_to_utterance("tool.json", records="hotels.csv"), batched=True)
    rows = rows.map(sft.answer_calls("hotels.csv", "tool.json"), batched=True)
    rows = rows.map(sft.rewrite_with_slots("tool.json", where="rewritten"), batched=True)
    rows = rows.map(sft.add_turns("tool.json", where="extra", records="hotels.csv"), batched=True)
    rows = rows.map(sft.close_dialogue(closings, where="closed"), batched=True)

(`closings`: those of the tool.) Two calls per dialogue, and one more for each rewrite, additional turn
and closing; `extractive`: works, none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import datasets
import pyarrow as pa

from hf_sft_builders.builders.asking import asked_by, limits_of
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.forecast import Ask, asks_of
from hf_sft_builders.builders.options import ReadingConfig
from hf_sft_builders.builders.record_reading import RecordReading
from hf_sft_builders.errors import ConfigurationError, FormatError
from hf_sft_builders.formats import get_format
from hf_sft_builders.formats.files import KINDS
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.records import record_table
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE
from hf_sft_builders.synthesis.shares import shares_of
from hf_sft_builders.synthesis.slots import RecordTable, Tool
from hf_sft_builders.synthesis.slots.pipeline import ToolDialogues
from hf_sft_builders.synthesis.slots.planning import Plan

_ASKED, _TURN = 400, 60
"""Guesses, in tokens: of a request that shows records, of a turn."""


@dataclass
class ToolDialogueConfig(ReadingConfig):
    """Options of `tool_dialogue`; those of reading documents have no use here."""

    tool: Any = None
    """The tool: a JSON file, or a mapping."""
    dialogues: int = 1000
    """How many are made."""
    mix: Any = None
    """Kind of query → share, `{"name": 1, "ceiling": 2}` or `"name=1,ceiling=2"`; equal shares by
    default."""
    extra_turns: float = 0.3
    """Share of the dialogues with a follow-up, a comparison or a clarification."""
    closings: float = 0.3
    """Share of the dialogues that end with a closing."""
    rewrites: float = 0.0
    """Share whose slot values are said in other words, the label with them."""
    results: int = 3
    """So many records are in a tool's result."""
    format: str = "messages_tools"
    model: Any = EXTRACTIVE
    """`extractive` (templates), a model's name, or a `ChatModel`."""
    base_url: str | None = None
    model_id: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tool is None:
            raise ConfigurationError(
                "tool_dialogue needs tool=: the JSON of the tool that looks into the records. "
                "See docs/tool_dialogues.md."
            )
        self.tool = Tool.of(self.tool)
        if self.validation_fraction:
            raise ConfigurationError(
                "validation_fraction= splits documents, and a database is one. Split dialogues: "
                "sft.split(ds, by='hash', fractions={'train': 0.8, 'validation': 0.1, 'test': 0.1})."
            )
        self.plan()
        _refuse_format_without_calls(self.format)

    def plan(self) -> Plan:
        """Give what is wanted."""
        mix = tuple(shares_of("mix", self.mix).items()) if self.mix else ()
        shares = (self.extra_turns, self.closings, self.rewrites)
        return Plan(self.dialogues, mix, *shares, self.results, self.seed or 0)


class ToolDialogue(SFTBuilder):
    """Conversations that look things up in records."""

    BUILDER_CONFIG_CLASS = ToolDialogueConfig
    ACROSS_FILES = True
    READS_DOCUMENTS = False
    ROW_SUFFIXES = tuple(KINDS)

    def __init__(self, **given: Any) -> None:
        if given.get("tool") is not None:  # its text is in the cache key, not its path
            given["tool"] = Tool.of(given["tool"])
        super().__init__(**given)

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        """One table per split: its files are not parted among workers."""
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": tuple(files)})
            for split, files in self._splits().items()
        ]

    def row_features(self) -> datasets.Features:
        """The columns of the format, and the kind of query."""
        own = get_format(self.config.format).features
        return datasets.Features({**own, "query": datasets.Value("string")})

    def outcomes(self, chunks: Iterable[dict[str, Any]]) -> Iterator[Outcome]:
        """Each planned dialogue through all ops; the same words twice are kept once."""
        rows = list(chunks)
        said: set[str] = set()
        made = self._ops(rows)
        for outcome in made:
            fresh = tuple(row for row in outcome.rows if not _seen(row, said))
            again = ("duplicate utterance",) * (len(outcome.rows) - len(fresh))
            notes = outcome.notes
            yield Outcome(fresh, (*outcome.drops, *again), outcome.failure, outcome.usage, notes)

    def _ops(self, rows: list[Row]) -> Iterator[Outcome]:
        if not rows:
            return iter(())
        return self.dialogues(rows[0]["table"]).outcomes({**row, "table": None} for row in rows)

    def dialogues(self, records: RecordTable) -> ToolDialogues:
        """Give the ops that make the rows, as `.map()` would have them."""
        config = self.config
        return ToolDialogues(config.tool, records, config.plan(), asked_by(self), limits_of(self))

    def forecast(self, rows: Iterable[Row]) -> Iterator[Ask]:
        """Say what will be asked: for sentence and reply, and for each thing that is planned beside."""
        for _, planned in groupby(rows, key=lambda row: id(row["table"])):
            saying = None
            for row in planned:
                saying = saying or self.dialogues(row["table"]).ops()[0]
                yield from asks_of(saying, row, tokens=_TURN)
                more = 1 + sum(bool(row[what]) for what in ("rewritten", "extra", "closed"))
                yield from [Ask(None, _ASKED, _TURN)] * more

    def table(self, rows: list[dict[str, Any]]) -> pa.Table:
        """`messages_tools`, turned into the format."""
        source = get_format("messages_tools")
        schema = source.features.arrow_schema
        told = pa.Table.from_pylist(
            [{name: row[name] for name in schema.names} for row in rows], schema
        )
        records = source.to_records(told)
        lineage = {name: [row[name] for row in rows] for name in ("id", "provenance")}
        columns = {name: records[name].combine_chunks() for name in ("messages", "tools")}
        made = get_format(self.config.format).from_records(
            record_table({**columns, **lineage}, len(rows))
        )
        return made.append_column("query", pa.array([row["query"] for row in rows], pa.string()))

    def made_with(self) -> dict[str, Any]:
        """The model and the plan."""
        return {"model": asked_by(self).name, "plan": asdict(self.config.plan())}

    def reading(self) -> Any:
        """Records in place of documents."""
        return RecordReading(self.config.tool, self.config.plan(), super().reading())


def _refuse_format_without_calls(name: str) -> None:
    calls = '[{"name": "search", "arguments": {}}]'
    said = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "content": "[]"},
        {"role": "assistant", "content": "!"},
    ]
    try:
        get_format(name).from_records(record_table({"messages": [said]}, 1))
    except FormatError as error:
        raise ConfigurationError(
            f"format={name!r} does not fit conversations with tools: {error}"
        ) from error


def _seen(row: Row, said: set[str]) -> bool:
    words = str(row["messages"][0]["content"])
    known = words in said
    said.add(words)
    return known
