"""Steps of reasoning as a model writes them, and whether they hold.

What needs reasoning is decided by what an answer rests on, not by what a model says of itself: two
places of the passage put together, or a calculation. One place that is looked up needs none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise

from pydantic import BaseModel, Field

from hf_sft_builders.synthesis.evidence import locate
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    first_fault,
    no_meta_phrases,
    same_language,
)
from hf_sft_builders.synthesis.validators.quotes import bare, plain_numbers
from hf_sft_builders.synthesis.validators.turns import (
    grounded_values,
    no_repeats,
    one_voice,
    within,
)

NOT_NEEDED = "no reasoning needed"
LEADS_ELSEWHERE = "reasoning leads elsewhere"

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"\s*[^\d+\-−–×*÷/=＝,，。;；:：\s]{0,4}\s*"
_EQUATION = re.compile(
    rf"({_NUMBER}%?{_UNIT}(?:[+\-−×x*÷/]\s*{_NUMBER}%?{_UNIT})+)[=＝≈]\s*({_NUMBER})"
)
_PART = re.compile(rf"({_NUMBER})(%?)|([+\-−×x*÷/])(?=\s*\d)")
_END = re.compile(r"[。！？!?；;\n|]|\.\s")


class Reasoned(BaseModel):
    """The way to an answer."""

    steps: list[str] = Field(description="Each one thought, in order; the last gives the result.")
    answer: str
    evidence: list[str] = Field(description="Copied word for word from the material.")


class ReasonedQuestion(Reasoned):
    """A question that needs thinking, and the way to its answer."""

    question: str


class ReasonedQuestions(BaseModel):
    """What the model replies about a passage."""

    questions: list[ReasonedQuestion]


class ReasonedAnswer(Reasoned):
    """What the model replies about a question whose answer is known."""

    needs_reasoning: bool


def fault_of_question(
    asked: ReasonedQuestion, text: str, source: str, language: str
) -> Fault | None:
    """Say what is wrong with a question about a passage, its steps or its answer."""
    question = Candidate(asked.question, source, language=language)
    checks = (partial(within, least=4, most=800), same_language, no_meta_phrases, one_voice)
    return first_fault(question, checks) or fault_of_steps(
        asked, text, f"{source}\n{asked.question}", language
    )


def fault_of_steps(way: Reasoned, text: str, source: str, language: str) -> Fault | None:
    """Say what is wrong with steps and answer.

    Args:
        way: What the model wrote.
        text: The passage that evidence is copied from; "" where there is none.
        source: All that values may come from, the question among it.
        language: What it is written in.
    """
    steps = [step for step in way.steps if step.strip()]
    if len(steps) < 2:
        return Fault(
            NOT_NEEDED, "Write two or more steps, or leave a question out that needs none."
        )
    if wrong := wrong_equation(steps):
        return Fault("wrong calculation", f"{wrong} is wrong. Calculate anew.")
    if text and (lost := next((q for q in way.evidence if locate(q, text) is None), None)):
        return Fault(
            "evidence not in the text",
            f"The evidence {lost[:60]!r} does not stand in the material. Copy it as it stands.",
        )
    if text and not needs_reasoning(way, text):
        return Fault(
            NOT_NEEDED,
            "One place of the material answers this at once. Ask what takes two places of it, or a "
            "calculation.",
        )
    known = f"{source}\n{' '.join(results(steps))}"
    for said in (*steps, way.answer):
        checks = (partial(within, least=1, most=3000), no_meta_phrases, one_voice, grounded_values)
        if fault := first_fault(Candidate(said, known), checks):
            return fault
    whole = Candidate("\n".join([*steps, way.answer]), language=language)
    return same_language(whole) or no_repeats(steps)


def needs_reasoning(way: Reasoned, text: str) -> bool:
    """Say whether an answer takes two sentences of the passage, or a calculation."""
    places = sorted({place for quote in way.evidence if (place := locate(quote, text))})
    apart = any(_END.search(text[first[0] : second[0]]) for first, second in pairwise(places))
    return apart or bool(results(way.steps))


def is_looked_up(answer: str, text: str) -> bool:
    """Say whether an answer stands in the passage as it is: then there is nothing to think about."""
    return locate(answer.rstrip("。.!！ "), text) is not None


def agrees(known: str, found: str) -> bool:
    """Say whether an answer comes to what is known: its numbers, and half of its pairs of characters."""
    numbers = set(re.findall(_NUMBER, plain_numbers(known)))
    if numbers - set(re.findall(_NUMBER, plain_numbers(found))):
        return False
    wanted, said = bare(known), bare(found)
    if wanted in said or said in wanted:
        return True
    parts = {a + b for a, b in pairwise(wanted)}
    held = {a + b for a, b in pairwise(said)}
    return len(parts & held) >= 0.5 * len(parts)


def results(steps: Iterable[str]) -> list[str]:
    """Give what right calculations of the steps come to."""
    found = [match for step in steps for match in _EQUATION.finditer(plain_numbers(step))]
    return [match[2] for match in found if _is_right(match)]


def wrong_equation(steps: Sequence[str]) -> str:
    """Give the first calculation that is wrong, "" where none is."""
    found = (match for step in steps for match in _EQUATION.finditer(plain_numbers(step)))
    return next((match[0] for match in found if not _is_right(match)), "")


def _is_right(match: re.Match[str]) -> bool:
    value = _value(match[1])
    if value is None:
        return False
    written = float(match[2])
    # What is written may be rounded to its last digit.
    unit = 10.0 ** -len(match[2].partition(".")[2])
    return abs(value - written) <= max(unit, 1e-9 * abs(value)) * (0.5 if "." in match[2] else 0.51)


def _value(words: str) -> float | None:
    """Calculate `80 × 3 + 20`: products first. None where it divides by zero."""
    total, sign, product = 0.0, 1.0, None
    operator = "+"
    for number, percent, mark in _PART.findall(words):
        if mark:
            operator = mark
            continue
        value = float(number) / (100.0 if percent else 1.0)
        if operator in "+-−":
            total += sign * (product or 0.0)
            sign, product = (1.0 if operator == "+" else -1.0), value
        elif operator in "×x*":
            product = (product or 0.0) * value
        elif value == 0:
            return None
        else:
            product = (product or 0.0) / value
    return total + sign * (product or 0.0)
