"""What `generate_reasoning` asks, step by step: about a passage, and about a known answer."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ModelError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import Reply
from hf_sft_builders.synthesis.material import Material, places_of, spans_step
from hf_sft_builders.synthesis.reasoning_checks import (
    LEADS_ELSEWHERE,
    NOT_NEEDED,
    ReasonedAnswer,
    ReasonedQuestion,
    ReasonedQuestions,
    agrees,
    fault_of_question,
    fault_of_steps,
    is_looked_up,
)
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    Rejected,
    checked,
    no_meta_phrases,
)

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.generate_reasoning import GenerateReasoning

NOT_THOUGHT = "the model gave no reasoning"
Asking = Generator[Any, Any, Outcome]


def passage_steps(op: GenerateReasoning, row: Row, material: Material, language: str) -> Asking:
    """Ask for questions, keep those that hold, and let the model think about them where wanted."""
    prompt = op.prompt("reasoning_questions", language)
    request = op.request(
        prompt,
        ReasonedQuestions,
        title=row.get("title") or "—",
        headings=" › ".join(row.get("headings") or ()) or "—",
        text=op.passage_text(material),
        count=op.questions_wanted(material),
    )

    def fault_in(asked: ReasonedQuestion) -> Fault | None:
        return fault_of_question(asked, material.text, material.source, language)

    def fault(reply: Reply) -> Fault | None:
        """All are faulty: then the whole reply is asked for again."""
        assert isinstance(reply.parsed, ReasonedQuestions)
        faults = [fault_in(asked) for asked in reply.parsed.questions]
        return faults[0] if faults and all(faults) else None

    reply = yield from checked(request, fault, op.runtime.max_repairs)
    assert isinstance(reply.parsed, ReasonedQuestions)
    questions = reply.parsed.questions
    kept = [asked for asked in questions if fault_in(asked) is None]
    drops = [found.reason for asked in questions if (found := fault_in(asked))]
    thoughts = yield from _thoughts(op, [asked.question for asked in kept], material, language)
    rows: list[Row] = []
    for asked, native in zip(kept, thoughts, strict=True):
        written = _in_lines(asked.steps)
        thought = _chosen(op, asked.answer, native, written)
        if isinstance(thought, Fault):
            drops.append(thought.reason)
            continue
        step = spans_step(row, places_of(material, asked.evidence))
        said = (asked.question.strip(), thought, asked.answer.strip())
        rows.append(op.row(row, said, len(rows), prompt, **step))
    return Outcome(tuple(rows), tuple(drops) or (() if rows else (NOT_NEEDED,)))


def answer_steps(op: GenerateReasoning, row: Row, material: Material, language: str) -> Asking:
    """Ask for the way to a row's own answer, which stays as it is."""
    question, answer = material.pair
    if material.is_passage and is_looked_up(answer, material.text):
        return op.unsuited(row, material, NOT_NEEDED)
    if op.thinking != "written":
        [native] = yield from _thoughts(op, [question], material, language)
        prompt = op.prompt("reasoning_answer", language)
        thought = _chosen(op, answer, native, "")
        if isinstance(thought, str) and thought:
            return Outcome(rows=(op.row(row, (question, thought, answer), 0, prompt),))
        if isinstance(thought, Fault) and op.thinking == "native":
            raise Rejected(thought.reason)
    return (yield from _written_way(op, row, material, language))


def _written_way(op: GenerateReasoning, row: Row, material: Material, language: str) -> Asking:
    question, answer = material.pair
    prompt = op.prompt("reasoning_steps", language)
    text = op.passage_text(material)
    request = op.request(prompt, ReasonedAnswer, question=question, answer=answer, text=text)
    passage = material.text if material.is_passage else ""

    def fault(reply: Reply) -> Fault | None:
        way = reply.parsed
        assert isinstance(way, ReasonedAnswer)
        if not way.needs_reasoning:
            return None
        if not agrees(answer, way.answer):
            return Fault(LEADS_ELSEWHERE, f"The steps must lead to this answer: {answer}")
        found = fault_of_steps(way, passage, material.source, language)
        return None if found and found.reason == NOT_NEEDED else found

    reply = yield from checked(request, fault, op.runtime.max_repairs)
    way = reply.parsed
    assert isinstance(way, ReasonedAnswer)
    refused = fault_of_steps(way, passage, material.source, language)
    if not way.needs_reasoning or refused:
        return op.unsuited(row, material, NOT_NEEDED)
    step = spans_step(row, places_of(material, way.evidence))
    said = (question, _in_lines(way.steps), answer)
    return Outcome(rows=(op.row(row, said, 0, prompt, **step),))


def _thoughts(
    op: GenerateReasoning, questions: Sequence[str], material: Material, language: str
) -> Generator[Any, Any, list[Reply | None]]:
    """Let the model answer each question by itself, side by side; nothing where steps are written."""
    if op.thinking == "written" or not questions:
        return [None for _ in questions]
    prompt, text = op.prompt("reasoning_answer", language), op.passage_text(material)
    replies = yield [op.request(prompt, question=question, text=text) for question in questions]
    for reply in replies:
        if isinstance(reply, ModelError):
            raise reply
    return list(replies)


def _chosen(op: GenerateReasoning, answer: str, native: Reply | None, written: str) -> str | Fault:
    """Choose between what the model thought and what it wrote."""
    if native is None:
        return written
    thought = _in_lines(native.reasoning.splitlines())
    fault = None if thought else Fault(NOT_THOUGHT, "")
    if not fault and not agrees(answer, native.text):
        fault = Fault(LEADS_ELSEWHERE, "")
    fault = fault or no_meta_phrases(Candidate(thought))
    return thought if fault is None else (fault if op.thinking == "native" else written)


def _in_lines(steps: Sequence[str]) -> str:
    """Give steps as reasoning, one on a line."""
    return "\n".join(" ".join(step.split()) for step in steps if step.strip())
