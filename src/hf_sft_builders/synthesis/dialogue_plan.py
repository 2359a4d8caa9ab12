"""What a simulated dialogue shall be, as it is drawn, asked for and checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Literal

from pydantic import BaseModel, Field

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.evidence import locate
from hf_sft_builders.synthesis.validators import (
    Candidate,
    Fault,
    Validator,
    first_fault,
    no_meta_phrases,
    same_language,
)
from hf_sft_builders.synthesis.validators.turns import (
    grounded_values,
    no_repeats,
    one_voice,
    rests_on_source,
    within,
)

Kind = Literal["question", "follow_up", "clarification", "closing"]

_WORDS: dict[str, dict[Kind, str]] = {
    "zh": {
        "question": "question：用户提出一个问题，助手依据材料回答",
        "follow_up": "follow_up：用户顺着上一轮追问新的内容，助手依据材料回答",
        "clarification": "clarification：用户问得含糊，助手先反问一句弄清所指，不给出答案",
        "closing": "closing：用户表示明白并致谢，助手简短收尾，不再给出新信息",
    },
    "en": {
        "question": "question: the user asks, the assistant answers from the material",
        "follow_up": "follow_up: the user goes on from the round before and asks something new, "
        "the assistant answers from the material",
        "clarification": "clarification: the user asks vaguely, the assistant asks back what is "
        "meant and gives no answer yet",
        "closing": "closing: the user has understood and says thanks, the assistant ends briefly "
        "and tells nothing new",
    },
}


class Round(BaseModel):
    """One turn of the user and the assistant's turn after it."""

    kind: Kind
    user: str
    assistant: str
    evidence: str = Field(
        default="",
        description="Copied word for word from the material; empty in clarification and closing.",
    )


class DialogueDraft(BaseModel):
    """What the model replies."""

    rounds: list[Round]


def check_rounds(rounds: tuple[int, int]) -> None:
    """Refuse a range that no dialogue can have.

    Raises:
        ConfigurationError: with what is expected.
    """
    fits = isinstance(rounds, tuple) and len(rounds) == 2 and all(type(n) is int for n in rounds)
    if not fits or not 2 <= rounds[0] <= rounds[1] <= 20:
        raise ConfigurationError(
            f"rounds={rounds!r}; expected (fewest, most), from 2 to 20, such as (2, 4). One round is "
            "a question and its answer: pdf_qa makes those."
        )


def planned(
    rounds: tuple[int, int],
    clarification: float,
    closing: float,
    seeded: bool,
    seed: int,
    *what: object,
) -> tuple[Kind, ...]:
    """Draw the kinds of the rounds; the same for the same seed and row, wherever it stands.

    A clarification always has a round after it, in which the answer is given. A closing comes after
    the rounds that were drawn.
    """
    fewest, most = rounds
    number = fewest + int(draw(seed, *what, "rounds") * (most - fewest + 1))
    kinds: list[Kind] = ["question", *(["follow_up"] * (number - 1))]  # type: ignore[list-item]
    first = 1 if seeded else 0
    if draw(seed, *what, "clarification") < clarification and number - 1 > first:
        place = first + int(draw(seed, *what, "place") * (number - 1 - first))
        kinds[place] = "clarification"
    if draw(seed, *what, "closing") < closing:
        kinds.append("closing")
    return tuple(kinds)


def in_words(plan: Iterable[Kind], language: str) -> str:
    """Give the plan as the prompt shows it."""
    words = _WORDS["zh" if language == "zh" else "en"]
    return "\n".join(f"{number}. {words[kind]}" for number, kind in enumerate(plan, 1))


def fault_of(
    draft: DialogueDraft, plan: Sequence[Kind], source: str, language: str, before: Sequence[str]
) -> Fault | None:
    """Say what is wrong with a dialogue, the first fault of its first faulty round.

    Args:
        draft: What the model wrote.
        plan: What was asked for.
        source: What answers must rest on.
        language: What is spoken.
        before: What was said before the first of these rounds.
    """
    if [round_.kind for round_ in draft.rounds] != list(plan):
        return Fault(
            "not the rounds asked for",
            f"Write exactly these {len(plan)} rounds, in this order: {', '.join(plan)}.",
        )
    users, answers = list(before[::2]), list(before[1::2])
    for round_ in draft.rounds:
        fault = fault_of_user(round_.user, source, language, users)
        fault = fault or fault_of_answer(round_, source, language, answers)
        if fault:
            return fault
        users.append(round_.user)
        answers.append(round_.assistant)
    return None


def fault_of_user(words: str, source: str, language: str, before: Sequence[str]) -> Fault | None:
    """Say what is wrong with what the user says, after what the user said before."""
    checks: tuple[Validator, ...] = (partial(within, least=2, most=500), *_OF_ALL)
    asked = Candidate(words, source, language=language)
    return first_fault(asked, checks) or no_repeats([*before, words])


def fault_of_answer(
    round_: Round, source: str, language: str, before: Sequence[str]
) -> Fault | None:
    """Say what is wrong with a round's answer, after the answers before."""
    said = Candidate(round_.assistant, f"{source}\n{round_.user}", language=language)
    most = partial(within, least=1, most=3000)
    checks: tuple[Validator, ...] = (most, *_OF_ALL, grounded_values)
    fault = first_fault(said, checks) or no_repeats([*before, round_.assistant])
    return fault or _fault_of_kind(round_, source)


_OF_ALL: tuple[Validator, ...] = (same_language, no_meta_phrases, one_voice)


def _fault_of_kind(round_: Round, source: str) -> Fault | None:
    if round_.kind == "clarification" and not round_.assistant.rstrip().endswith(("?", "？")):
        return Fault(
            "no clarification",
            "In the round 'clarification' the assistant asks back, and ends with a question mark.",
        )
    if round_.kind not in ("question", "follow_up"):
        return None
    if locate(round_.evidence, source) is None:
        return Fault(
            "evidence not in the text",
            f"The evidence {round_.evidence[:60]!r} does not stand in the material. Copy the words "
            "that support the answer as they stand there.",
        )
    return rests_on_source(Candidate(round_.assistant, source))
