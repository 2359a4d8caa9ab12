r"""`answer_calls`: what the tool returns, computed from the records, and the reply to it.

A conversation that ends with a call gets two turns more:
    {"role": "tool", "content": "{\"total\": 1, \"records\": [{\"name\": \"云溪客栈\", …}]}"},
    {"role": "assistant", "content": "为您找到云溪客栈，房价280元。"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made
from hf_sft_builders.synthesis.conversations import Message, with_messages
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.slots import dialogues
from hf_sft_builders.synthesis.slots.asking import own_key, sample_number, text_fault
from hf_sft_builders.synthesis.slots.table import RecordTable, Result, plain
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.wording import hashes_of, prompt_of
from hf_sft_builders.synthesis.slots.wording import reply as reply_of
from hf_sft_builders.synthesis.validators import Fault, Rejected, checked
from hf_sft_builders.synthesis.validators.slots_numbers import quantities
from hf_sft_builders.synthesis.validators.slots_replies import reply_fault

_VARIABLES = ("conversation", "result")
_LONGEST = 800


@dataclass(frozen=True)
class AnswerCalls(Op):
    """See `answer_calls`."""

    name = "answer_calls"

    tool: Tool
    records: RecordTable
    limit: int = 3
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise ConfigurationError(f"limit={self.limit}; expected 1 or more records.")
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> AnswerCalls:
        """One that looks up hotels; rows without a call pass as they are."""
        named = {"type": "object", "properties": {"name": {"type": "string"}}}
        tool = Tool.of({"name": "look_up", "parameters": named, "x-record": {"noun": "酒店"}})
        return cls(tool, RecordTable.of([{"name": "云溪客栈"}]).typed(tool))

    added = adds_lineage

    def prompt_hashes(self) -> dict[str, str]:
        """Of its prompts, or of the templates that stand for them."""
        return hashes_of(self)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Look up, and reply. Pure but for what it is sent."""
        messages = dialogues.conversation_of(row)
        called = messages and dialogues.last_call(messages, self.tool)
        if not messages or not called or called[0] != len(messages) - 1:
            return dialogues.left_alone(row, "no open call of the tool")
        arguments = self.tool.arguments(called[1])
        result = self.records.find(self.tool, arguments, self.limit)
        key = own_key(row, sample, self.share.seed)
        prompt = prompt_of(self, self.tool.language)
        check = partial(self.fault, messages, arguments, result)
        if self.asked.is_extractive:
            said = reply_of(self.tool, arguments, result, key)
            if fault := check(Reply(said)):
                raise Rejected(fault.reason)
        else:
            request = self.prompt(messages, result, prompt, sample_number(key))
            answer = yield from checked(request, check, self.runtime.max_repairs)
            said = answer.text.strip()
        returned = dialogues.message("tool", result.to_json())
        answered = [*messages, returned, dialogues.message("assistant", said)]
        return Outcome(rows=(made(self, row, sample, with_messages(row, answered), prompt),))

    def prompt(
        self, messages: list[Message], result: Result, prompt: Prompt, sample: int
    ) -> ChatRequest:
        """Ask for the reply. Pure."""
        user = prompt.fill(
            conversation=fenced(dialogues.spoken(messages)), result=fenced(result.to_json())
        )
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(
        self, messages: list[Message], arguments: Mapping[str, Any], result: Result, reply: Reply
    ) -> Fault | None:
        """Say what is wrong with a reply. Pure."""
        asked = [number.value for number in quantities(dialogues.spoken(messages))]
        allowed = [float(result.total), *asked]
        return (
            text_fault(reply.text, self.tool.language, _LONGEST)
            or reply_fault(
                _without_asked(reply.text, arguments, self.tool),
                result.records,
                self.records,
                self.tool,
                allowed,
            )
            or _unnamed(reply.text, result, self.tool)
        )


def _without_asked(text: str, arguments: Mapping[str, Any], tool: Tool) -> str:
    """Hide the quoted name that was asked for: it may be repeated though nothing was found."""
    for name, value in arguments.items():
        for left, right in ("“”", '""', "「」", "《》") if tool.slots[name].match == "name" else ():
            text = text.replace(f"{left}{value}{right}", left + "＿" * len(str(value)) + right)
    return text


def _unnamed(text: str, result: Result, tool: Tool) -> Fault | None:
    """Where something was found, the reply names at least one of it."""
    names = [str(record.get(tool.record["name"], "")) for record in result.records]
    if not names or any(name and plain(name) in plain(text) for name in names):
        return None
    return Fault("no record named", "Name the records that were found, with their whole names.")


def answer_calls(
    records: Any,
    tool: Tool | str | Path | Mapping[str, Any],
    *,
    limit: int = 3,
    model: str | ChatModel = EXTRACTIVE,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> AnswerCalls:
    """Answer the call that a conversation ends with: the tool's result, and the reply to it.

    Args:
        records: The table: a file (CSV, JSON, JSONL, Parquet, Arrow), a `Dataset`, or dicts.
        tool: The tool: a JSON file or a mapping; see `docs/tool_dialogues.md`.
        limit: The result holds so many records, and the number of all that fit.
        model: Who writes the reply: `extractive` (templates), a model's name, or a `ChatModel`. The
            result is always computed from the records.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: Replies for each row.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. Rows keep their format. A reply that names a record which was not found, or a number
        that the records do not hold, is asked for again, then dropped with its reason. Rows that do
        not end with a call of the tool pass, and are counted in `sft.last_run().noted`.

    Example:
        >>> ds = ds.map(sft.answer_calls("hotels.csv", "tool.json"), batched=True)
    """
    read = Tool.of(tool)
    asked, prompts, limits = read_options("answer_calls", model, options, seed)
    share, table = Share(p, n, keep_original, seed or 0), RecordTable.of(records).typed(read)
    return AnswerCalls(read, table, limit, asked, share, prompts, limits)
