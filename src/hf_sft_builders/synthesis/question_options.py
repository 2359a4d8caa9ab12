"""The wishes that `generate_qa` knows beside a number of questions, and how each is read.

The one table of them: the op, and every builder that asks with it, go by it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.audiences import as_audiences
from hf_sft_builders.synthesis.fixed_questions import fixed_questions
from hf_sft_builders.synthesis.question_plan import mix_of

Calls = Literal["joint", "separate"]


def as_calls(given: Any) -> Calls:
    """Read in how many calls questions and answers are asked for.

    Raises:
        ConfigurationError: for anything but `joint` and `separate`.
    """
    if given not in ("joint", "separate"):
        raise ConfigurationError(f"calls={given!r}; expected 'joint' or 'separate'.")
    known: Calls = given
    return known


QUESTION_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "question_types": partial(mix_of, "question_types"),
    "difficulty": partial(mix_of, "difficulty"),
    "audiences": as_audiences,
    "questions": fixed_questions,
    "calls": as_calls,
}
"""Option → how what a user gave is read into the op's value."""
