r"""`rewrite_with_slots`: other words for a slot's value, in the text and in the label at once.

The user says 不收费的停车场 where the slot was 免费停车场; the call then says it, too:
    {"content": "找一家带不收费的停车场的酒店。"}, {"tool_calls": "[{… \"facilities\": [\"不收费的停车场\"]}]"}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made, passed
from hf_sft_builders.synthesis.conversations import Message, with_messages
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.slots import dialogues
from hf_sft_builders.synthesis.slots.asking import own_key, sample_number, text_fault
from hf_sft_builders.synthesis.slots.table import listed, plain
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.wording import hashes_of, pick, prompt_of
from hf_sft_builders.synthesis.validators import Fault, Rejected, checked
from hf_sft_builders.synthesis.validators.slots import slot_fault

_VARIABLES = ("utterance", "values")
NOTHING_TO_REWRITE = "no slot value to rewrite"


class Rewritten(BaseModel):
    """What a model is asked for."""

    phrases: dict[str, str] = Field(description="each given value → what the sentence says now")
    utterance: str


@dataclass(frozen=True)
class RewriteWithSlots(Op):
    """See `rewrite_with_slots`."""

    name = "rewrite_with_slots"

    tool: Tool
    slots: tuple[str, ...] = ()
    where: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> RewriteWithSlots:
        """One with a phrase of its own; rows without a call pass as they are."""
        named = {"type": "object", "properties": {"facilities": {"type": "array"}}}
        said = {"facilities": {"phrases": {"免费停车场": ["不收费的停车场"]}}}
        return cls(Tool.of({"name": "look_up", "parameters": named, "x-slots": said}))

    def requires(self) -> tuple[str, ...]:
        """The column that says which rows, where one is named."""
        return (self.where,) if self.where else ()

    added = adds_lineage

    def prompt_hashes(self) -> dict[str, str]:
        """Of its prompts, or of the templates that stand for them."""
        return hashes_of(self)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Rewrite the values of one row. Pure but for what it is sent."""
        messages = dialogues.conversation_of(row)
        called = dialogues.last_call(messages, self.tool) if messages else None
        if self.where and not row[self.where]:
            return Outcome(rows=(passed(row),))
        turn = _asked_at(messages, called[0]) if messages and called else None
        if not messages or not called or turn is None:
            return dialogues.left_alone(row, NOTHING_TO_REWRITE)
        text, arguments = str(messages[turn]["content"]), self.tool.arguments(called[1])
        key = own_key(row, sample, self.share.seed)
        values = self._values(text, arguments)
        if not values:
            return dialogues.left_alone(row, NOTHING_TO_REWRITE)
        prompt = prompt_of(self, self.tool.language)
        if self.asked.is_extractive:
            phrases = {value: pick(said, key, value) for value, said in values.items()}
            new = _replaced(text, phrases)
            if fault := self.fault(text, arguments, list(values), phrases, new):
                raise Rejected(fault.reason)
        else:
            request = self.prompt(text, list(values), prompt, sample_number(key))
            check = partial(self._reply_fault, text, arguments, list(values))
            reply = yield from checked(request, check, self.runtime.max_repairs)
            assert isinstance(reply.parsed, Rewritten)
            phrases, new = reply.parsed.phrases, reply.parsed.utterance.strip()
        changed = _put(messages, turn, new, called[0], self._label(arguments, phrases), self.tool)
        return Outcome(rows=(made(self, row, sample, with_messages(row, changed), prompt),))

    def prompt(self, text: str, values: list[str], prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for the sentence and its phrases. Pure."""
        user = prompt.fill(utterance=fenced(text), values=json.dumps(values, ensure_ascii=False))
        return ChatRequest.ask(
            user, prompt.system, schema=Rewritten, parameters=self.asked.sampling(), sample=sample
        )

    def fault(
        self,
        text: str,
        arguments: Mapping[str, Any],
        values: list[str],
        phrases: Mapping[str, str],
        new: str,
    ) -> Fault | None:
        """Say what is wrong with a rewritten sentence and its label. Pure."""
        if set(phrases) != set(values):
            return Fault("phrases do not fit", f"Give one phrase for each of {values}, no others.")
        for value, phrase in phrases.items():
            if plain(phrase) == plain(value):
                return Fault("unchanged", f"Say {value!r} in other words.")
            if plain(value) in plain(new) and plain(value) not in plain(phrase):
                return Fault("old value kept", f"{value!r} is still there; say {phrase!r} for it.")
        return text_fault(new, self.tool.language) or slot_fault(
            new, self._label(arguments, phrases), self.tool
        )

    def _reply_fault(
        self, text: str, arguments: Mapping[str, Any], values: list[str], reply: Reply
    ) -> Fault | None:
        assert isinstance(reply.parsed, Rewritten)
        return self.fault(text, arguments, values, reply.parsed.phrases, reply.parsed.utterance)

    def _values(self, text: str, arguments: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Give the values that may be rewritten, with the phrases that the tool knows."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in arguments.items():
            slot = self.tool.slots[name]
            if slot.match not in ("has_all", "equals") or (self.slots and name not in self.slots):
                continue
            phrases = dict(slot.phrases)
            for part in listed(value) if slot.match == "has_all" else [str(value)]:
                if part in text and (phrases.get(part) or not self.asked.is_extractive):
                    found[part] = phrases.get(part, ())
        return found

    def _label(self, arguments: Mapping[str, Any], phrases: Mapping[str, str]) -> dict[str, Any]:
        def new(value: Any) -> Any:
            if isinstance(value, list):
                return [phrases.get(part, part) for part in value]
            return phrases.get(value, value) if isinstance(value, str) else value

        words = ("has_all", "equals")
        return {n: new(v) if self.tool.slots[n].match in words else v for n, v in arguments.items()}


def _asked_at(messages: list[Message], call: int) -> int | None:
    return next((i for i in range(call - 1, -1, -1) if messages[i]["role"] == "user"), None)


def _replaced(text: str, phrases: Mapping[str, str]) -> str:
    for value in sorted(phrases, key=len, reverse=True):
        text = text.replace(value, phrases[value])
    return text


def _put(
    messages: list[Message], turn: int, text: str, call: int, label: dict[str, Any], tool: Tool
) -> list[Message]:
    changed = list(messages)
    changed[turn] = {**messages[turn], "content": text}
    changed[call] = {**messages[call], "tool_calls": tool.call(label)}
    return changed


def rewrite_with_slots(
    tool: Tool | str | Path | Mapping[str, Any],
    slots: Iterable[str] = (),
    *,
    where: str | None = None,
    model: str | ChatModel = EXTRACTIVE,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> RewriteWithSlots:
    """Say slot values in other words, in the user's turn and in the call alike.

    Args:
        tool: The tool: a JSON file or a mapping; see `docs/tool_dialogues.md`.
        slots: Which slots; all that hold words (no names, no numbers) by default.
        where: Column that says which rows, in place of `p`.
        model: `extractive` (the `phrases` of the tool's `x-slots`), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. Rows keep their format. What the tool returned stays, for the words mean the same.
        Text and label are checked against each other: a sentence without the new words, with the old
        ones, or with another bound is asked for again, then dropped with its reason. Rows that hold
        nothing to rewrite pass, and are counted in `sft.last_run().noted`.

    Example:
        >>> ds = ds.map(sft.rewrite_with_slots("tool.json", ["facilities"], p=0.3), batched=True)
    """
    asked, prompts, limits = read_options("rewrite_with_slots", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return RewriteWithSlots(Tool.of(tool), tuple(slots), where, asked, share, prompts, limits)
