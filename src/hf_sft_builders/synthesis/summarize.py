r"""`summarize`: a text in, its summary beside it; long texts part by part, then the parts as one.

One row that it makes:
    {"text": "…", "summary": "会上决定登塔票价改为 80 元。",
     "messages": [{"role": "user", "content": "请总结主要内容。\n\n…"},
                  {"role": "assistant", "content": "会上决定登塔票价改为 80 元。"}],
     "id": "3f2a90c1b7de:summarize:0", …}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Unpack

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
from hf_sft_builders.synthesis.augmenting import Share, augmented, made
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    checked,
    first_fault,
    no_meta_phrases,
    no_wrapping,
    same_language,
)

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("text",)
_QUESTIONS = {"zh": "请总结主要内容。", "en": "Summarize the main points."}
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SHORT = 200
"""Characters up to which a summary may be as long as its text."""


@dataclass(frozen=True)
class Summarize(Op):
    """See `summarize`."""

    name = "summarize"

    column: str = "text"
    question: str = ""
    part_chars: int = 12_000
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if self.part_chars < 500:
            raise ConfigurationError(f"part_chars={self.part_chars}; expected 500 or more.")
        self.prompt_hashes()

    @classmethod
    def example(cls) -> Summarize:
        """One that takes the first words for the summary."""
        return cls(asked=AskedModel(ScriptedModel(_first_words)))

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """The summary, the same as a conversation, and lineage."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        own = {"summary": datasets.Value("string"), **get_format("messages").features}
        return datasets.Features({**own, **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Summarize the parts side by side, then their summaries. Pure but for what it is sent."""
        text = str(row[self.column] or "").strip()
        if not text:
            return Outcome(drops=("no text",))
        language = language_of(row, text)
        prompt = self._prompt(language)
        while len(text) > self.part_chars:
            parts = []
            for part in _parts(text, self.part_chars):
                reply = yield from self._asked(part, part, prompt, sample)
                parts.append(reply.text.strip())
            text = "\n\n".join(parts)
        source = str(row[self.column])
        reply = yield from self._asked(text, source, prompt, sample)
        summary = reply.text.strip()
        question = self.question or _QUESTIONS["zh" if language == "zh" else "en"]
        messages = [
            {"role": "user", "content": f"{question}\n\n{source.strip()}"},
            {"role": "assistant", "content": summary},
        ]
        changes = {"summary": summary, "messages": messages}
        return Outcome(rows=(made(self, row, sample, changes, prompt),))

    def fault(self, source: str, reply: Reply) -> Fault | None:
        """Say what is wrong with a summary. Pure."""
        text = reply.text.strip()
        if not text:
            return Fault("empty summary", "Write the summary.")
        if len(source) > _SHORT and len(text) > 0.8 * len(source):
            return Fault("not shorter", "That is as long as the text: write only the main points.")
        known = set(_NUMBER.findall(source))
        strange = [number for number in _NUMBER.findall(text) if number not in known]
        if strange:
            return Fault(
                "number not in the source",
                f"{strange[0]} does not stand in the text: write numbers as it has them.",
            )
        candidate = Candidate(text, source=source)
        return first_fault(candidate, (same_language, no_meta_phrases, no_wrapping))

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be."""
        return 200

    def likely_calls(self, row: Row) -> int:
        """Say how many calls a text takes: one, and one for each part of a long one."""
        length = len(str(row[self.column] or "").strip())
        return 1 + (-(-length // self.part_chars) if length > self.part_chars else 0)

    def _asked(self, text: str, source: str, prompt: Prompt, sample: int) -> Steps[Reply]:
        request = ChatRequest.ask(
            prompt.fill(text=fenced(text)),
            prompt.system,
            parameters=self.asked.sampling(),
            sample=sample,
        )
        return checked(request, partial(self.fault, source), self.runtime.max_repairs)

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, _VARIABLES)


def summarize(
    model: str | ChatModel = EXTRACTIVE,
    *,
    column: str = "text",
    question: str = "",
    part_chars: int = 12_000,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Summarize:
    """Summarize texts, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        column: Column with the text.
        question: What the row's user asks, in front of the text, in place of the usual words.
        part_chars: Longer texts are summarized in parts of so many characters, then as a whole.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op that adds `summary`, `messages`, an `id` and one more step of `provenance`. One call
        for each text, and one for each part of a long one. A summary in another language, with a
        number that the text does not have, or not shorter than it, is asked for again, then dropped.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> ds = ds.map(sft.summarize("qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("summarize", model, options, seed)
    return Summarize(column, question, part_chars, asked, Share(), prompts, limits)


def _parts(text: str, size: int) -> list[str]:
    """Cut at the ends of paragraphs or sentences where there are any."""
    parts = []
    while len(text) > size:
        ends = [text.rfind(mark, size // 2, size) + 1 for mark in ("\n", "。", ". ", " ")]
        end = next((place for place in ends if place > 0), size)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _first_words(request: ChatRequest) -> str:
    """Give the first line that says something."""
    lines = (line.strip("#` ") for line in fenced_text(request).splitlines())
    return next((line for line in lines if line), "—")[:60]
