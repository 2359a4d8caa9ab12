"""`then`: ops one behind the other lose nothing that any of them tells."""

from collections import Counter
from dataclasses import dataclass

import datasets
from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.ledger import Failure, Ledger, Outcome
from hf_sft_builders.ops import Op
from hf_sft_builders.synthesis.op_chain import then


@dataclass(frozen=True)
class Ahead(Op):
    """Gives each row as its own `then` says, reading some rows ahead, as ops with models do."""

    name = "ahead"
    ahead: int = 3

    @classmethod
    def example(cls):
        """As it is."""
        return cls()

    def requires(self):
        """Nothing."""
        return ()

    def added(self):
        """Nothing."""
        return datasets.Features()

    def outcomes(self, rows):
        """One outcome per row, in order."""
        waiting = []
        for row in rows:
            waiting.append(row)
            if len(waiting) > self.ahead:
                yield row_outcome(waiting.pop(0))
        yield from map(row_outcome, waiting)


def row_outcome(row):
    """Keep, drop or fail, each at a cost."""
    kind, name = row["then"], row["name"]
    if kind == "keep":
        return Outcome(rows=(row,), usage={"calls": 1}, notes=("kept",))
    if kind == "drop":
        return Outcome(drops=("second",), usage={"calls": 1})
    return Outcome(failure=Failure(name, "second", "…"), usage={"calls": 1})


FATES = st.lists(st.sampled_from(["keep", "drop", "fail"]), max_size=4)
FIRST = st.lists(st.tuples(FATES, st.integers(0, 2), st.booleans()), max_size=12)


@given(FIRST, st.integers(0, 5))
def test_nothing_is_lost_or_told_twice(firsts, ahead):
    """Rows in order; drops, failures, notes and costs of both, whatever is read ahead."""
    before, number = [], 0
    for fates, drops, fails in firsts:
        rows = [{"name": f"r{number + n}", "then": fate} for n, fate in enumerate(fates)]
        number += len(rows)
        is_failed = fails or not (rows or drops)
        failure = Failure("first", "first", "…") if is_failed else None
        before.append(Outcome(tuple(rows), ("first",) * drops, failure, {"calls": 10}, ("seen",)))
    made = list(then(before, Ahead(ahead)))
    alone = [row_outcome(row) for outcome in before for row in outcome.rows]
    expected, found = Ledger(), Ledger()
    for outcome in [*before, *alone]:
        expected.record(outcome)
    for outcome in made:
        found.record(outcome)
    assert [row for outcome in alone for row in outcome.rows] == [
        row for outcome in made for row in outcome.rows
    ]
    assert (expected.drops, expected.usage, expected.noted) == (
        found.drops, found.usage, found.noted)  # fmt: skip
    assert Counter(expected.failures) == Counter(found.failures)


def test_rows_come_as_they_are_made():
    """The first row does not wait for the others of its outcome."""
    taken = []

    def rows():
        for number in range(100):
            taken.append(number)
            yield Outcome(rows=({"name": str(number), "then": "keep"},))

    next(then(rows(), Ahead(2)))
    assert 3 == len(taken)
