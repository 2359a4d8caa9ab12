"""What the terms of a language model say of training on its replies. Pure.

An axis of its own beside the license of the data: it binds whoever trains, not whoever reads.

    free            nothing is asked
    credit          the trained model must be named or marked
    flow-down       the model's own use restrictions follow into the trained model
    no-competing    not for models that compete with the maker
    noncommercial   not for commercial use
    own-models      only to improve models of the same family
    no-training     not for training other models at all
    unknown         not known; so nothing is assumed
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Generator:
    """The terms of one model."""

    model: str
    """As it was named."""
    name: str
    """Whose terms, in words."""
    terms: str
    source: str
    """Where the terms stand."""
    obligation: str = ""
    family: str = ""
    checked: bool = True
    """False where the text itself could not be read for the table."""


@functools.lru_cache(maxsize=1024)
def find_generator(model: str) -> Generator:
    """Find the terms of a model by its name; `unknown` where no pattern fits.

    Example:
        >>> find_generator("meta-llama/Llama-3.1-8B-Instruct").terms
        'credit'
    """
    name = model.strip().lower().rstrip("/").rsplit("/", 1)[-1].replace(" ", "-")
    for pattern, row in _models():
        if found := pattern.match(name):
            told = {key: _filled(value, found.groups()) for key, value in row.items()}
            return Generator(model, **told)
    return Generator(model, model, "unknown", "", checked=False)


def _filled(value: Any, groups: Sequence[str | Any]) -> Any:
    return value.replace("{0}", groups[0]) if isinstance(value, str) and groups else value


@functools.cache
def _models() -> Sequence[tuple[re.Pattern[str], dict[str, Any]]]:
    text = resources.files(__package__).joinpath("generators.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["model"]
    return [(re.compile(row.pop("pattern")), row) for row in rows]
