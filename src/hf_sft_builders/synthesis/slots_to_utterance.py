r"""`slots_to_utterance`: the label first, then the text; a user's sentence that says given slots.

One row in, with `tool=` a search for hotels:
    {"slots": "{\"price_range_upper\": 300}"}
becomes a conversation that ends with the call:
    {"messages": [{"role": "user", "content": "想找房价不超过300元的酒店，有推荐吗？", …},
                  {"role": "assistant", "content": "", "tool_calls": "[{\"name\": …}]", …}], …}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, augmented, made
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.slots.asking import sample_number, text_fault, variant_of
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.vocabulary import Values
from hf_sft_builders.synthesis.slots.wording import hashes_of, prompt_of, utterance
from hf_sft_builders.synthesis.validators import Fault, Rejected, checked
from hf_sft_builders.synthesis.validators.slots import slot_fault

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("tool", "slots")


@dataclass(frozen=True)
class SlotsToUtterance(Op):
    """See `slots_to_utterance`."""

    name = "slots_to_utterance"

    tool: Tool
    slots: str | tuple[tuple[str, str], ...] = "slots"
    values: Values = field(default_factory=Values)
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> SlotsToUtterance:
        """One that looks up what is written in a column."""
        named = {"type": "object", "properties": {"name": {"type": "string"}}}
        tool = {"name": "look_up", "parameters": named, "x-record": {"noun": "景点"}}
        return cls(Tool.of(tool), (("name", "text"),))

    def requires(self) -> tuple[str, ...]:
        """Where the slots are."""
        if isinstance(self.slots, str):
            return (self.slots,)
        return tuple(column for _, column in self.slots)

    def added(self) -> datasets.Features:
        """The conversation, the tools, and lineage."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        return datasets.Features({**get_format("messages_tools").features, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Of its prompts, or of the templates that stand for them."""
        return hashes_of(self)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Say the slots of one row. Pure but for what it is sent."""
        arguments = self._arguments(row)
        if not arguments:
            return Outcome(drops=("no slots",))
        variant = variant_of(row, sample, self.share.seed)
        prompt = prompt_of(self, self.tool.language)
        if self.asked.is_extractive:
            said = utterance(self.tool, arguments, variant)
            if fault := slot_fault(said, arguments, self.tool, self.values.of_slots):
                raise Rejected(fault.reason)
        else:
            request = self.prompt(arguments, prompt, sample_number(variant))
            check = partial(self.fault, arguments)
            reply = yield from checked(request, check, self.runtime.max_repairs)
            said = reply.text.strip()
        turns = [_turn("user", said), _turn("assistant", "", self.tool.call(arguments))]
        changes = {"messages": turns, "tools": self.tool.schema_text}
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def prompt(self, arguments: Mapping[str, Any], prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for one sentence. Pure."""
        user = prompt.fill(
            tool=f"{self.tool.noun or self.tool.name}",
            slots=fenced("\n".join(slot_lines(self.tool, arguments))),
        )
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(self, arguments: Mapping[str, Any], reply: Reply) -> Fault | None:
        """Say what is wrong with a sentence. Pure."""
        return text_fault(reply.text, self.tool.language) or slot_fault(
            reply.text, arguments, self.tool, self.values.of_slots
        )

    def _arguments(self, row: Row) -> dict[str, Any]:
        if isinstance(self.slots, str):
            return self.tool.arguments(row[self.slots] or "{}")
        return self.tool.arguments({slot: row[column] for slot, column in self.slots})


def slot_lines(tool: Tool, arguments: Mapping[str, Any]) -> list[str]:
    """Write slots for a model: what is bounded, and on which side."""
    sides = {
        "zh": {"at_most": "不超过", "at_least": "不低于"},
        "en": {"at_most": "at most", "at_least": "at least"},
    }
    lines = []
    for name, value in arguments.items():
        slot = tool.slots[name]
        side = sides[tool.language].get(slot.match, "=")
        told = json.dumps(value, ensure_ascii=False)
        lines.append(f"{slot.field.title} {side} {told} {slot.field.unit}".strip())
    return lines


def _turn(role: str, content: str, calls: str = "") -> dict[str, str]:
    return {"role": role, "content": content, "reasoning_content": "", "tool_calls": calls}


def slots_to_utterance(
    tool: Tool | str | Path | Mapping[str, Any],
    slots: str | Mapping[str, str] = "slots",
    *,
    records: Any = None,
    model: str | ChatModel = EXTRACTIVE,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> SlotsToUtterance:
    """Make a user's sentence out of slots, and the call that it asks for.

    Args:
        tool: The tool: a JSON file or a mapping; see `docs/tool_dialogues.md`.
        slots: Column with the slots, as JSON text or a struct; or slot → column
            (`{"name": "short_name"}`).
        records: The table that the tool looks into (a file, a `Dataset`, dicts): a value of it that
            is said and is not in the slots is then a fault.
        model: `extractive` (templates, zh and en), the name of a model behind an OpenAI-compatible
            endpoint, or a `ChatModel`.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: Sentences for each row.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op whose rows are `messages_tools`: what the user says, and the call. A sentence that
        leaves a slot out, turns a bound round or says a number of its own is asked for again with
        the reason, then dropped with it. A column `variant` tells rows of equal slots apart.

    Raises:
        ConfigurationError: for a tool that is none; UnknownName for a slot that it does not have.

    Example:
        >>> ds = Dataset.from_list([{"slots": '{"price_range_upper": 300}'}])
        >>> ds = ds.map(sft.slots_to_utterance("tool.json"), batched=True)
    """
    read = Tool.of(tool)
    asked, prompts, limits = read_options("slots_to_utterance", model, options, seed)
    columns = slots if isinstance(slots, str) else tuple(slots.items())
    share, values = Share(p, n, keep_original, seed or 0), Values.of(read, records)
    return SlotsToUtterance(read, columns, values, asked, share, prompts, limits)
