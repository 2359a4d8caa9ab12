"""`add_reasoning`: the thoughts that lead to an answer, in the assistant's message.

One row in:
    {"messages": [{"role": "user", "content": "两张成人票和一张学生票一共多少钱？"},
                  {"role": "assistant", "content": "200 元。"}], …}
becomes
    {"messages": [{"role": "user", "content": "…", "reasoning_content": ""},
                  {"role": "assistant", "content": "200 元。", "reasoning_content":
                   "成人票 80 元，两张 160 元；学生半价 40 元，合计 200 元。"}], …}

Calls: one where the model thinks by itself and comes to the row's answer; else one more, which
writes the reasoning for that answer. With `native=False`, one. Questions that are only looked up
gain nothing by reasoning: they pass as they are, without a call.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Reply, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, augmented, made, passed
from hf_sft_builders.synthesis.conversations import last_turn
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.question_places import before_last_question
from hf_sft_builders.synthesis.reasoning_text import (
    agrees,
    cleaned,
    is_useful,
    reaches,
    template_words,
)
from hf_sft_builders.synthesis.text_places import exchange_in, text_in
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    Candidate,
    Fault,
    changed,
    checked,
    first_fault,
    length_between,
    same_language,
)

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("question", "answer", "context")
_SIZE = length_between(10, 8000)
_PLAIN, _FROM_TEXT = "answer", "grounded_answer"


@dataclass(frozen=True)
class AddReasoning(Op):
    """See `add_reasoning`."""

    name = "add_reasoning"

    context: str | None = None
    columns: tuple[str, str] | None = None
    output: str = "reasoning"
    native: bool = True
    only_useful: bool = True
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.columns is not None and len(self.columns) != 2:
            raise ConfigurationError(
                f"columns={self.columns!r}; expected two, of the question and of the answer."
            )
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> AddReasoning:
        """One that thinks about texts by saying them twice."""
        model = AskedModel(ScriptedModel(_twice))
        return cls(columns=("text", "text"), native=False, only_useful=False, asked=model)

    def requires(self) -> tuple[str, ...]:
        """The columns that are named, else `messages`."""
        named = (*(self.columns or ("messages",)), *([self.context] if self.context else []))
        return tuple(dict.fromkeys(named))

    def added(self) -> datasets.Features:
        """Lineage, and the place of the reasoning: in each message, or a column."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        messages = get_format("messages_reasoning").features
        own = {self.output: datasets.Value("string")} if self.columns else messages
        return datasets.Features({**own, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(self.name, _PLAIN, _FROM_TEXT)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Let the model think by itself, else write the thoughts. Pure but for what it is sent."""
        question, answer = exchange_in(row, self.columns)
        context = text_in(row, self.context)
        if not question.strip() or not answer.strip():
            return Outcome(drops=("no question and answer",))
        if self.only_useful and not is_useful(question, answer, context):
            return Outcome(rows=(self.unchanged(row),), notes=("reasoning not useful",))
        language = language_among(row, question)
        known = (question, answer, context)
        if self.native:
            prompt = self._own_prompt(language)
            thoughts = yield from self._native(row, known, prompt, sample)
            if thoughts:
                return Outcome(rows=(self._with_thoughts(row, sample, thoughts, prompt),))
        prompt = self.prompts.load(self.name, language, _VARIABLES)
        check = partial(self.fault, known, prompt)
        reply = yield from checked(
            self.prompt(known, prompt, sample), check, self.runtime.max_repairs
        )
        return Outcome(rows=(self._with_thoughts(row, sample, cleaned(reply.text), prompt),))

    def prompt(self, known: tuple[str, str, str], prompt: Prompt, sample: int) -> ChatRequest:
        """Ask for the thoughts that lead to an answer. Pure."""
        question, answer, context = known
        user = prompt.fill(
            question=fenced(question),
            answer=fenced(answer),
            context=fenced(context) if context else "—",
        )
        return ChatRequest.ask(user, prompt.system, parameters=self.asked.sampling(), sample=sample)

    def fault(self, known: tuple[str, str, str], prompt: Prompt, reply: Reply) -> Fault | None:
        """Say what is wrong with written thoughts. Pure."""
        question, answer, _ = known
        candidate = self._candidate(cleaned(reply.text), known, prompt)
        not_the_answer = changed(replace(candidate, original=answer))
        fault = first_fault(candidate, (_SIZE, template_words, *CLEAN))
        return fault or not_the_answer or reaches(answer, candidate.text, question)

    def _native(
        self, row: Row, known: tuple[str, str, str], prompt: Prompt, sample: int
    ) -> Generator[Any, Any, str]:
        """Ask the question itself; give the model's thoughts where they came to the row's answer."""
        question, answer, context = known
        before = [] if self.columns else before_last_question(row)
        told = [m["content"] for m in before if m["role"] == "system"]
        values = {"question": fenced(question) if context else question, "style": "—"}
        user = prompt.fill(**values, **({"context": fenced(context)} if self.context else {}))
        messages = (
            {"role": "system", "content": "\n\n".join([*told, prompt.system])},
            *(message for message in before if message["role"] != "system"),
            {"role": "user", "content": user},
        )
        request = ChatRequest(messages, parameters=self.asked.sampling(), sample=sample)
        reply: Reply = yield request
        thoughts = cleaned(reply.reasoning)
        candidate = self._candidate(thoughts, known, prompt)
        spoken = tuple(check for check in CLEAN if check is not same_language)
        if (
            not thoughts
            or first_fault(candidate, (_SIZE, *spoken))
            or not agrees(reply.text, answer)
        ):
            return ""
        return thoughts

    def _candidate(self, text: str, known: tuple[str, str, str], prompt: Prompt) -> Candidate:
        question, answer, context = known
        return Candidate(text, f"{context}\n{question}\n{answer}", question, prompt.template)

    def _own_prompt(self, language: str) -> Prompt:
        return self.prompts.load(_FROM_TEXT if self.context else _PLAIN, language, None)

    def unchanged(self, row: Row) -> Row:
        """Give the row as it is, with an empty place for reasoning where it has none."""
        if self.columns:
            return passed({self.output: "", **row})
        return passed({**row, "messages": [_with_place(message) for message in row["messages"]]})

    def _with_thoughts(self, row: Row, sample: int, thoughts: str, prompt: Prompt) -> Row:
        changes: dict[str, Any] = {self.output: thoughts}
        if not self.columns:
            messages = [_with_place(message) for message in row["messages"]]
            at = last_turn(messages, "assistant")
            assert at is not None, "the row has an answer"
            messages[at]["reasoning_content"] = thoughts
            changes = {"messages": messages}
        return made(self, row, sample, changes, prompt)


def add_reasoning(
    *,
    model: str | ChatModel = EXTRACTIVE,
    context: str | None = None,
    columns: tuple[str, str] | None = None,
    output: str = "reasoning",
    native: bool = True,
    only_useful: bool = True,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> AddReasoning:
    """Put the thoughts that lead to an answer into the assistant's message.

    Thinking helps with questions that compare, compute or explain; with those that are only looked
    up it lowers quality (`only_useful=False` thinks about all).

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        context: Column with the chunk that the answer came from.
        columns: Columns of question and answer; by default rows of `messages`, whose messages get the
            field `reasoning_content` (the format `messages_reasoning`).
        output: Column that takes the reasoning, with `columns`.
        native: Ask the question first: the thoughts of a model that thinks by itself are kept where
            its own answer agrees with the row's. Otherwise, and for other models, the thoughts are
            written for the answer that is there.
        only_useful: Leave questions alone that are only looked up; counted in `noted`.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        n: New rows for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op. The answer never changes; citations and words about the material are taken out of the
        thoughts; thoughts that miss the answer's values, or know it beforehand, are asked for again.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.add_reasoning(model="qwen3-32b", context="text"), batched=True)
    """
    asked, prompts, limits = read_options("add_reasoning", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return AddReasoning(
        context, columns, output, native, only_useful, asked, share, prompts, limits
    )


def _with_place(message: dict[str, Any]) -> dict[str, Any]:
    """Give the message with a field for reasoning.

    Raises:
        ConfigurationError: it has fields that `messages_reasoning` has no place for.
    """
    extra = set(message) - {"role", "content", "reasoning_content"}
    if any(message[name] for name in extra):
        raise ConfigurationError(
            f"add_reasoning: messages have the field {min(extra)!r} beside role and content, which "
            "messages_reasoning cannot hold. Leave rows with tool calls out, or pass columns=."
        )
    known = {name: message[name] for name in ("role", "content")}
    return {**known, "reasoning_content": message.get("reasoning_content") or ""}


def _twice(request: ChatRequest) -> str:
    """Say the text twice."""
    return f"{fenced_text(request)} / {fenced_text(request)}"
