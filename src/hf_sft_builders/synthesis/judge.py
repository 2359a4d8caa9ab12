"""`judge`: a model's score from 1 to 5 with its reasons, or which of two answers is better.

One row, with `samples=3`:
    {…, "score_model": 4.33, "score_model_reasons": ["…", "…", "…"], "score_model_spread": 1.0}
With `pairs=True`, on rows of a preference format (each sample asks in both orders):
    {…, "preferred_model": "chosen", "preferred_model_agreement": 1.0, "preferred_model_reasons": […]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from pydantic import BaseModel, Field

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
from hf_sft_builders.synthesis.augmenting import asked_step, passed
from hf_sft_builders.synthesis.conversations import last_turn, messages_of, rejected_of
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.several_samples import answered, check_samples, majority, numbered
from hf_sft_builders.synthesis.validators import Rejected

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("rubric", "question", "context", "answer")
_PAIR_VARIABLES = ("rubric", "question", "context", "first", "second")
_TAKEN = ("score", "preferred", "label", "rating")


class Score(BaseModel):
    """What the model replies about one answer; nothing but these numbers fits."""

    reason: str = Field(min_length=1)
    score: Literal[1, 2, 3, 4, 5]


class Better(BaseModel):
    """What the model replies about two answers."""

    reason: str = Field(min_length=1)
    better: Literal["A", "B", "tie"]


@dataclass(frozen=True)
class Judge(Op):
    """See `judge`."""

    name = "judge"

    rubric: str = ""
    pairs: bool = False
    confirm: bool = False
    samples: int = 1
    column: str | None = None
    context: str | None = None
    output: str = ""
    asked: AskedModel = field(default_factory=AskedModel)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        check_samples(self.samples)
        if self.output in _TAKEN:
            raise ConfigurationError(
                f"output={self.output!r} is where people put theirs, and a model's never takes its "
                f"place. Write output='{self.output}_model', or leave it out."
            )
        if (self.pairs and self.column) or (self.confirm and not self.pairs):
            raise ConfigurationError(
                "judge: pairs=True reads rows of a preference format, without column=; "
                "confirm=True drops pairs, and needs pairs=True."
            )
        for language in ("zh", "en"):
            self._prompt(language)

    @classmethod
    def example(cls) -> Judge:
        """One that likes everything."""
        return cls(column="text", asked=AskedModel(ScriptedModel(_content)))

    def requires(self) -> tuple[str, ...]:
        """The columns that are named; else any conversation format will do."""
        return tuple(name for name in (self.column, self.context) if name)

    @property
    def into(self) -> str:
        """The column of the judgement."""
        return self.output or ("preferred_model" if self.pairs else "score_model")

    def added(self) -> datasets.Features:
        """The judgement, its reasons, how far the samples agree, and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text, number = datasets.Value("string"), datasets.Value("float64")
        own = {self.into: text if self.pairs else number, f"{self.into}_reasons": [text]}
        own[f"{self.into}_{'agreement' if self.pairs else 'spread'}"] = number
        return datasets.Features({**own, **lineage_features()})

    def fingerprint(self) -> dict[str, Any]:
        """The fields, and the rubric by its words."""
        rubrics = [self._rubric(language) for language in ("zh", "en")]
        return {**super().fingerprint(), "rubric": rubrics}

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        used = [self._prompt(language) for language in ("zh", "en")]
        return {prompt.name: prompt.sha256 for prompt in used}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return self.asked.work(((row, self.steps(row)) for row in rows), self.runtime)

    def steps(self, row: Row) -> Steps[Outcome]:
        """Ask all samples side by side. Pure but for what it is sent."""
        question, answer = self._said(row)
        if not answer.strip():
            raise Rejected("no answer")
        language = language_of(row, answer)
        prompt = self._prompt(language)
        known = {
            "rubric": self._rubric(language),
            "question": fenced(question or "—"),
            "context": fenced(str(row[self.context] or "—") if self.context else "—"),
        }
        if self.pairs:
            judged = yield from self._compare(row, answer, prompt, known)
        else:
            judged = yield from self._score(answer, prompt, known)
        kept = passed(row)
        provenance = [*kept["provenance"], asked_step(self, prompt)]
        return Outcome(rows=({**kept, **judged, "provenance": provenance},))

    def _score(self, answer: str, prompt: Prompt, known: dict[str, str]) -> Steps[dict[str, Any]]:
        words = prompt.fill(**known, answer=fenced(answer))
        replies = answered((yield self._asking(words, prompt, Score)))
        found = [_parsed(reply, Score) for reply in replies]
        scores = [one.score for one in found]
        return {
            self.into: sum(scores) / len(scores),
            f"{self.into}_reasons": [one.reason for one in found],
            f"{self.into}_spread": float(max(scores) - min(scores)),
        }

    def _compare(
        self, row: Row, chosen: str, prompt: Prompt, known: dict[str, str]
    ) -> Steps[dict[str, Any]]:
        """Ask in both orders, so that a liking for the first place cancels out."""
        rejected = _words(rejected_of(row) or [])
        if not rejected.strip():
            raise Rejected("no second answer")
        both = ((chosen, rejected), (rejected, chosen))
        asking = []
        for first, second in both:
            words = prompt.fill(**known, first=fenced(first), second=fenced(second))
            asking += self._asking(words, prompt, Better)
        found = [_parsed(reply, Better) for reply in answered((yield asking))]
        names = ({"A": "chosen", "B": "rejected"}, {"A": "rejected", "B": "chosen"})
        votes = [
            names[place // self.samples].get(one.better, "tie") for place, one in enumerate(found)
        ]
        best, agreement = majority(votes)
        if self.confirm and best != "chosen":
            raise Rejected("rejected answer preferred" if best == "rejected" else "answers tie")
        return {
            self.into: best or "tie",
            f"{self.into}_reasons": [one.reason for one in found],
            f"{self.into}_agreement": agreement,
        }

    def _asking(self, words: str, prompt: Prompt, shape: type[BaseModel]) -> list[ChatRequest]:
        sampling = self.asked.sampling()
        request = ChatRequest.ask(words, prompt.system, schema=shape, parameters=sampling)
        return [numbered(request, sample) for sample in range(self.samples)]

    def _said(self, row: Row) -> tuple[str, str]:
        if self.column:
            return "", str(row[self.column] or "")
        messages = messages_of(row)
        place = last_turn(messages, "assistant")
        if place is None:
            return "", ""
        return _words(messages[:place]), messages[place]["content"] or ""

    def _prompt(self, language: str) -> Prompt:
        if self.pairs:
            return self.prompts.load("judge_pairs", language, _PAIR_VARIABLES)
        return self.prompts.load(self.name, language, _VARIABLES)

    def _rubric(self, language: str) -> str:
        return self.rubric or self.prompts.load("judge_rubric", language, ()).user


def _parsed(reply: Reply, shape: type[BaseModel]) -> Any:
    assert isinstance(reply.parsed, shape)
    return reply.parsed


def _words(messages: list[dict[str, Any]]) -> str:
    """Give one message's words, or several with who says them."""
    if len(messages) == 1:
        return messages[0]["content"] or ""
    return "\n".join(f"{m['role']}: {m['content'] or ''}" for m in messages)


def judge(
    rubric: str | Path | None = None,
    *,
    model: str | ChatModel = EXTRACTIVE,
    pairs: bool = False,
    confirm: bool = False,
    samples: int = 1,
    column: str | None = None,
    context: str | None = None,
    output: str = "",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> Judge:
    """Have answers judged by a model, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        rubric: Path of a text file that says what 1 to 5 mean to you; a general one by default, in
            the language of the answer.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        pairs: Compare the two answers of rows of a preference format, in both orders.
        confirm: Drop pairs whose chosen answer is not the one that is preferred.
        samples: How often is asked (with `pairs`, in each order).
        column: A column of text to score instead of the last answer of a conversation.
        context: Column with what the answer must rest on (`text` of chunks).
        output: Column of the judgement: `score_model`, or `preferred_model` with `pairs`.
        seed: Sampling seed; each sample gets the next one.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….
            `temperature=0` is sent as 0.

    Returns:
        An op that adds the mean score, its reasons and the spread (largest minus smallest); or
        `chosen`, `rejected` or `tie`, with the share of votes for it. People's columns (`score`)
        stay as they are. A reply that is not one of 1 to 5 ("8/10"), or not A, B or tie, is asked
        for again. `samples` calls per row, with `pairs` twice as many.

    Raises:
        ConfigurationError: without a language model; for `output="score"`.

    Example:
        >>> ds = ds.map(sft.judge(model="qwen3-32b", temperature=0, context="text"), batched=True)
        >>> good = ds.filter(lambda row: row["score_model"] >= 4)
    """
    asked, prompts, limits = read_options("judge", model, options, seed)
    words = "" if rubric is None else read_rubric(rubric)
    return Judge(words, pairs, confirm, samples, column, context, output, asked, prompts, limits)


def read_rubric(path: str | Path) -> str:
    """Read what a user's scores mean.

    Raises:
        ConfigurationError: there is no such file, or nothing in it.
    """
    try:
        words = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"rubric={str(path)!r} cannot be read: {error}. Expected the path of a text file."
        ) from error
    if not words:
        raise ConfigurationError(f"rubric={str(path)!r} is empty. Say in it what 1 to 5 mean.")
    return words


def _content(request: ChatRequest) -> str:
    """Give everything a 4."""
    return '{"reason": "清楚", "score": 4}'
