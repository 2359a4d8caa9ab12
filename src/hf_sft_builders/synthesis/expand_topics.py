"""`expand_topics`: a topic becomes those below it, level by level: `古城旅行` → `古城旅行/住宿`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Unpack

from pydantic import BaseModel

from hf_sft_builders.errors import ConfigurationError, ModelError
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
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.topics import SEPARATOR
from hf_sft_builders.synthesis.validators import (
    Candidate,
    first_fault,
    no_meta_phrases,
    no_refusal,
    no_roles,
    says_its_task,
)
from hf_sft_builders.synthesis.validators.quotes import bare

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("topic", "count")
_LONGEST = 60
_SENTENCE = re.compile(r"[。！？!?]")
NO_TOPICS = "no topics below it"


class Subtopics(BaseModel):
    """What the model replies."""

    topics: list[str]


@dataclass(frozen=True)
class ExpandTopics(Op):
    """See `expand_topics`."""

    name = "expand_topics"

    levels: int = 1
    per_topic: int = 5
    column: str = "topic"
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        if not 0 <= self.levels <= 3 or self.per_topic < 1:
            raise ConfigurationError(
                f"levels={self.levels}, per_topic={self.per_topic}; expected up to 3 levels, and 1 or "
                "more topics below each."
            )
        self.prompt_hashes()

    @classmethod
    def example(cls) -> ExpandTopics:
        """One that knows two topics."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_two_topics)))

    def requires(self) -> tuple[str, ...]:
        """The topic."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """The topic's column, and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        return datasets.Features({self.column: datasets.Value("string"), **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per topic, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask level by level, the topics of a level side by side."""
        topic = str(row[self.column] or "").strip()
        if not topic:
            return Outcome(drops=("no topic",))
        levels = row["levels"] if row.get("levels") is not None else self.levels
        if not levels:
            return Outcome(rows=(passed(row),))
        prompt = self._prompt(language_of(row, topic))
        count = int(row.get("per_topic") or self.per_topic)
        paths, drops = [topic], []
        for _ in range(levels):
            asked = [self.prompt(path, count, prompt) for path in paths]
            replies = yield asked
            below = []
            for path, request, reply in zip(paths, asked, replies, strict=True):
                if isinstance(reply, ModelError):
                    raise reply
                found = _labels(path, request, reply.parsed.topics)[:count]
                drops += [] if found else [NO_TOPICS]
                below += [f"{path}{SEPARATOR}{label}" for label in found]
            paths = below
        rest = {"levels": 0} if "levels" in row else {}
        rows = tuple(
            made(self, row, number, {self.column: path, **rest}, prompt)
            for number, path in enumerate(paths)
        )
        return Outcome(rows, tuple(drops))

    def prompt(self, path: str, count: int, prompt: Prompt) -> ChatRequest:
        """Ask for the topics below one. Pure."""
        user = prompt.fill(topic=fenced(path), count=count)
        sampling = self.asked.sampling()
        return ChatRequest.ask(user, prompt.system, schema=Subtopics, parameters=sampling)

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be."""
        return 12 * int(row.get("per_topic") or self.per_topic)

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, _VARIABLES)


def expand_topics(
    model: str | ChatModel = EXTRACTIVE,
    *,
    levels: int = 1,
    per_topic: int = 5,
    column: str = "topic",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> ExpandTopics:
    """Divide topics into smaller ones, for `ds.map(op, batched=True)`.

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        levels: How often; a row's own `levels` counts before it.
        per_topic: At most so many below each; a row's own `per_topic` counts before it.
        column: Column with the topic.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op: one row for each topic of the lowest level, with its whole path. One call for each
        topic that is divided.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> leaves = sft.map(topics, sft.expand_topics("qwen3-32b", levels=2, per_topic=8))
    """
    asked, prompts, limits = read_options("expand_topics", model, options, seed)
    share = Share(seed=seed or 0)
    return ExpandTopics(levels, per_topic, column, asked, share, prompts, limits)


def _labels(path: str, request: ChatRequest, given: list[str]) -> list[str]:
    """Give labels that are short, new and no paths themselves, in order; none that are no topics."""
    seen = {bare(label) for label in path.split(SEPARATOR)}
    kept = []
    for label in given:
        words = " ".join(label.replace(SEPARATOR, "、").split()).strip("-•· ")
        if first_fault(Candidate(words, path), (no_roles, no_meta_phrases, no_refusal)):
            continue
        if says_its_task(request, words) or _SENTENCE.search(words):
            continue
        if words and len(words) <= _LONGEST and bare(words) and bare(words) not in seen:
            seen.add(bare(words))
            kept.append(words)
    return kept


def _two_topics(request: ChatRequest) -> str:
    """Know two topics below any other."""
    return '{"topics": ["历史", "地理"]}'
