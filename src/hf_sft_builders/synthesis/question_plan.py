"""Which kinds of questions a passage is asked for: types, difficulties, in the shares wished for.

Each question of a passage is drawn by the seed, the row's id and its number, so over a dataset the
shares come out, and the same row is always asked for the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, create_model

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.synthesis.augmenting import draw
from hf_sft_builders.synthesis.domain_choice import choice_type
from hf_sft_builders.synthesis.shares import shares_of

Mix = tuple[tuple[str, float], ...]
"""(name, share) of each kind."""

_CHINESE = {
    "definition": "定义",
    "value": "数值",
    "steps": "步骤",
    "reason": "原因",
    "condition": "条件",
    "comparison": "比较",
    "yes_no": "是非判断",
    "summary": "概括",
    "scenario": "情境应用",
    "basic": "基础",
    "intermediate": "中等",
    "advanced": "进阶",
}


def mix_of(option: str, given: Mapping[str, float] | Iterable[str] | str | None) -> Mix:
    """Read the kinds that a user wishes for: names, name → share, or `"value=2,reason"`.

    Raises:
        ConfigurationError: no kind at all, an empty name, or a share that is not above 0.
    """
    if given is None:
        return ()
    shares = shares_of(option, given)
    if not all(shares.values()):
        raise ConfigurationError(
            f"{option}={given!r}; expected names, or names with shares above 0: "
            "['value', 'reason'] or {'basic': 0.5, 'advanced': 0.5}."
        )
    return tuple(shares.items())


def plan_of(types: Mix, difficulty: Mix, row_id: str, count: int, seed: int) -> Counter[Any]:
    """Draw (type, difficulty) for each of a passage's questions; "" where nothing is wished."""
    if not (types or difficulty):
        return Counter({("", ""): count})
    return Counter(
        (
            _drawn(types, seed, row_id, at, "type"),
            _drawn(difficulty, seed, row_id, at, "difficulty"),
        )
        for at in range(count)
    )


def planned(plan: Counter[Any], language: str) -> str:
    """Give the plan as a prompt shows it, one kind on a line."""
    lines = []
    for (kind, level), times in plan.items():
        named = [
            f"{name}: {_named(word, language)}"
            for name, word in (("type", kind), ("difficulty", level))
            if word
        ]
        lines.append(f"- {'; '.join(named)} × {times}")
    return "\n".join(lines)


@lru_cache(maxsize=64)
def marks_shape(
    base: type[BaseModel],
    types: tuple[str, ...],
    difficulty: tuple[str, ...],
    domains: tuple[str, ...] | None,
) -> type[BaseModel]:
    """Give the shape of one item of a reply, with the marks that are wished for, each a closed set."""
    marks: dict[str, Any] = {}
    if types:
        marks["type"] = (Literal[types], ...)
    if difficulty:
        marks["difficulty"] = (Literal[difficulty], ...)
    if domains is not None:
        marks["domain"] = (choice_type(domains), ...)
    return create_model(f"{base.__name__}Marked", __base__=base, **marks) if marks else base


def _drawn(mix: Mix, seed: int, *what: object) -> str:
    if not mix:
        return ""
    place = draw(seed, *what) * sum(share for _, share in mix)
    for name, share in mix:
        place -= share
        if place < 0:
            return name
    return mix[-1][0]


def _named(word: str, language: str) -> str:
    gloss = _CHINESE.get(word) if language == "zh" else None
    return f"{word}（{gloss}）" if gloss else word
