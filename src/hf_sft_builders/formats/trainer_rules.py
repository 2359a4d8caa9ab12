"""What each trainer drops, stops at or trains wrongly, as rules over the table that it would read.

`expected` says what should be there, and after the semicolon what the trainer does otherwise.
`sft.check(ds, trainer=…)` shows the rules, and `sft.export` runs them over what it writes.

Example:
    >>> rules = {rule.name: rule for rule in trainer_rules("llamafactory", "messages")}
    >>> rules["system-first"].expected
    'a system message first or not at all; LLaMA-Factory drops the row'
"""

from __future__ import annotations

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.formats.rules import Rule
from hf_sft_builders.formats.trainers import (
    axolotl,
    llamafactory,
    ms_swift,
    openai,
    torchtune,
    trl,
    unsloth,
)

_RULES: dict[str, tuple[Rule, ...]] = {
    "axolotl": axolotl.RULES,
    "llamafactory": llamafactory.RULES,
    "ms-swift": ms_swift.RULES,
    "openai": openai.RULES,
    "torchtune": torchtune.RULES,
    "trl": trl.RULES,
    "unsloth": unsloth.RULES,
}

TRAINERS: tuple[str, ...] = tuple(_RULES)
"""The names that `trainer=` takes."""


def trainer_rules(trainer: str, format_name: str) -> tuple[Rule, ...]:
    """Give the rules that a trainer sets for rows of a format, as the trainer would read them.

    Args:
        trainer: One of `TRAINERS`.
        format_name: Name of the format that the table is in. A name that no rule knows gets them
            all: a rule about a column that is not there is never broken.

    Raises:
        UnknownName: if there is no such trainer.
    """
    if trainer not in _RULES:
        raise UnknownName("trainer", trainer, TRAINERS)
    return _RULES[trainer]
