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

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Unpack

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatModel, ChatRequest, Runtime, Steps
from hf_sft_builders.ops import Op, runtime
from hf_sft_builders.synthesis.asked_model import EXTRACTIVE, AskedModel
from hf_sft_builders.synthesis.asking_options import AskingOptions, read_options
from hf_sft_builders.synthesis.audiences import Audiences, AudiencesGiven
from hf_sft_builders.synthesis.domain_choice import best_path
from hf_sft_builders.synthesis.domain_tree import OTHER, DomainTree
from hf_sft_builders.synthesis.evidence import Found, headings_at
from hf_sft_builders.synthesis.fixed_questions import FixedQuestion
from hf_sft_builders.synthesis.label_domains import OTHER_NOTE, as_tree
from hf_sft_builders.synthesis.prompts import Prompts
from hf_sft_builders.synthesis.qa_asking import asking
from hf_sft_builders.synthesis.qa_requests import (
    VARIABLES,
    answer_request,
    asked_for,
    first_request,
    prompt_names,
)
from hf_sft_builders.synthesis.qa_rows import mark_columns, qa_rows
from hf_sft_builders.synthesis.question_options import QUESTION_OPTIONS, Calls, as_calls
from hf_sft_builders.synthesis.question_plan import Mix

if TYPE_CHECKING:
    import datasets

    from hf_sft_builders.synthesis.extractive import Pair


@dataclass(frozen=True)
class GenerateQA(Op):
    """See `generate_qa`."""

    name = "generate_qa"

    asked: AskedModel = field(default_factory=AskedModel)
    column: str = "text"
    language: str = ""
    chars_per_question: int = 240
    domains: DomainTree | None = None
    question_types: Mix = ()
    difficulty: Mix = ()
    audiences: Audiences | None = None
    questions: tuple[FixedQuestion, ...] = ()
    calls: Calls = "joint"
    seed: int = 0
    prompts: Prompts = field(default_factory=Prompts)
    runtime: Runtime = runtime(default_factory=Runtime)

    def __post_init__(self) -> None:
        if self.chars_per_question < 1:
            raise ConfigurationError(
                f"chars_per_question={self.chars_per_question}; expected 1 or more characters."
            )
        as_calls(self.calls)
        self._refuse_wishes_without_a_model()
        for name in ("question_types", "difficulty") if self.questions else ():
            if getattr(self, name):
                raise ConfigurationError(
                    f"{name}= has no use beside questions=, which are asked as they stand. "
                    "Leave one of them out."
                )
        for name in prompt_names(self):
            self.prompts.check(name, VARIABLES[name])

    def _refuse_wishes_without_a_model(self) -> None:
        plain = {f.name: f.default for f in fields(self) if f.name in QUESTION_OPTIONS}
        plain["prompts"] = Prompts()
        wished = [name for name, value in plain.items() if getattr(self, name) != value]
        if self.asked.is_extractive and wished:
            raise ConfigurationError(
                f"{wished[0]}= needs a language model: without one, questions are found by rule. "
                "Pass model='qwen3-32b', base_url='http://localhost:8000/v1' beside it."
            )

    @classmethod
    def example(cls) -> GenerateQA:
        """The extractive one."""
        return cls()

    def requires(self) -> tuple[str, ...]:
        """The text."""
        return (self.column,)

    def added(self) -> datasets.Features:
        """`messages`, lineage where the rows had none, and a column for each mark that is wished."""
        import datasets

        from hf_sft_builders.formats import get_format
        from hf_sft_builders.formats.lineage import lineage_features

        marks = dict.fromkeys(mark_columns(self), datasets.Value("string"))
        return datasets.Features({**get_format("messages").features, **lineage_features(), **marks})

    def prompt_hashes(self) -> dict[str, str]:
        """Of all prompts that it may ask with."""
        return self.prompts.hashes(*prompt_names(self))

    def outcomes(self, rows: Iterable[Row]) -> Iterator[Outcome]:
        """One outcome per passage, in order."""
        rows = map(self._as_passage, rows)
        if self.asked.is_extractive:
            return (self._extract(row) for row in rows)
        return self.asked.work(((row, self.steps(row)) for row in rows), self.runtime)

    def _as_passage(self, row: Row) -> Row:
        text = row[self.column]
        if text is not None and not isinstance(text, str):
            raise ConfigurationError(
                f"generate_qa: column {self.column!r} holds {type(text).__name__}, expected text."
            )
        return {**row, self.column: text or ""}

    def prompt(self, row: Row) -> ChatRequest:
        """Give the first request about a passage. Pure."""
        if self.questions:
            return answer_request(self, row, self.questions[0])
        audiences = self.audiences.of(row) if self.audiences else ()
        return first_request(self, row, audiences[0] if audiences else None)

    def steps(self, row: Row) -> Steps[Outcome]:
        """Ask about one passage. Pure but for what it is sent."""
        return asking(self, self._as_passage(row))

    def likely_rows(self, row: Row) -> int:
        """Guess how many pairs a passage gives: as many as are asked for."""
        if self.questions:
            return len(self.questions)
        readers = len(self.audiences.of(row)) if self.audiences else 0
        return max(1, readers) * asked_for(self, self._as_passage(row))

    def likely_calls(self, row: Row) -> int:
        """Say how many calls a passage takes, if each reply is accepted at once."""
        if self.questions:
            return len(self.questions)
        pairs, wanted = self.likely_rows(row), asked_for(self, self._as_passage(row))
        return pairs // wanted + (pairs if self.calls == "separate" else 0)

    def likely_reply_tokens(self, row: Row) -> int:
        """Guess how long a reply will be: about 90 tokens for a pair with its evidence."""
        return round(90 * self.likely_rows(row) / self.likely_calls(row))

    def _extract(self, row: Row) -> Outcome:
        from hf_sft_builders.synthesis.extractive import find_pairs

        pairs = find_pairs(
            row[self.column],
            headings=tuple(row.get("headings") or ()),
            title=row.get("title") or "",
            language=self.language or row.get("language") or "",
        )
        found = [
            Found(p.question, p.answer, p.start, p.end, self._domain_by_rule(row, p)) for p in pairs
        ]
        rows = tuple(qa_rows(self, row, found))
        notes = (OTHER_NOTE,) * sum(pair.domain == OTHER for pair in found)
        return Outcome(rows, () if rows else ("no question found",), notes=notes)

    def _domain_by_rule(self, row: Row, pair: Pair) -> str:
        """Label a pair by the headings that it stands under, then by its own words."""
        if not self.domains:
            return ""
        headings = headings_at(row[self.column], pair.start, row.get("headings") or ())
        said = f"{pair.question}\n{pair.answer}"
        return best_path(self.domains, row.get("title") or "", headings, said) or OTHER


def generate_qa(
    model: str | ChatModel = EXTRACTIVE,
    *,
    column: str = "text",
    language: str = "",
    chars_per_question: int = 240,
    domains: DomainTree | str | None = None,
    question_types: Mapping[str, float] | Iterable[str] | None = None,
    difficulty: Mapping[str, float] | Iterable[str] | None = None,
    audiences: AudiencesGiven = None,
    questions: Iterable[FixedQuestion | str] = (),
    calls: Calls = "joint",
    seed: int | None = None,
    **options: Unpack[AskingOptions],
) -> GenerateQA:
    """Make questions and answers from passages, for `ds.map(op, batched=True)`.

    Args:
        model: `extractive` (no language model: answers are copied), the name of a model behind an
            OpenAI-compatible endpoint, or a `ChatModel`.
        column: Column with the passage. `title`, `headings`, `language`, `start`, `id` and
            `provenance` are used where the rows have them, as those of the documents builder do.
        language: Language of the prompt (`zh`, `en`); the row's by default.
        chars_per_question: A model is asked for at most one pair per so many characters, and for one
            of a shorter passage; what it writes beyond that is dropped, and counted.
        domains: A domain tree, or the path of its file: each pair gets one of its labels, or
            `other`, in the column `domain`, by the same call.
        question_types: Kinds of questions, or kind → share: `definition`, `value`, `steps`,
            `reason`, `condition`, `comparison`, `yes_no`, `summary`, `scenario`, or words of your
            own. Each pair names its kind in the column `question_type`.
        difficulty: Shares of `basic`, `intermediate`, `advanced`, or words of your own; in the
            column `difficulty`. Neither goes with `questions`.
        audiences: What `sft.suggest_audiences` gave, its file, or pairs of (genre, audience): each
            passage is asked about once for each, in the columns `genre` and `audience`.
        questions: Questions that every passage is asked instead, as they stand: text, or
            `sft.FixedQuestion` for closed labels and answers in JSON. One call each.
        calls: `joint`: one call gives questions with their answers; `separate`: one call gives
            questions, and one for each its answer (dearer; for models that answer better alone).
        seed: Of the shares, and sent as the sampling seed.
        **options: See `AskingOptions`: `base_url`, `temperature`, `prompts`, `max_concurrency`, ….

    Returns:
        An op: one row becomes as many as it has pairs, with all columns, `messages`, an `id` of
        its own and one more step of `provenance`. A model's pair is dropped with its reason where its
        evidence does not stand in the passage, its answer has numbers, dates, addresses or names of
        its own, or it speaks of the text, obeys it, or repeats another question.

    Raises:
        ConfigurationError: for an option that needs a language model, without one.

    Example:
        >>> chunks = load_dataset("hf_sft_builders/documents", data_dir="docs", split="train")
        >>> rows = chunks.map(sft.generate_qa(), batched=True)
    """
    asked, prompts, limits = read_options("generate_qa", model, options, seed)
    wished: dict[str, Any] = {
        "question_types": question_types,
        "difficulty": difficulty,
        "audiences": audiences,
        "questions": questions,
        "calls": calls,
    }
    return GenerateQA(
        asked,
        column,
        language,
        chars_per_question,
        None if domains is None else as_tree(domains),
        seed=seed or 0,
        prompts=prompts,
        runtime=limits,
        **{name: QUESTION_OPTIONS[name](value) for name, value in wished.items()},
    )
