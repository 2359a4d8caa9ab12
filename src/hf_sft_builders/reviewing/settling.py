"""What counts where several people said something of a row: pure.

Every person's word stays in the log; here one is made of them. Words about a row as it was before
(`stale`) count for nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hf_sft_builders.errors import UnknownName
from hf_sft_builders.reviewing.views import Mark

RULES = ("latest", "majority", "unanimous")
"""`latest`: the last decision of anybody. `majority`: what most people decided, nothing on a tie.
`unanimous`: only what all of them decided."""
DISPUTED, CHANGED = "reviewers disagree", "changed since it was reviewed"
SEVERAL_EDITS = "edited by several people, the last edit stands"


@dataclass(frozen=True)
class Settled:
    """One row's state."""

    status: str = "unreviewed"
    """unreviewed, confirmed or rejected."""
    reason: str = ""
    score: float | None = None
    """Mean of people's scores."""
    tags: tuple[str, ...] = ()
    note: str = ""
    """Everybody's, one a line."""
    reviewers: tuple[str, ...] = ()
    edits: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What is worth counting of the row."""


def settled(marks: Iterable[Mark], rule: str = "latest", reviewers: Sequence[str] = ()) -> Settled:
    """Make one state of what people said.

    Args:
        marks: Of one row, each person's.
        rule: One of `RULES`, for decisions.
        reviewers: Whose words count; everybody's by default.

    Raises:
        UnknownName: for another rule.
    """
    if rule not in RULES:
        raise UnknownName("rule of on_conflict", rule, RULES)
    theirs = [mark for mark in marks if not reviewers or mark.reviewer in reviewers]
    good = sorted((mark for mark in theirs if not mark.stale), key=lambda mark: mark.at)
    decided = _in_order((mark for mark in good if mark.status != "unreviewed"), "status")
    status = _decision([mark.status for mark in decided], rule)
    said = next((mark.reason for mark in decided[::-1] if mark.status == status), "")
    scores = [mark.score for mark in good if mark.score is not None]
    return Settled(
        status,
        said,
        sum(scores) / len(scores) if scores else None,
        tuple(sorted({tag for mark in good for tag in mark.tags})),
        "\n".join(mark.note for mark in good if mark.note),
        tuple(mark.reviewer for mark in good),
        _edits(good),
        tuple(_notes(theirs, good, decided)),
    )


def _in_order(marks: Iterable[Mark], said: str) -> list[Mark]:
    """Give marks in the order in which one thing was said; what was said besides moves none."""
    return sorted(marks, key=lambda mark: mark.order[said])


def _edits(marks: Sequence[Mark]) -> dict[str, Any]:
    columns = {column for mark in marks for column in mark.edits}
    theirs = {c: _in_order((m for m in marks if c in m.edits), f"edit:{c}") for c in columns}
    return {column: told[-1].edits[column] for column, told in theirs.items()}


def _decision(said: Sequence[str], rule: str) -> str:
    if not said:
        return "unreviewed"
    counts = Counter(said).most_common()
    if len(counts) == 1 or rule == "latest":
        return said[-1]
    return counts[0][0] if rule == "majority" and counts[0][1] > counts[1][1] else "unreviewed"


def _notes(theirs: Sequence[Mark], good: Sequence[Mark], decided: Sequence[Mark]) -> Iterable[str]:
    if len(theirs) > len(good):
        yield CHANGED
    if len({mark.status for mark in decided}) > 1:
        yield DISPUTED
    columns = Counter(column for mark in good for column in mark.edits)
    if any(many > 1 for many in columns.values()):
        yield SEVERAL_EDITS
