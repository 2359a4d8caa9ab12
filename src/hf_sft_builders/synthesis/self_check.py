"""`self_check`: is an answer supported by its chunk? Yes, partly or no, with the words that say so.

One row in, with `context="text"`:
    {"text": "门票：80 元。", "messages": [… "学生票多少钱？", … "学生票 40 元。"]}
becomes
    {…, "supported": "no", "support_quote": "", "support_reason": "原文没有学生票价。"}

Calls: one for each row, or `votes=` of them side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.errors import ConfigurationError, ModelError
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
from hf_sft_builders.synthesis.evidence import locate
from hf_sft_builders.synthesis.language_names import language_among
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced, fenced_text
from hf_sft_builders.synthesis.text_places import exchange_in, text_in

if TYPE_CHECKING:
    import datasets

Support = Literal["yes", "partly", "no"]

_VARIABLES = ("question", "answer", "context")
_WORST_FIRST: tuple[Support, ...] = ("no", "partly", "yes")
_COLUMNS = ("supported", "support_quote", "support_reason")


class Verdict(BaseModel):
    """What the model replies."""

    reason: str
    supported: Support
    quote: str = Field(description="Copied word for word from the passage; empty for no.")


@dataclass(frozen=True)
class SelfCheck(Op):
    """See `self_check`."""

    name = "self_check"

    context: str = "text"
    columns: tuple[str, str] | None = None
    keep: tuple[Support, ...] = ()
    votes: int = 1
    asked: AskedModel = field(default_factory=AskedModel)
    share: Share = field(default_factory=Share)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        require_language_model(self.name, self.asked)
        unknown = [one for one in self.keep if one not in _WORST_FIRST]
        if unknown:
            raise ConfigurationError(
                f"keep={unknown[0]!r}; expected yes, partly or no, or several."
            )
        if self.votes < 1 or self.votes % 2 == 0:
            raise ConfigurationError(
                f"votes={self.votes}; expected an odd number, so that one wins."
            )
        self.prompts.check(self.name, _VARIABLES)

    @classmethod
    def example(cls) -> SelfCheck:
        """One that finds the first words of the passage in it."""
        return cls(columns=("text", "text"), asked=AskedModel(ScriptedModel(_supported)))

    def requires(self) -> tuple[str, ...]:
        """The passage, and the columns of question and answer where they are named."""
        return tuple(dict.fromkeys((self.context, *(self.columns or ()))))

    def added(self) -> datasets.Features:
        """`supported`, `support_quote`, `support_reason`, and lineage."""
        import datasets

        from hf_sft_builders.formats.lineage import lineage_features

        text = datasets.Value("string")
        return datasets.Features({**dict.fromkeys(_COLUMNS, text), **lineage_features()})

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        return augmented(self, rows)

    def steps(self, row: Row, sample: int) -> Steps[Outcome]:
        """Ask for all verdicts side by side, and take the one of most. Pure but for replies."""
        question, answer = exchange_in(row, self.columns)
        if not answer.strip():
            return Outcome(drops=("no answer",))
        context = text_in(row, self.context)
        language = language_among(row, answer)
        prompt = self.prompts.load(self.name, language, _VARIABLES)
        request = self.prompt(question, answer, context, prompt)
        votes: list[Verdict] = []
        asked = [replace(request, sample=one) for one in range(self.votes)]
        for _ in range(self.runtime.max_repairs + 1):
            replies = yield asked
            votes, asked = _sorted_out(votes, asked, replies, context)
            if not asked:
                return self._judged(row, _majority(votes), prompt)
        return Outcome(drops=("quote not in the text",))

    def prompt(self, question: str, answer: str, context: str, prompt: Prompt) -> ChatRequest:
        """Ask for a verdict. Pure."""
        user = prompt.fill(
            question=fenced(question) if question else "—",
            answer=fenced(answer),
            context=fenced(context),
        )
        parameters = self.asked.sampling()
        return ChatRequest.ask(user, prompt.system, schema=Verdict, parameters=parameters)

    def unchanged(self, row: Row) -> Row:
        """Give the row as it is; rows that nobody looked at have empty verdicts."""
        return passed({**dict.fromkeys(_COLUMNS, ""), **row})

    def _judged(self, row: Row, verdict: Verdict, prompt: Prompt) -> Outcome:
        if self.keep and verdict.supported not in self.keep:
            reasons = {"no": "not supported", "partly": "partly supported", "yes": "supported"}
            return Outcome(drops=(f"answer {reasons[verdict.supported]}",))
        said = (verdict.supported, verdict.quote, verdict.reason)
        changes = dict(zip(_COLUMNS, said, strict=True))
        row_id = passed(row)["id"]
        return Outcome(rows=({**made(self, row, 0, changes, prompt), "id": row_id},))


def self_check(
    context: str = "text",
    *,
    model: str | ChatModel = EXTRACTIVE,
    columns: tuple[str, str] | None = None,
    keep: Support | Sequence[Support] = (),
    votes: int = 1,
    p: float = 1.0,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> SelfCheck:
    """Ask whether the answer is supported by its chunk.

    Args:
        context: Column with the chunk.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`.
        columns: Columns of question and answer; by default the last exchange of a conversation.
        keep: Drop rows with other verdicts (`"yes"`, or `("yes", "partly")`), each with its reason
            counted; by default all stay, and the columns tell.
        votes: How many verdicts, an odd number; that of most counts, of equals the worse.
        p: Share of the rows, drawn by `seed` and the row's id; the others pass as they are.
        seed: Of the draw, and sent as the sampling seed.
        **options: See `AskingOptions`.

    Returns:
        An op that adds `supported` (yes, partly, no), `support_quote` and `support_reason`; the row
        keeps its id. A quote must stand in the chunk word for word, else it is asked for again.

    Raises:
        ConfigurationError: without a language model, or for an even number of votes.

    Example:
        >>> rows = rows.map(sft.self_check(keep="yes", votes=3, model="qwen3-32b"), batched=True)
    """
    asked, prompts, limits = read_options("self_check", model, options, seed)
    kept = (keep,) if isinstance(keep, str) else tuple(keep)
    share = Share(p, seed=seed or 0)
    return SelfCheck(context, columns, kept, votes, asked, share, prompts, limits)


def _sorted_out(
    votes: list[Verdict],
    asked: Sequence[ChatRequest],
    replies: Sequence[Reply | ModelError],
    context: str,
) -> tuple[list[Verdict], list[ChatRequest]]:
    """Give all verdicts that stand, and what must be asked again.

    Raises:
        ModelError: a request was not answered.
    """
    good, again = list(votes), []
    for request, reply in zip(asked, replies, strict=True):
        if isinstance(reply, ModelError):
            raise reply
        verdict = reply.parsed
        assert isinstance(verdict, Verdict)
        if verdict.supported == "no" or locate(verdict.quote, context):
            good.append(verdict)
        else:
            told = (
                {"role": "assistant", "content": reply.text},
                {"role": "user", "content": _NO_QUOTE},
            )
            again.append(replace(request, messages=(*request.messages, *told)))
    return good, again


_NO_QUOTE = "Your quote does not stand in the passage. Copy it word for word, or say no."


def _majority(votes: Sequence[Verdict]) -> Verdict:
    counts = Counter(vote.supported for vote in votes)
    most = max(counts.values())
    winner = next(one for one in _WORST_FIRST if counts[one] == most)
    return next(vote for vote in votes if vote.supported == winner)


def _supported(request: ChatRequest) -> Verdict:
    """Say yes, with the passage's first words."""
    words = fenced_text(request).split()
    return Verdict(reason="—", supported="yes", quote=words[0] if words else "")
