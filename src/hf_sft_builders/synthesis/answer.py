"""`answer`: the answer to a question, out of a chunk where one is given.

One row in, with `context="text"`:
    {"text": "门票：80 元，学生半价。", "messages": [{"role": "user", "content": "学生票多少钱？"}]}
becomes
    {"text": …, "messages": [{"role": "user", …}, {"role": "assistant", "content": "学生半价。"}], …}

Calls: one for each row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.question_places import (
    before_last_question,
    last_exchange,
    with_exchange,
)
from hf_sft_builders.synthesis.text_places import text_in
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    Fault,
    changed,
    checked,
    first_fault,
    length_between,
    not_obeyed,
    same_language,
)

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("question", "style")
_GROUNDED = "grounded_answer"
_NOT_THERE = "NOT_IN_TEXT"
_NAMES_A_LANGUAGE = re.compile(
    r"翻译|译成|[英中法德日韩俄]文|[英日韩俄法德]语|translat|english|chinese|french|german|japanese|代码|code",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer(Op):
    """See `answer`."""

    name = "answer"

    style: str = ""
    context: str | None = None
    column: str | None = None
    output: str = "answer"
    overwrite: bool = False
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.column and self.column == self.output:
            raise ConfigurationError(
                f"output={self.output!r} is the column of the question; name another."
            )
        for language in ("zh", "en"):
            self.load_prompt(language)

    @classmethod
    def example(cls) -> Answer:
        """One that answers with the first words of the chunk."""
        return cls(column="text", context="text", asked=AskedModel(ScriptedModel(_first_words)))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(dict.fromkeys(name for name in (self.column, self.context) if name))

    def added(self) -> datasets.Features:
        """Lineage, and the column of the answer where questions stand in a column."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text = {self.output: datasets.Value("string")} if self.column else {}
        return datasets.Features({**text, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(_GROUNDED if self.context else self.name)

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Answer the last question, if nobody has. Pure but for what it is sent."""
        question, given = self._question(row)
        if not question.strip():
            return Outcome(drops=("no question",))
        if given.strip() and not self.overwrite:
            return Outcome(rows=(self.unchanged(row),), notes=("answered already",))
        prompt = self.load_prompt(language_among(row, question))
        context = text_in(row, self.context)
        if self.context and not context.strip():
            return Outcome(drops=("no text to answer from",))
        request = self.prompt(row, question, context, prompt, sample)
        check = partial(self.fault, question, context, prompt)
        reply = yield from checked(request, check, self.runtime.max_repairs)
        if self.context and _NOT_THERE in reply.text:
            return Outcome(drops=("answer not in the text",))
        changes = self._put(row, question, reply.text.strip())
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def prompt(
        self, row: Row, question: str, context: str, prompt: Prompt, sample: int
    ) -> ChatRequest:
        """Ask the question, behind what was said before it. Pure."""
        before = [] if self.column else before_last_question(row)
        told = [m["content"] for m in before if m["role"] == "system"]
        bare = f"{question}\n\n{self.style}".strip()
        known = {"question": fenced(question) if context else bare, "style": self.style or "—"}
        user = prompt.fill(**known, **({"context": fenced(context)} if self.context else {}))
        messages = (
            {"role": "system", "content": "\n\n".join([*told, prompt.system])},
            *(message for message in before if message["role"] != "system"),
            {"role": "user", "content": user},
        )
        return ChatRequest(messages, parameters=self.asked.sampling(), sample=sample)

    def fault(self, question: str, context: str, prompt: Prompt, reply: Reply) -> Fault | None:
        """Say what is wrong with an answer. Pure."""
        if self.context and _NOT_THERE in reply.text:
            return None
        source = f"{context}\n{question}" if context else ""
        language = language_among({}, question)
        candidate = Candidate(reply.text, source, question, prompt.template, language)
        free = not context and _NAMES_A_LANGUAGE.search(question)
        clean = [check for check in CLEAN if not (free and check is same_language)]
        fault = first_fault(candidate, (length_between(1), changed, *clean))
        if fault or not context:
            return fault
        grounded = Candidate(reply.text, source, context, prompt.template, language)
        return first_fault(grounded, (*GROUNDED, not_obeyed))

    def load_prompt(self, language: str) -> Prompt:
        """Give the prompt: with a chunk, or without."""
        if self.context:
            return self.prompts.load(_GROUNDED, language, (*_VARIABLES, "context"))
        return self.prompts.load(self.name, language, _VARIABLES)

    def _question(self, row: Row) -> tuple[str, str]:
        if self.column:
            return text_in(row, self.column), str(row.get(self.output) or "")
        return last_exchange(row)

    def unchanged(self, row: Row) -> Row:
        """Give the row as it is; without an answer, the column of the answers is empty."""
        return passed({self.output: "", **row} if self.column else row)

    def _put(self, row: Row, question: str, said: str) -> dict[str, Any]:
        return {self.output: said} if self.column else with_exchange(row, question, said)


def answer(
    style: str = "",
    *,
    model: str | ChatModel = EXTRACTIVE,
    context: str | None = None,
    column: str | None = None,
    output: str = "answer",
    overwrite: bool = False,
    p: float = 1.0,
    n: int = 1,
    keep_original: bool = False,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Answer:
    """Answer questions: the last turn of a conversation, or a column.

    Args:
        style: Manner or audience, in your own words.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        context: Column with the chunk that the answer must come from. A question that it does not
            answer is dropped, and counted.
        column: Column with the question; by default conversations that end with the user (system
            prompt and earlier turns are part of the question).
        output: Column that takes the answer, where questions stand in a column.
        overwrite: Whether rows that have an answer get another one; they pass as they are otherwise.
        p: Share of the rows, drawn by `seed` and the row's id. With `column`, use all of them.
        n: Answers for each.
        keep_original: Whether the row itself stays, in front of the new ones.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op; one call for each row.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.answer(context="text", model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("answer", model, options, seed)
    share = Share(p, n, keep_original, seed or 0)
    return Answer(style, context, column, output, overwrite, asked, share, prompts, limits)


def _first_words(request: ChatRequest) -> str:
    """Give the chunk's first words twice."""
    return f"{fenced_text(request)[:80]} / {fenced_text(request)[:80]}"
