r"""`generate_reasoning`: questions that need thinking, with the steps that lead to their answers.

From a passage, it asks for such questions; from a row with a question and an answer, for the way
from the one to the other. One row that it makes:
    {…, "messages": [{"role": "user", "content": "三个成人坐游船比登塔贵多少？", "reasoning_content": ""},
                     {"role": "assistant", "content": "贵 60 元。", "reasoning_content":
                      "登塔每人 80 元，三人 80×3=240 元。\n游船每人 100 元，三人 100×3=300 元。\n300-240=60"}],
     "id": "3f2a90c1b7de:0-480:generate_reasoning:0", …}

The caution of the field: reasoning does not help where an answer is looked up, and teaches a model
to think where there is nothing to think about. Such rows are dropped as "no reasoning needed" (or
kept without reasoning, `otherwise="keep"`); `reasoning_checks` says how that is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Unpack

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, ScriptedModel, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import (
    AskingOptions,
    read_options,
    require_language_model,
)
from hf_sft_builders.synthesis.augmenting import Share, augmented, made, passed
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.material import Material, material_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.reasoning_steps import answer_steps, passage_steps

if TYPE_CHECKING:
    import datasets

Thinking = Literal["written", "native", "auto"]
_THINKING = ("written", "native", "auto")

VARIABLES = {
    "reasoning_questions": ("title", "headings", "text", "count"),
    "reasoning_steps": ("question", "answer", "text"),
    "reasoning_answer": ("question", "text"),
}
_TOKENS_OF_A_WAY = 350


@dataclass(frozen=True)
class GenerateReasoning(Op):
    """See `generate_reasoning`."""

    name = "generate_reasoning"

    thinking: Thinking = "written"
    otherwise: Literal["drop", "keep"] = "drop"
    chars_per_question: int = 600
    column: str = "text"
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.thinking not in _THINKING:
            raise UnknownName("thinking", self.thinking, _THINKING)
        if self.otherwise not in ("drop", "keep"):
            raise UnknownName("otherwise", self.otherwise, ("drop", "keep"))
        if self.chars_per_question < 1:
            raise ConfigurationError(
                f"chars_per_question={self.chars_per_question}; expected 1 or more characters."
            )
        self.prompt_hashes()

    @classmethod
    def example(cls) -> GenerateReasoning:
        """One that compares a passage's first words with its last."""
        return cls(asked=AskedModel(ScriptedModel(_first_and_last)))

    def added(self) -> datasets.Features:
        """`messages` with reasoning, and lineage where the rows had none."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        own = get_format("messages_reasoning").features
        return datasets.Features({**own, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Name the prompts that rows may come from, with their hashes."""
        used = [self.prompt(name, language) for name in VARIABLES for language in ("zh", "en")]
        return {prompt.name: prompt.sha256 for prompt in used}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask for questions about a passage, or for the way to a known answer."""
        material = material_of(row, self.column)
        if not material.text.strip():
            return Outcome(drops=("no text",))
        language = language_of(row, material.text)
        if material.pair:
            return (yield from answer_steps(self, row, material, language))
        return (yield from passage_steps(self, row, material, language))

    def prompt(self, name: str, language: str) -> Prompt:
        """Load one of the op's prompts."""
        return self.prompts.load(name, language, VARIABLES[name])

    def request(self, prompt: Prompt, schema: Any = None, **values: object) -> ChatRequest:
        """Ask one of them. Pure."""
        sampling = self.asked.sampling()
        whole = {"schema": schema, "parameters": sampling}
        return ChatRequest.ask(prompt.fill(**values), prompt.system, **whole)

    def passage_text(self, material: Material) -> str:
        """Give the passage as prompts show it."""
        return fenced(material.text) if material.is_passage else "—"

    def questions_wanted(self, material: Material) -> int:
        """Give how many questions a passage is asked for, at most."""
        return max(1, round(len(material.text) / self.chars_per_question))

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: about 350 tokens for a question with its steps."""
        material = material_of(row, self.column)
        return _TOKENS_OF_A_WAY * (1 if material.pair else self.questions_wanted(material))

    def likely_calls(self, row: Row) -> int:
        """Guess how many calls a row takes: one, and with native thinking one for each question."""
        material = material_of(row, self.column)
        thinks = (
            0 if self.thinking == "written" or material.pair else self.questions_wanted(material)
        )
        return 1 + thinks

    def row(
        self, row: Row, said: tuple[str, str, str], sample: int, prompt: Prompt, **step: Any
    ) -> Row:
        """Give the row of (question, reasoning, answer)."""
        question, thought, answer = said
        messages = [
            {"role": "user", "content": question, "reasoning_content": ""},
            {"role": "assistant", "content": answer, "reasoning_content": thought},
        ]
        return made(self, row, sample, {"messages": messages}, prompt, **step)

    def unsuited(self, row: Row, material: Material, reason: str) -> Outcome:
        """Drop a row that needs no reasoning, or keep it without."""
        if self.otherwise == "drop":
            return Outcome(drops=(reason,))
        roles = ("user", "assistant")
        messages = [
            {"role": role, "content": words, "reasoning_content": ""}
            for role, words in zip(roles, material.pair, strict=True)
        ]
        return Outcome(rows=({**passed(row), "messages": messages},), notes=(reason,))


def generate_reasoning(
    model: str | ChatModel = EXTRACTIVE,
    *,
    thinking: Thinking = "written",
    otherwise: Literal["drop", "keep"] = "drop",
    chars_per_question: int = 600,
    column: str = "text",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> GenerateReasoning:
    """Make questions with the reasoning to their answers, for `ds.map(op, batched=True)`.

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        thinking: `written`: the steps are part of the reply; `native`: what the model itself thought
            before it answered, and rows for which it thought nothing are dropped; `auto`: native
            where there is any, else written.
        otherwise: What becomes of a row's question that needs no reasoning: `drop`, or `keep` without.
        chars_per_question: A passage is asked for at most one question per so many characters.
        column: Column with the passage. Rows of a conversation format will do as well: their first
            question keeps its answer, and gets the way to it.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op that fills `messages` with `reasoning_content`. Calculations are right, numbers come
        from the passage or from a calculation, evidence stands in the passage, and the reasoning
        comes to the row's own answer; what does not hold is asked for again with the reason, then
        dropped with it. One call per passage or row; with `native`, one more per question.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> rows = sft.map(chunks, sft.generate_reasoning("qwen3-32b"))
        >>> sft.convert(rows, to="messages_think")
    """
    asked, prompts, limits = read_options("generate_reasoning", model, options, seed)
    share = Share(seed=seed or 0)
    return GenerateReasoning(
        thinking, otherwise, chars_per_question, column, asked, share, prompts, limits
    )


def _first_and_last(request: ChatRequest) -> str:
    """Compare the first words of the fenced text with the last: two places, put together."""
    import json

    lines = [line for line in fenced_text(request).splitlines() if line.strip()] or ["—"]
    first, last = lines[0].strip(), lines[-1].strip()
    is_chinese = detect_language(first + last) == "zh"
    ask = "开头与结尾各写了什么？" if is_chinese else "What stands first, and what stands last?"
    way = {"question": ask, "steps": [first, f"… {last}"], "answer": f"{first} {last}",
           "evidence": [first, last]}  # fmt: skip
    return json.dumps({"questions": [way]}, ensure_ascii=False)
