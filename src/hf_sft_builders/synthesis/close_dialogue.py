"""`close_dialogue`: the last two turns of a conversation: the user takes leave, and is answered.

…, {"role": "user", "content": "好的，谢谢！"},
   {"role": "assistant", "content": "不客气，祝您一切顺利。"}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Unpack

from pydantic import BaseModel

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import Share, adds_lineage, augmented, made, passed
from hf_sft_builders.synthesis.conversations import with_messages
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.slots import dialogues
from hf_sft_builders.synthesis.slots.asking import own_key, sample_number, text_fault
from hf_sft_builders.synthesis.slots.wording import hashes_of, pick, prompt_of, templates
from hf_sft_builders.synthesis.validators import Fault, checked
from hf_sft_builders.synthesis.validators.slots_numbers import quantities

_VARIABLES = ("conversation",)
_LONGEST = 120
NOT_OPEN = "no reply to close after"

Closing = tuple[str, str]


class Close(BaseModel):
    """What a model is asked for."""

    user: str
    assistant: str


@dataclass(frozen=True)
class CloseDialogue(Op):
    """See `close_dialogue`."""

    name = "close_dialogue"

    closings: tuple[Closing, ...] = ()
    where: str | None = None
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> CloseDialogue:
        """One of templates; rows without a conversation pass as they are."""
        return cls()

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
        """Close one conversation. Pure but for what it is sent."""
        if self.where and not row[self.where]:
            return Outcome(rows=(passed(row),))
        messages = dialogues.conversation_of(row)
        if not messages or not dialogues.is_answered(messages):
            return dialogues.left_alone(row, NOT_OPEN)
        said, key = dialogues.spoken(messages), own_key(row, sample, self.share.seed)
        words = "".join(turn["content"] or "" for turn in messages if turn["role"] == "user")
        language = "zh" if detect_language(words) == "zh" else "en"
        prompt = prompt_of(self, language)
        if self.asked.is_extractive:
            closing = pick(self.closings or templates(language).CLOSINGS, key, "closing")
        else:
            request = self.prompt(said, prompt, sample_number(key))
            check = partial(self.fault, said, language)
            reply = yield from checked(request, check, self.runtime.max_repairs)
            closing = _close_of(reply)
        turns = [dialogues.message("user", closing[0]), dialogues.message("assistant", closing[1])]
        changed = with_messages(row, [*messages, *turns])
        return Outcome(rows=(made(self, row, sample, changed, prompt),), notes=("closed",))

    def prompt(self, said: str, prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for the two turns. Pure."""
        user = prompt.fill(conversation=fenced(said))
        return ChatRequest.ask(
            user, prompt.system, schema=Close, parameters=self.asked.sampling(), sample=sample
        )

    def fault(self, said: str, language: str, reply: Reply) -> Fault | None:
        """Say what is wrong with a closing: it asks nothing and adds no fact. Pure."""
        known = {number.value for number in quantities(said)}
        for turn in _close_of(reply):
            if fault := text_fault(turn, language, _LONGEST):
                return fault
            new = [n for n in quantities(turn) if n.value not in known and not n.is_written_out]
            if new:
                return Fault("number not in the source", "Say no number that was not said before.")
        if _close_of(reply)[0].rstrip().endswith(("?", "？")):
            return Fault("a question is no closing", "The user takes leave and asks nothing more.")
        return None


def _close_of(reply: Reply) -> Closing:
    assert isinstance(reply.parsed, Close)
    return reply.parsed.user.strip(), reply.parsed.assistant.strip()


def close_dialogue(
    closings: Iterable[Closing] = (),
    *,
    where: str | None = None,
    model: str | ChatModel = EXTRACTIVE,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> CloseDialogue:
    """Add a closing: the user thanks and takes leave, the assistant answers.

    Args:
        closings: Pairs of your own (user, assistant), in place of the package's.
        where: Column that says which rows, in place of `p`.
        model: `extractive` (templates, zh and en), the name of a model behind an OpenAI-compatible
            endpoint, or a `ChatModel`.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draws, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. Rows keep their format. Those that do not end with a reply pass, and are counted in
        `sft.last_run().noted`.

    Example:
        >>> ds = ds.map(sft.close_dialogue(p=0.5, seed=7), batched=True)
    """
    asked, prompts, limits = read_options("close_dialogue", model, options, seed)
    pairs = tuple((user, assistant) for user, assistant in closings)
    share = Share(p, n, keep_original, seed or 0)
    return CloseDialogue(pairs, where, asked, share, prompts, limits)
