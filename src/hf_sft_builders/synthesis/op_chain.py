"""Ops one behind the other, row by row: what `.map().map()` gives, without a barrier between."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from hf_sft_builders.ledger import Outcome, Row
from hf_sft_builders.ops import Op


def then(outcomes: Iterable[Outcome], op: Op) -> Iterator[Outcome]:
    """Run an op over the rows of outcomes; one outcome for each that came in, in order.

    Example:
        >>> list(then(sft.generate_qa().outcomes(chunks), sft.degrade()))
    """
    waiting: deque[Outcome] = deque()

    def rows() -> Iterator[Row]:
        for outcome in outcomes:
            waiting.append(outcome)
            yield from outcome.rows

    done: list[Outcome] = []
    for made in op.outcomes(rows()):
        done.append(made)
        while waiting and len(waiting[0].rows) <= len(done):
            before = waiting.popleft()
            taken = len(before.rows)
            yield _joined(before, done[:taken])
            done = done[taken:]
    for before in waiting:
        yield _joined(before, [])


def _joined(before: Outcome, parts: Sequence[Outcome]) -> Outcome:
    usage = Counter(before.usage)
    for part in parts:
        usage.update(part.usage)
    failures = (outcome.failure for outcome in (before, *parts) if outcome.failure)
    return Outcome(
        tuple(row for part in parts for row in part.rows),
        (*before.drops, *(reason for part in parts for reason in part.drops)),
        next(failures, None),
        usage,
        (*before.notes, *(note for part in parts for note in part.notes)),
    )
