"""`sft.score_exam`: how many items of an exam a model answered right, whatever words it said it in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.ledger import Row
from hf_sft_builders.synthesis.conversations import last_turn, messages_of
from hf_sft_builders.synthesis.exam_items import CheckedAnswer, Exam, confirmed

_LETTERS = r"[A-Z](?:\s*(?:[,，、和与及/&]|and|\s)\s*[A-Z])*|[A-Z]{2,8}"
_SAYS = re.compile(
    r"(?:答案|选择?|应选|正确(?:的)?选项|answers?|options?|choices?|choose)(?:[项为是:：\s]|is|are|would be)*"
    rf"[*(（【\"“]*(?P<letters>{_LETTERS})(?![A-Za-z])"
)
_BEGINS = re.compile(
    rf"^[*(（【\"“\s]*(?P<letters>{_LETTERS})(?=[.。、:：)）】*,，\"”]|\s*$|\s+[^A-Za-z\s])"
)
_NEGATED = r"(?<!不)(?<!非)"
_FALSE = re.compile(
    r"不正确|不对|不是真|错误?|\b(?:false|incorrect|wrong|not (?:true|correct))\b", re.I
)
_TRUE = re.compile(rf"{_NEGATED}(?:正确|对)|\b(?<!not )(?:true|correct|right)\b", re.I)


@dataclass(frozen=True)
class ExamScores:
    """What was answered right; shares from 0 to 1."""

    accuracy: float
    """Of the items that have one right answer."""
    items: int
    by_kind: Mapping[str, tuple[int, int]]
    """Kind → (right, items)."""
    unread: int
    """Answers that name no choice, or none that can be read; they count as wrong."""
    open_items: int
    """Open answers, which no rule can score: `sft.judge` does."""

    def __str__(self) -> str:
        told = ", ".join(f"{kind} {right}/{all_}" for kind, (right, all_) in self.by_kind.items())
        return (
            f"accuracy {self.accuracy:.1%} of {self.items:,} items ({told}); "
            f"{self.unread:,} not readable; {self.open_items:,} open answers not scored"
        )


def score_exam(predictions: Iterable[str | Row], exam: Iterable[Row]) -> ExamScores:
    """Score a model's answers to an exam.

    Args:
        predictions: What the model said, in the exam's order: texts, or rows of a conversation
            format, whose last assistant turn is the answer.
        exam: Rows with `question_type`, `question`, `options`, `answer`, as `sft.exam_questions` and
            the builder `exam` make them.

    Returns:
        The accuracy. "The answer is B", "B. 28.6 米" and "选 B" all say B; an answer that names
        several where one is asked for is wrong. Short answers are right where one holds the other,
        with the same numbers.

    Raises:
        ConfigurationError: not as many predictions as items, or rows that are no exam.

    Example:
        >>> print(sft.score_exam(model_answers, load_dataset("me/exam", split="test")))
    """
    said, items = list(predictions), list(exam)
    if len(said) != len(items) or not items:
        raise ConfigurationError(
            f"score_exam: {len(said)} predictions for {len(items)} items; expected one for each, in "
            "the exam's order."
        )
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    unread = 0
    for words, row in zip(said, items, strict=True):
        item = _item(row)
        asked[item.kind] += 1
        answer = _answer(item, words if isinstance(words, str) else _last_words(words))
        unread += answer is None and item.kind != "open_answer"
        right[item.kind] += answer is not None and confirmed(item, answer)
    kinds = {kind: (right[kind], asked[kind]) for kind in asked if kind != "open_answer"}
    number = sum(count for _, count in kinds.values())
    share = sum(count for count, _ in kinds.values()) / number if number else 0.0
    return ExamScores(share, number, kinds, unread, asked["open_answer"])


def _item(row: Row) -> Exam:
    missing = [n for n in ("question_type", "question", "options", "answer") if n not in row]
    if missing:
        raise ConfigurationError(
            f"score_exam: a row of the exam has no {missing[0]!r}; found {', '.join(row)}. Make one "
            "with sft.exam_questions or the builder exam."
        )
    options = tuple(line.partition(". ")[2] for line in str(row["options"]).splitlines())
    return Exam(row["question_type"], row["question"], options, row["answer"])


def _last_words(row: Row) -> str:
    messages = messages_of(row)
    place = last_turn(messages, "assistant")
    return "" if place is None else str(messages[place]["content"] or "")


def _answer(item: Exam, words: str) -> CheckedAnswer | None:
    """Read what was answered; None where nothing can be read."""
    if item.kind == "open_answer" or not words.strip():
        return None
    if item.kind == "true_false":
        truth = _truth(words)
        return CheckedAnswer(number=1, truth=truth) if truth else None
    if not item.options:
        return CheckedAnswer(number=1, text=words)
    letters: Any = _letters(item, words)
    return CheckedAnswer(number=1, letters=letters) if letters else None


def _truth(words: str) -> Any:
    """Tell by the words that say it first; those that deny count before those that they hold."""
    false = _FALSE.search(words)
    true = _TRUE.search(words)
    if false and true:
        return "false" if false.start() <= true.start() else "true"
    return "false" if false else "true" if true else ""


def _letters(item: Exam, words: str) -> list[str]:
    """Find the letters that are said to be the answer; else the one option that is quoted."""
    known = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(item.options)]
    said = [*_SAYS.finditer(words)][-1:] or [*_BEGINS.finditer(words.strip())]
    if said:
        found = re.findall("[A-Z]", said[0]["letters"])
        return sorted(set(found)) if set(found) <= set(known) else []
    quoted = [letter for letter, option in zip(known, item.options, strict=True) if option in words]
    return quoted if len(quoted) == 1 else []
