"""Neither too short nor too long."""

from __future__ import annotations

import re

from hf_sft_builders.synthesis.validators.base import Candidate, Fault, Validator

_SPACE = re.compile(r"\s+")


def length_between(least: int, most: int | None = None) -> Validator:
    """Give a check of a text's length.

    Args:
        least: Fewest characters that are not space.
        most: Most of them; None for no limit.
    """

    def check(candidate: Candidate) -> Fault | None:
        length = len(_SPACE.sub("", candidate.text))
        if length < least:
            return Fault("too short", f"Write {least} characters or more; you wrote {length}.")
        if most is not None and length > most:
            return Fault("too long", f"Write at most {most} characters; you wrote {length}.")
        return None

    return check
