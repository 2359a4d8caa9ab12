r"""`exam_questions`: items of an evaluation set, from passages or from questions and answers.

One row that it makes:
    {…, "question_type": "single_choice", "question": "云溪塔有多高？",
     "options": "A. 21.4 米\nB. 28.6 米\nC. 36 米\nD. 42.5 米", "answer": "B",
     "messages": [{"role": "user", "content": "云溪塔有多高？\nA. 21.4 米\n…"},
                  {"role": "assistant", "content": "B"}], "id": …, "provenance": […]}
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.records import lineage_id, provenance_step
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.augmenting import draw, row_id
from hf_sft_builders.synthesis.conversations import last_turn, messages_of, with_messages
from hf_sft_builders.synthesis.evidence import locate, pages_of
from hf_sft_builders.synthesis.exam_by_rule import Asked, pairs_of, ruled
from hf_sft_builders.synthesis.exam_items import (
    CheckedAnswers,
    Exam,
    ExamItem,
    ExamItems,
    Kind,
    as_mix,
    asked_as_text,
    confirmed,
    drawn_kind,
    exam_messages,
    exam_of,
    item_fault,
    repeats,
)
from hf_sft_builders.synthesis.language_names import language_of
from hf_sft_builders.synthesis.prompts import Prompt, Prompts, fenced
from hf_sft_builders.synthesis.validators import Rejected, says_its_task

if TYPE_CHECKING:
    import datasets

_VARIABLES = ("text", "title", "plan")
_CHECKING = ("text", "questions")
Span = tuple[int, int] | None


@dataclass(frozen=True)
class ExamQuestions(Op):
    """See `exam_questions`."""

    name = "exam_questions"

    mix: tuple[tuple[Kind, float], ...] = field(default_factory=lambda: as_mix(None, True))
    column: str | None = "text"
    chars_per_question: int = 240
    variants: int = 1
    seed: int = 0
    asked: AskedModel = field(default_factory=AskedModel)
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        for option in ("chars_per_question", "variants"):
            if getattr(self, option) < 1:
                raise ConfigurationError(f"{option}={getattr(self, option)}; expected 1 or more.")
        for language in ("zh", "en"):
            self._prompts(language)

    @classmethod
    def example(cls) -> ExamQuestions:
        """One that needs no model."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text, where one is named; else any conversation format will do."""
        return (self.column,) if self.column else ()

    def added(self) -> datasets.Features:
        """The item in parts, as a conversation, and lineage."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        text = datasets.Value("string")
        own = {"question_type": text, "question": text, "options": text, "answer": text}
        said = get_format("messages").features if self.column else {}
        return datasets.Features({**own, **said, **lineage_features()})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(self.name, "exam_check")

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per row, in order."""
        if self.asked.is_extractive:
            return (self._by_rule(row) for row in rows)
        return self.asked.work(((row, self.steps(row)) for row in rows), self.runtime)

    def steps(self, row: Row) -> Steps[Outcome]:
        """Ask for items, then have them answered by who has not seen the key."""
        source, language = self._source(row)
        if not source.strip():
            raise Rejected("no text")
        writing, checking = self._prompts(language)
        items, drops = yield from self._written(row, source, language, writing)
        exams = [exam_of(i, self.seed, f"{row_id(row)}:{n}") for n, i in enumerate(items)]
        right = yield from self._answered(source, exams, language, checking)
        rows = [
            self._row(row, exam, locate(item.evidence, source), sample, language, writing)
            for sample, (item, exam, holds) in enumerate(zip(items, exams, right, strict=True))
            if holds
        ]
        drops += ["key not confirmed"] * right.count(False)
        return Outcome(tuple(rows), tuple(drops) or (() if rows else ("no question found",)))

    def prompt(self, row: Row, source: str, plan: list[str], prompt: Prompt) -> ChatRequest:
        """Ask for the items of a plan. Pure."""
        numbered = "\n".join(f"{number}. {line}" for number, line in enumerate(plan, 1))
        words = prompt.fill(text=fenced(source), title=row.get("title") or "—", plan=numbered)
        sampling = self.asked.sampling()
        return ChatRequest.ask(words, prompt.system, schema=ExamItems, parameters=sampling)

    def plan(self, row: Row, source: str) -> list[str]:
        """Say which kinds are asked for; of statements, also whether they are true."""
        wanted = max(1, round(len(source) / self.chars_per_question))
        count = wanted if self.column else self.variants
        lines = []
        for place in range(count):
            kind = drawn_kind(self.mix, self.seed, row_id(row), place)
            truth = draw(self.seed, row_id(row), "truth", place) < 0.5
            said = f" ({'true' if truth else 'false'})" if kind == "true_false" else ""
            lines.append(kind + said)
        return lines

    def _written(
        self, row: Row, source: str, language: str, prompt: Prompt
    ) -> Generator[Any, Any, tuple[list[ExamItem], list[str]]]:
        """Ask, and ask again for what has a fault, with its reason."""
        plan = self.plan(row, source)
        request = self.prompt(row, source, plan, prompt)
        good: list[ExamItem] = []
        for left in range(self.runtime.max_repairs, -1, -1):
            reply = yield request
            faults = []
            for item in reply.parsed.items:
                leak = says_its_task(request, item.question, *item.correct, *item.wrong)
                fault = leak or item_fault(item, source, language) or repeats(item, good)
                if fault:
                    faults.append((item, fault))
                elif len(good) < len(plan):
                    good.append(item)
            if not faults or not left or len(good) == len(plan):
                return good, [fault.reason for _, fault in faults]
            told = "\n".join(f"- {item.question[:80]}: {fault.words}" for item, fault in faults)
            again = (
                {"role": "assistant", "content": reply.text},
                {"role": "user", "content": f"Write these anew, and only these:\n{told}"},
            )
            request = replace(request, messages=(*request.messages, *again))
        raise AssertionError("repairs is below zero")

    def _answered(
        self, source: str, exams: list[Exam], language: str, prompt: Prompt
    ) -> Generator[Any, Any, list[bool]]:
        if all(exam.kind == "open_answer" for exam in exams):
            return [True] * len(exams)
        asked = [
            f"{number}. [{exam.kind}] {asked_as_text(exam, language)}"
            for number, exam in enumerate(exams, 1)
            if exam.kind != "open_answer"
        ]
        words = prompt.fill(text=fenced(source), questions=fenced("\n\n".join(asked)))
        sampling = self.asked.sampling()
        reply = yield ChatRequest.ask(
            words, prompt.system, schema=CheckedAnswers, parameters=sampling
        )
        told = {answer.number: answer for answer in reply.parsed.answers}
        return [confirmed(exam, told.get(number)) for number, exam in enumerate(exams, 1)]

    def _by_rule(self, row: Row) -> Outcome:
        source, language = self._source(row)
        if self.column:
            pairs = pairs_of(row, self.column, language)
        else:
            pairs = [Asked(*self._pair(row))] if source.strip() else []
        rows, drops = [], []
        for sample, made in enumerate(ruled(pairs, row, source, self.mix, self.seed, language)):
            if isinstance(made, str):
                drops.append(made)
                continue
            exam, pair = made
            span = (pair.start, pair.end) if pair.end else None
            rows.append(self._row(row, exam, span, sample, language))
        return Outcome(tuple(rows), tuple(drops) or (() if rows else ("no question found",)))

    def _source(self, row: Row) -> tuple[str, str]:
        source = str(row[self.column] or "") if self.column else "\n".join(self._pair(row))
        return source, language_of(row, source)

    def _pair(self, row: Row) -> tuple[str, str]:
        """Give the last question and its answer, empty where there is none."""
        messages = messages_of(row)
        place = last_turn(messages, "assistant")
        asked = last_turn(messages[:place], "user") if place else None
        if place is None or asked is None:
            return "", ""
        return messages[asked]["content"] or "", messages[place]["content"] or ""

    def _row(
        self, row: Row, exam: Exam, span: Span, sample: int, language: str, *told: Prompt
    ) -> Row:
        said = exam_messages(exam, language)
        whole = {**row, "messages": said} if self.column else with_messages(row, said)
        before = list(row.get("provenance") or ())
        return {
            **whole,
            "question_type": exam.kind,
            "question": exam.question,
            "options": exam.options_text,
            "answer": exam.answer,
            "id": lineage_id(row_id(row), self.name, sample),
            "provenance": [*before, self._step(row, span, before, *told)],
        }

    def _step(
        self, row: Row, span: Span, before: list[dict[str, Any]], *told: Prompt
    ) -> dict[str, Any]:
        known: dict[str, Any] = {"model": self.asked.name}
        if span and self.column:
            offset = int(row.get("start") or 0)
            place = {"start": offset + span[0], "end": offset + span[1]}
            known |= {"answer_spans": [place], "pages": pages_of(before, place)}
        for prompt in told:
            known |= {"prompt": prompt.name, "prompt_sha256": prompt.sha256}
            known["parameters"] = self.asked.sampling_text
        return provenance_step(step=self.name, **known)

    def _prompts(self, language: str) -> tuple[Prompt, Prompt]:
        return (
            self.prompts.load(self.name, language, _VARIABLES),
            self.prompts.load("exam_check", language, _CHECKING),
        )


def exam_questions(
    mix: Mapping[str, float] | None = None,
    *,
    model: str | ChatModel = EXTRACTIVE,
    column: str | None = "text",
    chars_per_question: int = 240,
    variants: int = 1,
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> ExamQuestions:
    """Make items of an evaluation set, for `ds.map(op, batched=True)` or `sft.map(ds, op)`.

    Args:
        mix: Kind → share: `true_false`, `single_choice`, `multiple_choice`, `short_answer`,
            `open_answer`; all alike by default. Each item's kind is drawn by it.
        model: Name of a model behind an OpenAI-compatible endpoint, or a `ChatModel`. `extractive`
            makes `true_false` and `short_answer`, by rule.
        column: Column with the passage; None for rows of a conversation format, whose question and
            answer are asked anew.
        chars_per_question: Of a passage, at most one item per so many characters is asked for.
        variants: Of a question and answer, so many items.
        seed: Of the draws (kinds, truth of statements, order of options), and sent as the sampling
            seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op: one row becomes as many as it has items, with `question_type`, `question`, `options`
        (one a line, `A. …`; "" for none), `answer` (`true` or `false`; letters; or words) and the
        item as a conversation. Options that are alike, answers without evidence and the like are
        asked for again, then dropped; so is an item whose key a second, independent answer does
        not confirm. Two calls per row.

    Raises:
        ConfigurationError: for choices without a language model.

    Example:
        >>> op = sft.exam_questions({"single_choice": 3, "true_false": 1}, model="qwen3-32b")
        >>> exam = chunks.map(op, batched=True)
    """
    asked, prompts, limits = read_options("exam_questions", model, options, seed)
    shares = as_mix(mix, asked.is_extractive)
    return ExamQuestions(
        shares, column, chars_per_question, variants, seed or 0, asked, prompts, limits
    )
