"""`topic_questions`: a topic becomes questions about it, so many of each difficulty, none twice.

One row that it makes of `{"topic": "古城旅行/住宿"}`:
    {"topic": "古城旅行/住宿", "prompt": "带老人住古城，选客栈要留意什么？", "difficulty": "intermediate",
     "id": "古城旅行/住宿:topic_questions:3", …}
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel

from hf_sft_builders.documents.language import detect_language
from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, ScriptedModel, Steps
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
from hf_sft_builders.synthesis.topics import LEVELS, MIX, Difficulty, check_mix, quotas
from hf_sft_builders.synthesis.validators import (
    Candidate,
    first_fault,
    no_meta_phrases,
    same_language,
    says_its_task,
)
from hf_sft_builders.synthesis.validators.quotes import bare
from hf_sft_builders.synthesis.validators.turns import one_voice, within

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("topic", "wanted", "known")
_AT_A_TIME = 10
_KNOWN_SHOWN = 60
_TRIES = 3
DOUBLE, SURPLUS, SHORT = "duplicate question", "over the difficulty's share", "question not given"


class TopicQuestion(BaseModel):
    """One question and how hard it is."""

    question: str
    difficulty: Difficulty


class TopicQuestionList(BaseModel):
    """What the model replies."""

    questions: list[TopicQuestion]


@dataclass(frozen=True)
class TopicQuestions(Op):
    """See `topic_questions`."""

    name = "topic_questions"

    questions: int = 10
    difficulty: tuple[tuple[str, float], ...] = tuple(MIX.items())
    column: str = "topic"
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        check_mix(dict(self.difficulty))
        if self.questions < 1:
            raise ConfigurationError(f"questions={self.questions}; expected 1 or more.")
        self.prompt_hashes()

    @classmethod
    def example(cls) -> TopicQuestions:
        """One that asks about a passage's first words."""
        return cls(2, column="text", asked=AskedModel(ScriptedModel(_two_questions)))

    def requires(self) -> tuple[str, ...]:
        """The topic."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """`prompt`, `difficulty` and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text = datasets.Value("string")
        return datasets.Features({"prompt": text, "difficulty": text, **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per topic, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask, ten at a time, each call knowing what was asked before."""
        topic = str(row[self.column] or "").strip()
        if not topic:
            return Outcome(drops=("no topic",))
        language = language_of(row, topic)
        prompt = self._prompt(language)
        kept, drops = yield from self._questions(row, topic, language, prompt)
        made_of = ({"prompt": q.question.strip(), "difficulty": q.difficulty} for q in kept)
        rows = tuple(
            made(self, row, number, changes, prompt) for number, changes in enumerate(made_of)
        )
        return Outcome(rows, tuple(drops))

    def wanted(self, row: Row) -> dict[Difficulty, int]:
        """Give how many questions of each difficulty a topic is to have."""
        mix: Mapping[Any, float] = row.get("mix") or dict(self.difficulty)
        return quotas(int(row.get("questions") or self.questions), mix)

    def prompt(
        self, topic: str, wanted: Mapping[Difficulty, int], known: list[str], prompt: Prompt
    ) -> ChatRequest:
        """Ask for a few questions. Pure."""
        user = prompt.fill(
            topic=fenced(topic),
            wanted="\n".join(f"- {level}: {wanted[level]}" for level in LEVELS if wanted[level]),
            known="\n".join(f"- {question}" for question in known[-_KNOWN_SHOWN:]) or "—",
        )
        sampling = self.asked.sampling()
        return ChatRequest.ask(
            user, prompt.system, schema=TopicQuestionList, parameters=sampling, allow_parts=True
        )

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: about 45 tokens for a question."""
        return 45 * min(_AT_A_TIME, sum(self.wanted(row).values()))

    def likely_calls(self, row: Row) -> int:
        """Guess how many calls a topic takes: one for ten questions."""
        return -(-sum(self.wanted(row).values()) // _AT_A_TIME)

    def _questions(
        self, row: Row, topic: str, language: str, prompt: Prompt
    ) -> Generator[Any, Any, tuple[list[TopicQuestion], list[str]]]:
        left, fruitless = self.wanted(row), 0
        known = [str(question) for question in row.get("known") or ()]
        seen = {bare(question) for question in known}
        kept: list[TopicQuestion] = []
        drops: list[str] = []
        while sum(left.values()) and fruitless < _TRIES:
            request = self.prompt(topic, _next_few(left), known, prompt)
            reply = yield request
            before = len(kept)
            for asked in reply.parsed.questions:
                leak = says_its_task(request, asked.question)
                reason = (
                    leak.reason
                    if leak
                    else self._reason_to_drop(asked, topic, language, seen, left)
                )
                if reason:
                    drops.append(reason)
                    continue
                seen.add(bare(asked.question))
                left[asked.difficulty] -= 1
                kept.append(asked)
                known.append(asked.question.strip())
            fruitless = 0 if len(kept) > before else _TRIES
        return kept, [*drops, *([SHORT] * sum(left.values()))]

    def _reason_to_drop(
        self,
        asked: TopicQuestion,
        topic: str,
        language: str,
        seen: set[str],
        left: Mapping[Difficulty, int],
    ) -> str:
        candidate = Candidate(asked.question, topic, language=language)
        checks = (partial(within, least=4, most=1000), same_language, no_meta_phrases, one_voice)
        fault = first_fault(candidate, checks)
        if fault:
            return fault.reason
        if bare(asked.question) in seen:
            return DOUBLE
        return "" if left[asked.difficulty] > 0 else SURPLUS

    def _prompt(self, language: str) -> Prompt:
        return self.prompts.load(self.name, language, _VARIABLES)


def topic_questions(
    model: str | ChatModel = EXTRACTIVE,
    *,
    questions: int = 10,
    difficulty: Mapping[Difficulty, float] | None = None,
    column: str = "topic",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> TopicQuestions:
    """Ask a model for questions about topics, for `ds.map(op, batched=True)`.

    Args:
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        questions: How many for each topic; a row's own `questions` counts before it.
        difficulty: Shares of `basic`, `intermediate` and `advanced`; 40, 40 and 20 % by default.
        column: Column with the topic: a path such as `古城旅行/住宿`. Questions in a row's `known` are
            not asked again.
        seed: Sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op: one row for each question, with `prompt` and `difficulty`. Ten questions a call; each
        call is told those before it. Doubles and what is over a difficulty's share are dropped and
        counted; so is what a model that has no more to ask leaves out.

    Raises:
        ConfigurationError: without a language model.

    Example:
        >>> topics = Dataset.from_dict({"topic": ["古城旅行/住宿", "古城旅行/美食"]})
        >>> prompts = sft.map(topics, sft.topic_questions("qwen3-32b", questions=20))
    """
    asked, prompts, limits = read_options("topic_questions", model, options, seed)
    mix = tuple(sorted((difficulty or MIX).items()))
    return TopicQuestions(questions, mix, column, asked, Share(seed=seed or 0), prompts, limits)


def _next_few(left: Mapping[Difficulty, int]) -> dict[Difficulty, int]:
    """Give what the next call asks for: ten at most, in the proportion of what is left."""
    number = sum(left.values())
    return dict(left) if number <= _AT_A_TIME else quotas(_AT_A_TIME, left)


def _two_questions(request: ChatRequest) -> str:
    """Ask two things about the topic."""
    import json

    topic = " ".join(fenced_text(request).split())[:60]
    zh = detect_language(topic) == "zh"
    words = ("{}是什么？", "怎样了解{}？") if zh else ("What is {}?", "How to learn about {}?")
    asked = [
        {"question": said.format(topic), "difficulty": level}
        for said, level in zip(words, ("basic", "intermediate"), strict=True)
    ]
    return json.dumps({"questions": asked}, ensure_ascii=False)
