"""The ops of a tool dialogue, one after the other: what `tool_dialogue` runs, and users can by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import Runtime
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.add_turns import AddTurns
from hf_sft_builders.synthesis.answer_calls import AnswerCalls
from hf_sft_builders.synthesis.asked_model import AskedModel
from hf_sft_builders.synthesis.augmenting import Share
from hf_sft_builders.synthesis.close_dialogue import CloseDialogue
from hf_sft_builders.synthesis.rewrite_with_slots import RewriteWithSlots
from hf_sft_builders.synthesis.slots.planning import Plan
from hf_sft_builders.synthesis.slots.table import RecordTable
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.vocabulary import Values
from hf_sft_builders.synthesis.slots_to_utterance import SlotsToUtterance

_WAVE = 500


@dataclass(frozen=True)
class ToolDialogues:
    """Five ops with one model, one seed and one table."""

    tool: Tool
    records: RecordTable
    plan: Plan
    asked: AskedModel = field(default_factory=AskedModel)
    runtime: Runtime = field(default_factory=Runtime)

    def ops(self) -> list[Op]:
        """Give the ops in their order."""
        tool, records = self.tool, self.records
        shared: Any = {
            "asked": self.asked,
            "share": Share(seed=self.plan.seed),
            "runtime": self.runtime,
        }
        return [
            SlotsToUtterance(tool, values=Values.of(tool, records), **shared),
            AnswerCalls(tool, records, self.plan.limit, **shared),
            RewriteWithSlots(tool, where="rewritten", **shared),
            AddTurns(tool, where="extra", records=records, **shared),
            CloseDialogue(tool.closings, where="closed", **shared),
        ]

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """Give one outcome per planned dialogue, in order: through all ops, or where it stopped."""
        source, ops = iter(rows), self.ops()
        while wave := list(islice(source, _WAVE)):
            done = [Outcome(rows=(row,)) for row in wave]
            for op in ops:
                done = list(_through(op, done))
            yield from done


def _through(op: Op, before: list[Outcome]) -> Iterator[Outcome]:
    """Run an op over the rows that are left, and add up what they cost."""
    results = op.outcomes(row for outcome in before for row in outcome.rows)
    for outcome in before:
        if not outcome.rows:
            yield outcome
            continue
        after = next(results)
        usage = Counter(outcome.usage) + Counter(after.usage)
        yield replace(after, usage=dict(usage), notes=(*outcome.notes, *after.notes))
