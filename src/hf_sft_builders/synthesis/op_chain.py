"""Ops one behind the other, row by row: what `.map().map()` gives, without a barrier between."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op


def then(outcomes: Iterable[Outcome], op: Op) -> Iterator[Outcome]:
    """Run an op over the rows of outcomes, as they come; nothing that is told of them is lost.

    Returns:
        One outcome for each row that the op was given, in order, with what the row's own outcome
        dropped, noted and cost; and one for each outcome that gave no row, or failed.

    Example:
        >>> list(then(sft.generate_qa().outcomes(chunks), sft.degrade()))
    """
    ended: deque[Outcome] = deque()
    beside: deque[Outcome] = deque()

    def rows() -> Iterator[Row]:
        for outcome in outcomes:
            if outcome.failure is not None:
                ended.append(replace(outcome, rows=()))
            else:
                (beside if outcome.rows else ended).append(outcome)
            yield from outcome.rows

    for made in op.outcomes(rows()):
        yield from _emptied(ended)
        yield _with_told(made, _emptied(beside))
    yield from _emptied(ended)


def _emptied(waiting: deque[Outcome]) -> Iterator[Outcome]:
    while waiting:
        yield waiting.popleft()


def _with_told(made: Outcome, before: Iterable[Outcome]) -> Outcome:
    """Add what outcomes before tell beside their rows."""
    drops, notes, usage = list(made.drops), list(made.notes), Counter(made.usage)
    for outcome in before:
        drops += outcome.drops
        notes += outcome.notes
        usage.update(outcome.usage)
    return replace(made, drops=tuple(drops), notes=tuple(notes), usage=dict(usage))
