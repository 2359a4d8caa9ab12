"""`generate_qa`: one passage in, question-and-answer rows out, each with the span it rests on.

With `model="extractive"` (the default) no language model is used: questions are found by rule and
answers copied word for word. With any other model, the model writes both and quotes its evidence;
a pair whose evidence does not stand in the passage is dropped, with that reason.

One row that it makes:
    {…, "messages": [{"role": "user", "content": "云溪塔的门票是多少钱？"},
                     {"role": "assistant", "content": "80 元／人"}],
     "id": "3f2a90c1b7de:0-480:generate_qa:0",
     "provenance": [source, chunk, {"step": "generate_qa", "answer_spans": [{"start": 120, …}], …}]}
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel, Field

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Limits, Reply, Runtime
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.prompts import Prompt, load_prompt

if TYPE_CHECKING:
    import datasets

_POINTS_AT_TEXT = re.compile(
    r"本文|上文|文中|该段|这段|本段|原文|the (text|passage|document|article|section) (say|state|mention)"
    r"|according to the (text|passage|document|article)|in (this|the) (text|passage|article)",
    re.IGNORECASE,
)


class QAPair(BaseModel):
    """One question and its answer, as the model writes them."""

    question: str
    answer: str
    evidence: str = Field(description="Copied word for word from the passage.")


class QAPairs(BaseModel):
    """What the model replies."""

    pairs: list[QAPair]


@dataclass(frozen=True, slots=True)
class _Found:
    """A pair with the place in the row's text that it rests on."""

    question: str
    answer: str
    start: int
    end: int


@dataclass(frozen=True)
class GenerateQA(Op):
    """See `generate_qa`."""

    name = "generate_qa"

    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    language: str = ""
    chars_per_question: int = 240
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        if self.chars_per_question < 1:
            raise ConfigurationError(
                f"chars_per_question={self.chars_per_question}; expected 1 or more characters."
            )

    @classmethod
    def example(cls) -> GenerateQA:
        """The extractive one."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """`messages`, and lineage where the rows had none."""
        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        return type(lineage_features())({**get_format("messages").features, **lineage_features()})

    def fingerprint(self) -> dict[str, Any]:
        """The fields, `model_id` standing for model and address where given, and the prompts."""
        prompts = {language: load_prompt(self.name, language).sha256 for language in ("zh", "en")}
        return {**super().fingerprint(), "asked": self.asked.fingerprint(), "prompts": prompts}

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per passage, in order."""
        rows = map(self._as_passage, rows)
        if self.asked.is_extractive:
            return (self._extract(row) for row in rows)
        return self.asked.outcomes(rows, self.prompt, self.parse, self.runtime)

    def _as_passage(self, row: Row) -> Row:
        text = row[self.column]
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(
                f"generate_qa: column {self.column!r} holds {type(text).__name__}, expected text."
            )
        return {**row, self.column: text or ""}

    def prompt(self, row: Row) -> ChatRequest:
        """Ask for pairs, in the passage's language. Pure."""
        prompt, text = self._prompt_for(row), row[self.column]
        asked = prompt.fill(
            title=row.get("title") or "—",
            headings=" › ".join(row.get("headings") or ()) or "—",
            text=text,
            count=self._pairs_wanted(row),
        )
        return ChatRequest.ask(
            asked,
            prompt.system,
            schema=QAPairs,
            parameters=self.asked.sampling(),
            allow_parts=True,
        )

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: about 90 tokens for a pair with its evidence."""
        return 90 * self._pairs_wanted(row)

    def _pairs_wanted(self, row: Row) -> int:
        return max(1, round(len(row[self.column]) / self.chars_per_question))

    def parse(self, row: Row, reply: Reply) -> Outcome:
        """Keep the pairs that stand in the passage; count why others are dropped. Pure."""
        assert isinstance(reply.parsed, QAPairs)
        found, drops = [], []
        for pair in reply.parsed.pairs:
            checked = _check(pair, row[self.column])
            if isinstance(checked, str):
                drops.append(checked)
            else:
                found.append(checked)
        return self._outcome(row, found, drops, reply.usage)

    def _extract(self, row: Row) -> Outcome:
        from hf_sft_builders.synthesis.extractive import find_pairs

        pairs = find_pairs(
            row[self.column],
            headings=tuple(row.get("headings") or ()),
            title=row.get("title") or "",
            language=self.language or row.get("language") or "",
        )
        found = [_Found(pair.question, pair.answer, pair.start, pair.end) for pair in pairs]
        return self._outcome(row, found, [], {})

    def _outcome(
        self, row: Row, found: list[_Found], drops: list[str], usage: Mapping[str, int]
    ) -> Outcome:
        rows = tuple(self._row(row, pair, sample) for sample, pair in enumerate(found))
        empty = () if rows or drops else ("no question found",)
        return Outcome(rows, (*drops, *empty), usage=usage)

    def _row(self, row: Row, pair: _Found, sample: int) -> Row:
        said = [
            {"role": "user", "content": pair.question},
            {"role": "assistant", "content": pair.answer},
        ]
        before = list(row.get("provenance") or ())
        return {
            **row,
            "messages": said,
            "id": lineage_id(str(row.get("id") or _text_id(row[self.column])), self.name, sample),
            "provenance": [*before, self._step(row, pair, before)],
        }

    def _step(self, row: Row, pair: _Found, before: list[dict[str, Any]]) -> dict[str, Any]:
        offset = int(row.get("start") or 0)
        span = {"start": offset + pair.start, "end": offset + pair.end}
        known: dict[str, Any] = {
            "answer_spans": [span],
            "pages": _pages(before, span),
            "model": self.asked.name,
        }
        if not self.asked.is_extractive:
            prompt = self._prompt_for(row)
            known |= {"prompt": prompt.name, "prompt_sha256": prompt.sha256}
            known["parameters"] = self.asked.sampling_text
        return provenance_step(step=self.name, **known)

    def _prompt_for(self, row: Row) -> Prompt:
        return load_prompt(self.name, self.language or row.get("language") or "")


def generate_qa(
    model: str | ChatModel = EXTRACTIVE,
    *,
    base_url: str | None = None,
    model_id: str | None = None,
    column: str = "text",
    language: str = "",
    chars_per_question: int = 240,
    temperature: float | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
    **limits: Unpack[Limits],
) -> GenerateQA:
    """Make questions and answers from passages, for `ds.map(op, batched=True)`.

    Args:
        model: `extractive` (no language model: answers are copied), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        base_url: Address of the endpoint; `OPENAI_BASE_URL` by default. The key is taken from
            `OPENAI_API_KEY`.
        model_id: Name of the model's identity where its address changes but it does not.
        column: Column with the passage. `title`, `headings`, `language`, `start`, `id` and
            `provenance` are used where the rows have them, as those of the documents builder do.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        chars_per_question: A model is asked for one pair per so many characters.
        temperature: Sampling temperature; the server's default if None.
        max_tokens: Limit of one reply, in tokens.
        seed: Sampling seed, where the server honours it.
        **limits: `max_concurrency`, `requests_per_minute`, `tokens_per_minute`, `timeout`,
            `max_retries`, `max_repairs`, `max_tokens_total`, `max_cost`, `prices`, `max_failures`, `mode`; see
            `hf_sft_builders.llm.Limits`. They change no row.

    Returns:
        An op: one row becomes as many as it has pairs, with all columns, `messages`, an `id` of
        its own and one more step of `provenance`.

    Example:
        >>> chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
        >>> rows = chunks.map(sft.generate_qa(), batched=True)
    """
    asked = AskedModel(model, base_url, model_id, temperature, max_tokens, seed)
    return GenerateQA(asked, column, language, chars_per_question, Runtime.of(limits))


def _text_id(text: str) -> str:
    """Name a row that has no id by its text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _check(pair: QAPair, text: str) -> _Found | str:
    """Place a pair in the text, or say why it is dropped."""
    question, answer = pair.question.strip(), pair.answer.strip()
    if not question or not answer:
        return "empty question or answer"
    if _POINTS_AT_TEXT.search(question):
        return "question points at the text"
    span = _locate(answer, text) or _locate(pair.evidence, text)
    if span is None:
        return "evidence not in the text"
    return _Found(question, answer, *span)


def _locate(quote: str, text: str) -> tuple[int, int] | None:
    """Find a quote, whatever white space it has; None if it does not stand there."""
    words = quote.split()
    if not words:
        return None
    match = re.search(r"\s*".join(re.escape(word) for word in words), text)
    return match.span() if match else None


def _pages(before: list[dict[str, Any]], span: dict[str, int]) -> list[int] | None:
    """Give the pages of a span, from the page starts that the chunk's step holds."""
    chunk = next((step for step in reversed(before) if step.get("page_starts")), None)
    if chunk is None:
        return None
    starts, pages = chunk["page_starts"], chunk["pages"]
    first = max(bisect_right(starts, span["start"]) - 1, 0)
    last = max(bisect_right(starts, max(span["start"], span["end"] - 1)) - 1, 0)
    return list(pages[first : last + 1])
