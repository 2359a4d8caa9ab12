"""Items of an exam: their kinds, what each must stand, how they are answered and how they look.

A model never writes the letters of a key: it gives correct and wrong options apart, the order is
drawn, and the key follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.evidence import locate
from hf_sft_builders.synthesis.flaws import numbers_in
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    first_fault,
    no_meta_phrases,
    no_wrapping,
    same_language,
)
from hf_sft_builders.synthesis.validators.quotes import bare

Kind = Literal["true_false", "single_choice", "multiple_choice", "short_answer", "open_answer"]
KINDS: tuple[Kind, ...] = (
    "true_false",
    "single_choice",
    "multiple_choice",
    "short_answer",
    "open_answer",
)
BY_RULE: tuple[Kind, ...] = ("true_false", "short_answer")
"""What can be made without a language model."""

SHORT = {"zh": 40, "en": 90}
"""Longest short answer, in characters."""

_ALL_OF_THEM = re.compile(
    r"^(?:以上|上述)(?:都|皆|全|均|选项)|^(?:all|none|both) of (?:the|them)|^都(?:对|不对|是|不是)",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"^\s*[（(]?[A-Fa-f][.、)）:：]\s*")
Letter = Literal["A", "B", "C", "D", "E", "F"]
LETTERS = "ABCDEF"


class ExamItem(BaseModel):
    """One item as the model writes it."""

    kind: Kind
    question: str = Field(min_length=1)
    correct: list[str] = Field(min_length=1)
    wrong: list[str] = Field(default_factory=list)
    evidence: str = Field(description="Copied word for word from the material.")


class ExamItems(BaseModel):
    """What the model replies."""

    items: list[ExamItem]


class CheckedAnswer(BaseModel):
    """How one who has not seen the key answers an item."""

    number: int
    truth: Literal["true", "false", ""] = ""
    letters: list[Letter] = Field(default_factory=list)
    text: str = ""


class CheckedAnswers(BaseModel):
    """How one who has not seen the key answers all items."""

    answers: list[CheckedAnswer]


@dataclass(frozen=True, slots=True)
class Exam:
    """One item with its options in their order, and its key."""

    kind: Kind
    question: str
    options: tuple[str, ...]
    answer: str
    """`true` or `false`; letters (`B`, `ACD`); or the words of the answer."""

    @property
    def options_text(self) -> str:
        """The options, one a line, with their letters; "" where there are none."""
        lines = (f"{LETTERS[place]}. {option}" for place, option in enumerate(self.options))
        return "\n".join(lines)


def as_mix(given: Mapping[str, float] | None, offline: bool) -> tuple[tuple[Kind, float], ...]:
    """Give the kinds with their shares, which add up to 1.

    Raises:
        ConfigurationError: for a share below 0, or a kind that needs a language model.
    """
    if given is None:
        given = dict.fromkeys(BY_RULE if offline else KINDS, 1.0)
    for name, share in given.items():
        if name not in KINDS:
            raise UnknownName("kind of question", name, KINDS)
        if not isinstance(share, (int, float)) or share < 0:
            raise ConfigurationError(f"mix={{{name!r}: {share!r}}}; expected a share, 0 or more.")
        if offline and share and name not in BY_RULE:
            raise ConfigurationError(
                f"Without a language model there are {', '.join(BY_RULE)}, and no {name}: wrong "
                f"options cannot be copied. Write mix={{{name!r}: {share}}}, model='qwen3-32b', "
                "base_url='http://localhost:8000/v1'."
            )
    whole = sum(given.values())
    if not whole:
        raise ConfigurationError(f"mix={dict(given)}; expected a share above 0 for some kind.")
    return tuple((kind, given[kind] / whole) for kind in KINDS if given.get(kind))


def drawn_kind(mix: Sequence[tuple[Kind, float]], seed: int, *what: object) -> Kind:
    """Draw a kind by the shares."""
    left = draw(seed, "kind", *what)
    for kind, share in mix:
        left -= share
        if left < 0:
            return kind
    return mix[-1][0]


def exam_of(item: ExamItem, seed: int, name: str) -> Exam:
    """Put the options in a drawn order, and the key with them."""
    question = item.question.strip()
    if item.kind == "true_false":
        return Exam(item.kind, question, (), item.correct[0].strip().lower())
    if item.kind in ("short_answer", "open_answer"):
        return Exam(item.kind, question, (), item.correct[0].strip())
    right, wrong = (list(map(_on_one_line, said)) for said in (item.correct, item.wrong))
    options = sorted([*right, *wrong], key=lambda option: draw(seed, name, "option", option))
    key = "".join(LETTERS[place] for place, option in enumerate(options) if option in right)
    return Exam(item.kind, question, tuple(options), key)


def _on_one_line(option: str) -> str:
    return " ".join(_LETTERED.sub("", option).split())


def confirmed(exam: Exam, answer: CheckedAnswer | None) -> bool:
    """Say whether who has not seen the key comes to the same; open answers are not compared."""
    if exam.kind == "open_answer":
        return True
    if answer is None:
        return False
    if exam.kind == "true_false":
        return answer.truth == exam.answer
    if exam.options:
        return "".join(sorted(set(answer.letters))) == exam.answer
    mine, theirs = bare(exam.answer), bare(answer.text)
    return bool(theirs) and (mine in theirs or theirs in mine) and _same_numbers(exam, answer)


def _same_numbers(exam: Exam, answer: CheckedAnswer) -> bool:
    mine, theirs = set(numbers_in(exam.answer)), set(numbers_in(answer.text))
    return mine <= theirs or theirs <= mine


def item_fault(item: ExamItem, source: str, language: str) -> Fault | None:
    """Say what is wrong with an item; see the checks of its kind. Pure."""
    texts = [item.question, *(item.correct if item.kind != "true_false" else []), *item.wrong]
    if not all(text.strip() for text in texts):
        return Fault("empty question or option", "Leave no question and no option empty.")
    if locate(item.evidence, source) is None:
        return Fault("evidence not in the text", "'evidence' must copy words of the material.")
    checks = (no_meta_phrases, no_wrapping, same_language)
    candidate = Candidate(item.question, source=source, language=language)
    return first_fault(candidate, checks) or _CHECKS[item.kind](item, source, language)


def repeats(item: ExamItem, others: Sequence[ExamItem]) -> Fault | None:
    """Say that an item asks what another one asks."""
    if any(bare(item.question) == bare(other.question) for other in others):
        return Fault("duplicate question", "Ask something that you have not asked yet.")
    return None


def _true_false(item: ExamItem, source: str, language: str) -> Fault | None:
    if item.wrong or len(item.correct) != 1 or item.correct[0].lower() not in ("true", "false"):
        return Fault("no truth value", "'correct' is [\"true\"] or [\"false\"], 'wrong' is empty.")
    if item.question.rstrip().endswith(("?", "？")):
        return Fault("no statement", "Write a statement that is true or false, not a question.")
    return None


def _choice(item: ExamItem, source: str, language: str) -> Fault | None:
    options = [_LETTERED.sub("", option) for option in (*item.correct, *item.wrong)]
    single = item.kind == "single_choice"
    if single and (len(item.correct) != 1 or not 2 <= len(item.wrong) <= 5):
        return Fault("wrong number of options", "One correct option and three wrong ones.")
    if not single and (len(item.correct) < 2 or not item.wrong or len(options) > 6):
        return Fault("wrong number of options", "Two or more correct options, four or five in all.")
    if len({bare(option) for option in options}) < len(options):
        return Fault("options alike", "All options must differ from each other.")
    if any(_ALL_OF_THEM.search(option.strip()) for option in options):
        return Fault("option about options", "No 'all of the above' and no 'none of them'.")
    if single and len(bare(options[0])) >= 4 and bare(options[0]) in bare(item.question):
        return Fault("question gives the answer", "The question must not hold the answer.")
    longest = max(len(option) for option in item.wrong)
    if single and len(options[0]) > 3 * longest + 12:
        return Fault("length gives the answer", "Make all options about equally long.")
    return None


def _short(item: ExamItem, source: str, language: str) -> Fault | None:
    answer = item.correct[0]
    if item.wrong or len(item.correct) != 1:
        return Fault("options in a written answer", "One correct answer, and 'wrong' is empty.")
    if item.kind == "short_answer" and len(answer) > SHORT["zh" if language == "zh" else "en"]:
        return Fault("answer too long", "A short answer is a value, a name or a few words.")
    if set(numbers_in(answer)) - set(numbers_in(source)):
        return Fault("number not in the source", "Use only numbers that stand in the material.")
    return None


_CHECKS: dict[Kind, Callable[[ExamItem, str, str], Fault | None]] = {
    "true_false": _true_false,
    "single_choice": _choice,
    "multiple_choice": _choice,
    "short_answer": _short,
    "open_answer": _short,
}


_WORDS = {
    "zh": {"ask": "判断下列说法是否正确：", "several": "（多选）", "true": "正确", "false": "错误"},
    "en": {
        "ask": "True or false: ",
        "several": " (choose all that apply)",
        "true": "True",
        "false": "False",
    },
}


def asked_as_text(exam: Exam, language: str) -> str:
    """Give an item as a person is asked it, options below."""
    words = _WORDS["zh" if language == "zh" else "en"]
    before = words["ask"] if exam.kind == "true_false" else ""
    after = words["several"] if exam.kind == "multiple_choice" else ""
    return f"{before}{exam.question}{after}\n{exam.options_text}".rstrip("\n")


def exam_messages(exam: Exam, language: str) -> list[dict[str, str]]:
    """Give an item and its key as a conversation."""
    words = _WORDS["zh" if language == "zh" else "en"]
    said = words[exam.answer] if exam.kind == "true_false" else exam.answer
    return [
        {"role": "user", "content": asked_as_text(exam, language)},
        {"role": "assistant", "content": said},
    ]
