"""The named flaws that `degrade` puts into an answer: what is asked of the model, and what is checked.

A flaw that cannot be seen to be there is not kept: a factual error must have changed a number or a
name, a hallucinated detail must stand nowhere in the source, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from pydantic import BaseModel, Field

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.synthesis.validators import Fault


class Flawed(BaseModel):
    """What the model replies."""

    was: str = Field("", description="Words of the answer that are changed or left out.")
    now: str = Field("", description="Words that stand instead, or are added.")
    answer: str = Field(min_length=1, description="The whole flawed answer.")

    def told(self, flaw: str) -> dict[str, str]:
        """Say what is wrong, as the provenance has it."""
        known = {"flaw": flaw, "was": self.was, "now": self.now}
        return {name: value for name, value in known.items() if value}


@dataclass(frozen=True, slots=True)
class Case:
    """One flawed answer with what it is measured against."""

    made: Flawed
    answer: str
    """The answer as it was."""
    source: str
    """Question and context."""


@dataclass(frozen=True)
class Flaw:
    """One way in which an answer is worse."""

    name: str
    zh: str
    en: str
    check: Callable[[Case], Fault | None] | None = None
    shortest: int = 1
    """Answers of fewer characters cannot have it."""

    def instruction(self, language: str) -> str:
        """Give what is asked, in the prompt's language."""
        return self.zh if language == "zh" else self.en


_NUMBER = re.compile(r"\d+(?:[.,:：]\d+)*|[零一二两三四五六七八九十百千万亿]{2,}")
# Words written with a capital, quoted or titled words, codes; in Chinese any two characters on.
_NAME = re.compile(r"[A-Z][\w'’-]+|[《「“\"].+?[》」”\"]|[\u3400-\u9fff]{2,}|\b[A-Z]+\d+\b")


def numbers_in(text: str) -> list[str]:
    """Give the numbers of a text, as they stand."""
    return _NUMBER.findall(text)


def _alike(case: Case) -> float:
    return SequenceMatcher(None, case.answer, case.made.answer, autojunk=False).ratio()


def _factual_error(case: Case) -> Fault | None:
    was, now = case.made.was.strip(), case.made.now.strip()
    if not was or was not in case.answer or not now or now not in case.made.answer:
        return Fault(
            "change not stated",
            "'was' must copy words of the original answer and 'now' the words that stand instead.",
        )
    swapped = numbers_in(was) != numbers_in(now) or _NAME.findall(was) != _NAME.findall(now)
    if not swapped or not (_NUMBER.search(was) or _NAME.search(was)):
        return Fault("no fact changed", "Change a number, a date or a name to a wrong one.")
    if now in case.answer:
        return Fault("no fact changed", "The wrong value must not stand in the original answer.")
    if _alike(case) < 0.5:
        return Fault("more than one flaw", "Change that one fact only; keep all other words.")
    return None


def _hallucinated(case: Case) -> Fault | None:
    now = case.made.now.strip()
    if len(now) < 2 or now not in case.made.answer:
        return Fault("change not stated", "'now' must copy the words that you added.")
    if now in case.answer or now in case.source:
        return Fault("detail is true", "Add a detail that stands neither in question nor material.")
    if len(case.made.answer) <= len(case.answer):
        return Fault("nothing added", "Keep the whole answer, and add the detail to it.")
    return _keeps_numbers(case)


def _incomplete(case: Case) -> Fault | None:
    if len(case.made.answer) > 0.85 * len(case.answer):
        return Fault("nothing left out", "Leave out something that the question needs.")
    if set(numbers_in(case.made.answer)) - set(numbers_in(case.answer)):
        return Fault("more than one flaw", "Only leave out; do not change numbers.")
    return None


def _off_topic(case: Case) -> Fault | None:
    if _alike(case) > 0.5:
        return Fault("still on topic", "Answer another question than the one that was asked.")
    return None


def _verbose(case: Case) -> Fault | None:
    if len(case.made.answer) < 1.5 * len(case.answer):
        return Fault("not verbose", "Much longer, without saying more.")
    return _keeps_numbers(case)


def _keeps_numbers(case: Case) -> Fault | None:
    before, after = set(numbers_in(case.answer)), set(numbers_in(case.made.answer))
    known = before | set(numbers_in(case.source)) | set(numbers_in(case.made.now))
    new = {number for number in after - known if len(number) > 1}  # 1., 2. may number a list
    if before - after or new:
        return Fault("more than one flaw", "Keep all numbers as they are, and add none.")
    return None


def _other_language(case: Case) -> Fault | None:
    from hf_sft_builders.documents.language import detect_language

    if detect_language(case.made.answer) == detect_language(case.answer):
        return Fault("same language", "Write the answer in another language than the question's.")
    return _keeps_numbers(case)


FLAWS: dict[str, Flaw] = {
    flaw.name: flaw
    for flaw in (
        Flaw(
            "factual_error",
            "改错一处事实：把一个数字、日期或名称换成看似合理的错误值，其余照旧。",
            "One fact is wrong: a plausible false number, date or name stands there; all else stays.",
            _factual_error,
        ),
        Flaw(
            "hallucinated_detail",
            "保留原答案，再添一处材料里没有、听上去可信的细节。",
            "The answer is kept, and one credible detail is added that nothing supports.",
            _hallucinated,
        ),
        Flaw(
            "incomplete",
            "漏掉问题需要的一部分内容，让人得不到完整回答；不改动留下的内容。",
            "Something that the question needs is left out; what remains is unchanged.",
            _incomplete,
            shortest=16,
        ),
        Flaw(
            "off_topic",
            "答非所问：谈论相邻的话题，却没有回答这个问题。",
            "The answer talks about a neighbouring subject and does not answer the question.",
            _off_topic,
        ),
        Flaw(
            "verbose",
            "啰嗦：内容不变，但绕圈子、重复、堆砌套话。",
            "The same content, but long-winded: repetition, detours and empty phrases.",
            _verbose,
        ),
        Flaw(
            "impolite",
            "内容不变，但语气生硬、不耐烦或带嘲讽；不用脏话。",
            "The same content in a curt, impatient or mocking tone; no swear words.",
            _keeps_numbers,
        ),
        Flaw(
            "wrong_format",
            "内容不变，但版式不合适：该分条的挤成一段，或在一句话的回答里套表格、代码块、JSON。",
            "The same content in an unfit layout: a list run together, or one line as a table or JSON.",
            _keeps_numbers,
        ),
        Flaw(
            "other_language",
            "内容不变，但换用与提问不同的语言回答。",
            "The same content, but in another language than the question's.",
            _other_language,
        ),
    )
}


def as_flaws(given: str | Iterable[str] | Mapping[str, str]) -> tuple[Flaw, ...]:
    """Give the flaws of names, or of a user's own (name → what is asked).

    Raises:
        UnknownName: with the nearest one.
    """
    if isinstance(given, Mapping):
        return tuple(Flaw(name, words, words) for name, words in given.items())
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in FLAWS:
            hint = "Or one of your own: flaws={'name': 'what is asked for'}."
            raise UnknownName("flaw", name, FLAWS, hint)
    return tuple(FLAWS[name] for name in names)
