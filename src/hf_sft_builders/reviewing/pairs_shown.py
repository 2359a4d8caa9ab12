"""The next pair that a person chooses from, with its sides shuffled for them."""

from __future__ import annotations

from collections.abc import Sequence

from hf_sft_builders.reviewing.marks import Marks
from hf_sft_builders.reviewing.pairing import TURNED, Pair, is_turned, sides
from hf_sft_builders.reviewing.showing import records_of, rows_at
from hf_sft_builders.reviewing.views import PairView

BETWEEN = "\x1f"
"""Between the two sides in the name of a pair."""


def pair_to_show(
    pairs: Sequence[Pair], marks: Marks, reviewer: str, seed: int, after: tuple[str, str] | None
) -> PairView | None:
    """Give the first pair that a reviewer did not choose in, or the one behind another.

    Args:
        pairs: All pairs of a query.
        marks: The present state.
        reviewer: Who chooses.
        seed: Of the sides.
        after: Both sides of the pair that was shown before.
    """
    chosen = choices_of(marks, reviewer)
    if after is None:
        places = (n for n, pair in enumerate(pairs) if pair_name(*pair.refs) not in chosen)
        number = next(places, len(pairs))
    else:
        name = pair_name(*after)
        places = (n for n, pair in enumerate(pairs) if pair_name(*pair.refs) == name)
        number = next(places, -1) + 1
    if number >= len(pairs):
        return None
    choice = chosen.get(pair_name(*pairs[number].refs), "")
    return _shown(pairs, number, marks, choice, is_turned(pairs[number], reviewer, seed))


def choices_of(marks: Marks, reviewer: str) -> dict[str, str]:
    """Give what one person chose: name of a pair → a (its first side), b, tie, both_bad."""
    return {
        entry.field.removeprefix("choice:"): entry.value
        for entry in marks.overlay.entries(fields="choice:")
        if entry.reviewer == reviewer
    }


def pair_name(a: str, b: str) -> str:
    """Name a pair, whichever side is shown first."""
    return BETWEEN.join(sorted((a, b)))


def _shown(
    pairs: Sequence[Pair], number: int, marks: Marks, choice: str, turned: bool
) -> PairView | None:
    pair, rows = pairs[number], marks.rows
    assert rows.format is not None
    shown = rows_at(rows, list(dict.fromkeys(pair.places)), marks.edits)
    records = records_of(rows, shown)
    question, a, b = sides(pair, [records[0], records[-1]])
    if turned:
        a, b = b, a
    if a.ref > b.ref:
        choice = TURNED.get(choice, choice)
    return PairView(question, a, b, choice, number, len(pairs))
