"""The same question several times, and what the answers agree on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from hf_sft_builders.errors import ConfigurationError, ModelError
from hf_sft_builders.ledger import Outcome
from hf_sft_builders.llm import ChatRequest, Reply

T = TypeVar("T")


def check_samples(samples: int) -> None:
    """Refuse what is no number of samples.

    Raises:
        ConfigurationError: for less than one.
    """
    if samples < 1:
        raise ConfigurationError(f"samples={samples}; expected 1 or more.")


def numbered(request: ChatRequest, sample: int) -> ChatRequest:
    """Give the `sample`-th asking of a question: another reply, and another sampling seed."""
    seed = request.parameters.get("seed")
    moved = {} if seed is None else {"seed": seed + sample}
    return replace(request, sample=sample, parameters={**request.parameters, **moved})


def answered(replies: Iterable[Reply | ModelError]) -> list[Reply]:
    """Give the replies to questions that were asked side by side.

    Raises:
        ModelError: if one of them has none. Those that came are stored and cost nothing again.
    """
    found = list(replies)
    for reply in found:
        if isinstance(reply, ModelError):
            raise reply
    return [reply for reply in found if isinstance(reply, Reply)]


def majority(votes: Sequence[T]) -> tuple[T | None, float]:
    """Give what most votes are for and its share of them; None where two lead together."""
    [(first, most), *others] = Counter(votes).most_common()
    tied = bool(others) and others[0][1] == most
    return None if tied else first, most / len(votes)


def with_columns(outcomes: Iterable[Outcome], blank: Mapping[str, Any]) -> Iterator[Outcome]:
    """Give rows that passed untouched the op's own columns too."""
    for outcome in outcomes:
        yield replace(outcome, rows=tuple({**blank, **row} for row in outcome.rows))
