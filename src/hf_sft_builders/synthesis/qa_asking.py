"""What a model is asked about one passage, step by step, and which of its pairs are kept.

`joint`: one call for each audience gives questions, answers and marks. `separate`: one call gives
questions, one more for each of them its answer. Fixed questions: one call for each.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hf_sft_builders.errors import ModelError
from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.llm import ChatRequest, Reply, Steps
from hf_sft_builders.synthesis.audiences import Audience
from hf_sft_builders.synthesis.domain_choice import best_path
from hf_sft_builders.synthesis.domain_tree import OTHER
from hf_sft_builders.synthesis.evidence import (
    POINTS_AT_TEXT,
    Found,
    QAPair,
    QAPairs,
    check,
    locate,
)
from hf_sft_builders.synthesis.fixed_questions import AnswerWithEvidence, FixedQuestion
from hf_sft_builders.synthesis.label_domains import OTHER_NOTE
from hf_sft_builders.synthesis.likeness import are_alike
from hf_sft_builders.synthesis.prompts import Prompt
from hf_sft_builders.synthesis.qa_requests import (
    Question,
    Questions,
    answer_request,
    asked_for,
    first_prompt,
    first_request,
    load,
)
from hf_sft_builders.synthesis.qa_rows import qa_rows
from hf_sft_builders.synthesis.validators import (
    CLEAN,
    GROUNDED,
    Candidate,
    first_fault,
    not_obeyed,
)

if TYPE_CHECKING:
    from hf_sft_builders.synthesis.generate_qa import GenerateQA

Kept = list[tuple[Found, Prompt]]
_NOT_THERE = "answer not in the text"
_ALIKE = 0.95


def asking(op: GenerateQA, row: Row) -> Steps[Outcome]:
    """Ask about one passage. Pure but for the replies."""
    if not row[op.column].strip():
        return Outcome(drops=("no question found",))
    kept: Kept = []
    drops: list[str] = []
    if op.questions:
        yield from _ask_fixed(op, row, kept, drops)
    else:
        audiences = (op.audiences.of(row) if op.audiences else ()) or (None,)
        yield from _ask_freely(op, row, audiences, kept, drops)
    rows = tuple(qa_rows(op, row, [pair for pair, _ in kept], [prompt for _, prompt in kept]))
    empty = () if rows or drops else ("no question found",)
    notes = (OTHER_NOTE,) * sum(pair.domain == OTHER for pair, _ in kept)
    return Outcome(rows, (*drops, *empty), notes=notes)


def _ask_freely(
    op: GenerateQA, row: Row, audiences: Sequence[Audience | None], kept: Kept, drops: list[str]
) -> Generator[Any, Any, None]:
    """Ask once for each audience; once more where a reply held pairs and none of them stands."""
    requests = {audience: first_request(op, row, audience) for audience in audiences}
    for left in range(min(1, op.runtime.max_repairs), -1, -1):
        replies = yield from _replies(list(requests.values()))
        again: dict[Audience | None, ChatRequest] = {}
        for (audience, request), reply in zip(requests.items(), replies, strict=True):
            wrong: list[str] = []
            before = len(kept)
            pairs = yield from _pairs(op, row, audience, reply, wrong)
            _sort_out(op, row, audience, pairs, kept, wrong)
            if left and wrong and len(kept) == before:
                again[audience] = _told(request, reply, wrong)
            else:
                drops += wrong
        requests = again
        if not requests:
            return


def _pairs(
    op: GenerateQA, row: Row, audience: Audience | None, reply: Reply, drops: list[str]
) -> Generator[Any, Any, list[tuple[QAPair, Prompt]]]:
    """Give the pairs of a reply, each with the prompt of its answer."""
    if isinstance(reply.parsed, QAPairs):
        prompt = first_prompt(op, row, audience)
        return [(pair, prompt) for pair in reply.parsed.pairs]
    answered = yield from _answered(op, row, audience, reply, drops)
    return answered


def _sort_out(
    op: GenerateQA,
    row: Row,
    audience: Audience | None,
    pairs: Sequence[tuple[QAPair, Prompt]],
    kept: Kept,
    drops: list[str],
) -> None:
    """Keep the pairs that stand, as many as were asked for; say why the others do not."""
    most = len(kept) + asked_for(op, row)
    for pair, prompt in pairs:
        placed = _placed(op, row, pair, prompt, audience)
        if isinstance(placed, str):
            drops.append(placed)
        elif any(are_alike(placed.question, one.question, _ALIKE) for one, _ in kept):
            drops.append("duplicate question")
        elif len(kept) == most:
            drops.append("more than asked for")
        else:
            kept.append((placed, prompt))


def _told(request: ChatRequest, reply: Reply, wrong: Sequence[str]) -> ChatRequest:
    """Ask again, with what was wrong."""
    why = "; ".join(dict.fromkeys(wrong))
    again = (
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": f"Nothing of this can be kept ({why}). {_ANEW}"},
    )
    return replace(request, messages=(*request.messages, *again))


_ANEW = "Write it anew by all rules, or an empty list if the passage holds too little."


def _answered(
    op: GenerateQA, row: Row, audience: Audience | None, reply: Reply, drops: list[str]
) -> Generator[Any, Any, list[tuple[QAPair, Prompt]]]:
    """Ask each question of a reply for its answer, side by side."""
    assert isinstance(reply.parsed, Questions)
    good: list[Question] = []
    most = asked_for(op, row)
    for one in reply.parsed.questions:
        if len(good) == most:
            drops.append("more than asked for")
        elif one.question.strip() and not POINTS_AT_TEXT.search(one.question):
            good.append(one)
        else:
            drops.append("question points at the text" if one.question.strip() else _EMPTY)
    asked = [answer_request(op, row, FixedQuestion(one.question), audience) for one in good]
    replies = yield from _replies(asked)
    prompt = load(op, row, "answer_question")
    pairs: list[tuple[QAPair, Prompt]] = []
    for question, said in zip(good, replies, strict=True):
        answer = said.parsed
        assert isinstance(answer, AnswerWithEvidence)
        if answer.answer.strip():
            pairs.append((_Marked(**question.model_dump(), **answer.model_dump()), prompt))
        else:
            drops.append(_NOT_THERE)
    return pairs


class _Marked(QAPair, extra="allow"):
    """A pair with whatever marks its question has."""


_EMPTY = "empty question or answer"


def _placed(
    op: GenerateQA, row: Row, pair: QAPair, prompt: Prompt, audience: Audience | None
) -> Found | str:
    """Place a pair in the passage, or say why it is dropped."""
    placed = check(pair, row[op.column])
    if isinstance(placed, str):
        return placed
    fault = _fault(op, row, placed.question, placed.answer, prompt)
    if fault:
        return fault
    if audience is None:
        return placed
    return replace(placed, genre=audience.genre, audience=audience.audience)


def _fault(op: GenerateQA, row: Row, question: str, answer: str, prompt: Prompt) -> str:
    text, language = row[op.column], _language(op, row)
    known = "\n".join([row.get("title") or "", *(row.get("headings") or ()), text])
    asked = Candidate(question, known, prompt=prompt.template, language=language)
    said = Candidate(answer, f"{known}\n{question}", prompt=prompt.template, language=language)
    fault = first_fault(asked, CLEAN) or first_fault(said, (*CLEAN, *GROUNDED, not_obeyed))
    return fault.reason if fault else ""


def _language(op: GenerateQA, row: Row) -> str:
    """Chinese prompts ask for Chinese; all others for the language of the passage."""
    return "zh" if op.language == "zh" else str(row.get("language") or "")


def _ask_fixed(op: GenerateQA, row: Row, kept: Kept, drops: list[str]) -> Generator[Any, Any, None]:
    replies = yield from _replies([answer_request(op, row, one) for one in op.questions])
    prompt = load(op, row, "answer_question")
    domain = _domain_by_rule(op, row)
    for question, reply in zip(op.questions, replies, strict=True):
        found = _fixed(op, row, question, reply, prompt)
        if isinstance(found, str):
            drops.append(found)
        else:
            kept.append((replace(found, domain=domain), prompt))


def _fixed(
    op: GenerateQA, row: Row, question: FixedQuestion, reply: Reply, prompt: Prompt
) -> Found | str:
    """Give the row of a fixed question, or say why there is none."""
    text, said = row[op.column], reply.parsed
    assert said is not None
    asked = f"{question.text}\n\n{text}" if question.with_text else question.text
    if question.kind == "label":
        return Found(asked, question.answer(said), -1, -1)
    if question.kind == "json":
        words = "\n".join(_words(said.model_dump(mode="json")))
        fault = first_fault(Candidate(words, f"{text}\n{question.text}"), GROUNDED)
        return fault.reason if fault else Found(asked, question.answer(said), -1, -1)
    assert isinstance(said, AnswerWithEvidence)
    if not said.answer.strip():
        return _NOT_THERE
    span = locate(said.answer, text) or locate(said.evidence, text)
    if span is None:
        return "evidence not in the text"
    return _fault(op, row, question.text, said.answer, prompt) or Found(asked, said.answer, *span)


def _words(value: Any) -> list[str]:
    """Give the texts and numbers of a JSON value."""
    if isinstance(value, dict):
        return [words for inner in value.values() for words in _words(inner)]
    if isinstance(value, list):
        return [words for inner in value for words in _words(inner)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _domain_by_rule(op: GenerateQA, row: Row) -> str:
    if not op.domains:
        return ""
    headings, text = tuple(row.get("headings") or ()), row[op.column]
    return best_path(op.domains, row.get("title") or "", headings, text) or OTHER


def _replies(requests: Sequence[ChatRequest]) -> Generator[Any, Any, list[Reply]]:
    """Ask side by side.

    Raises:
        ModelError: of the first that was not answered; the others' replies are kept in the store.
    """
    if not requests:
        return []
    replies: list[Reply | ModelError] = yield list(requests)
    good = []
    for reply in replies:
        if isinstance(reply, ModelError):
            raise reply
        good.append(reply)
    return good
