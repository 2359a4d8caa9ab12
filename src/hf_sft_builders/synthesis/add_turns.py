"""`add_turns`: more turns of a conversation: a follow-up, a comparison, a question which one is meant.

After a reply that named records, or beside a passage that the conversation is about:
    …, {"role": "user", "content": "云溪客栈的电话是什么？"},
       {"role": "assistant", "content": "云溪客栈的电话是0699-5550201。"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made, passed
from hf_sft_builders.synthesis.conversations import Message, with_messages
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.slots import dialogues
from hf_sft_builders.synthesis.slots.asking import own_key, sample_number
from hf_sft_builders.synthesis.slots.more_turns import (
    KINDS,
    TurnKind,
    possible_kinds,
    template_turns,
)
from hf_sft_builders.synthesis.slots.table import RecordTable
from hf_sft_builders.synthesis.slots.tool import Tool
from hf_sft_builders.synthesis.slots.turn_checks import Ground, turns_fault
from hf_sft_builders.synthesis.slots.wording import hashes_of, pick, prompt_of
from hf_sft_builders.synthesis.validators import Fault, Rejected, checked

_VARIABLES = ("conversation", "facts", "kind")
NOTHING_TO_ASK = "nothing to ask about"


class MoreTurns(BaseModel):
    """What a model is asked for."""

    turns: list[str] = Field(
        description="user, assistant, user, assistant …", min_length=2, max_length=4
    )


@dataclass(frozen=True)
class AddTurns(Op):
    """See `add_turns`."""

    name = "add_turns"

    tool: Tool | None = None
    kinds: tuple[TurnKind, ...] = KINDS
    where: str | None = None
    context: str | None = None
    records: RecordTable | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise UnknownName("kind of turn", kind, KINDS)
        if self.tool is None and self.asked.is_extractive:
            raise ConfigurationError(
                "add_turns without a language model asks about records, and needs tool=, whose "
                "x-record names their columns. Write sft.add_turns('tool.json'), or "
                "sft.add_turns(context='text', model='qwen3-32b')."
            )
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> AddTurns:
        """One that asks about hotels; rows without records pass as they are."""
        named = {"type": "object", "properties": {"name": {"type": "string"}}}
        return cls(Tool.of({"name": "look_up", "parameters": named, "x-record": {"noun": "酒店"}}))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named."""
        return tuple(column for column in (self.where, self.context) if column)

    added = adds_lineage

    def prompt_hashes(self) -> dict[str, str]:
        """Of its prompts, or of the templates that stand for them."""
        return hashes_of(self)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Add turns to one row. Pure but for what it is sent."""
        if self.where and not row[self.where]:
            return Outcome(rows=(passed(row),))
        messages = dialogues.conversation_of(row)
        ground = messages and self._ground(row, messages)
        key = own_key(row, sample, self.share.seed)
        kind = ground and self._kind(row, ground, key)
        if not messages or not ground or not kind or not dialogues.is_answered(messages):
            return dialogues.left_alone(row, NOTHING_TO_ASK)
        said = dialogues.spoken(messages)
        language = self.tool.language if self.tool else detect_language(said) or "en"
        prompt = prompt_of(self, language)
        check = partial(turns_fault, ground, kind, said, language)
        if self.asked.is_extractive:
            assert self.tool is not None
            turns = template_turns(self.tool, ground.records, kind, dialogues.told(messages), key)
            if fault := check([turn["content"] for turn in turns]):
                raise Rejected(fault.reason)
        else:
            request = self.prompt(said, ground, kind, prompt, sample_number(key))
            reply = yield from checked(request, partial(_fault, check), self.runtime.max_repairs)
            turns = _turns_of(reply)
        more = [dialogues.message(turn["role"], turn["content"]) for turn in turns]
        changed = with_messages(row, [*messages, *more])
        return Outcome(rows=(made(self, row, sample, changed, prompt),), notes=(f"added {kind}",))

    def prompt(
        self, said: str, ground: Ground, kind: TurnKind, prompt: Prompt, sample: int
    ) -> ChatRequest:
        """Ask for the turns. Pure."""
        user = prompt.fill(conversation=fenced(said), facts=fenced(ground.text), kind=kind)
        return ChatRequest.ask(
            user, prompt.system, schema=MoreTurns, parameters=self.asked.sampling(), sample=sample
        )

    def _ground(self, row: Row, messages: Sequence[Message]) -> Ground | None:
        if self.context:
            return Ground(text=str(row[self.context] or "")) if row[self.context] else None
        result = dialogues.last_result(messages)
        if result is None or not result.records:
            return None
        return Ground(result.to_json(), result.records, result.total, self.tool, self.records)

    def _kind(self, row: Row, ground: Ground, key: str) -> TurnKind | None:
        possible: list[TurnKind] = (
            ["follow_up"] if self.context else possible_kinds(self.tool, ground.records)
        )
        if self.where and row[self.where] in KINDS:
            return row[self.where] if row[self.where] in possible else None
        wanted = [kind for kind in possible if kind in self.kinds]
        return pick(wanted, key, "kind") if wanted else None


def _fault(check: Any, reply: Reply) -> Fault | None:
    assert isinstance(reply.parsed, MoreTurns)
    fault: Fault | None = check([turn.strip() for turn in reply.parsed.turns])
    return fault


def _turns_of(reply: Reply) -> list[dict[str, str]]:
    assert isinstance(reply.parsed, MoreTurns)
    roles = ("user", "assistant")
    return [
        {"role": roles[number % 2], "content": text.strip()}
        for number, text in enumerate(reply.parsed.turns)
    ]


def add_turns(
    tool: Tool | str | Path | Mapping[str, Any] | None = None,
    *,
    kinds: Iterable[TurnKind] = KINDS,
    where: str | None = None,
    context: str | None = None,
    records: Any = None,
    model: str | ChatModel = EXTRACTIVE,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> AddTurns:
    """Add turns to a conversation: `follow_up`, `comparison` of records, `clarification`.

    Args:
        tool: The tool whose result the conversation holds (a JSON file or a mapping); its `x-record`
            names the columns that are asked about.
        kinds: Which kinds may be added. Comparing and asking back take two records.
        where: Column that says which rows, by true, or by the kind itself; in place of `p`.
        context: Column with a passage that the conversation is about, where there are no records.
        records: All records of the tool; a name that was not found is then a fault in an answer.
        model: `extractive` (templates over the records), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. Rows keep their format. What the answers say stands in the records (or the passage):
        names, numbers, and which number is whose. Rows without records pass, and are counted in
        `sft.last_run().noted`, as are the kinds that were added.

    Raises:
        ConfigurationError: without a model and without a tool.

    Example:
        >>> ds = ds.map(sft.add_turns("tool.json", p=0.3, seed=7), batched=True)
    """
    read = None if tool is None else Tool.of(tool)
    table = RecordTable.of(records).typed(read) if records is not None and read else None
    asked, prompts, limits = read_options("add_turns", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return AddTurns(read, tuple(kinds), where, context, table, asked, share, prompts, limits)
