"""What a person can do with rows, and what of it is kept: pure.

An action becomes changes: (field, value) of a row, as this reviewer sees it. None takes a value away.

    confirm            status=confirmed
    reject, "wrong"    status=rejected, reason=wrong
    edit               edit:<column>=<the whole new value>
    label, domain      edit:<column of labels>=<name>
    tag, untag         tag:<name>=true | None
    merge              duplicate_of=<id of the row that stays>, status=rejected, reason=duplicate
    choose             choice:<the other side>=a|b|tie|both_bad, a being this side
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.reviewing.query import Query

KINDS = (
    *("confirm", "reject", "clear", "edit", "revert", "score", "label", "domain", "tag", "untag"),
    *("note", "merge", "split", "choose", "example", "renew"),
)
"""`clear` takes the decision back, `revert` an edit, `split` says that rows are no duplicates,
`example` marks a row as an example for the op that made it (value False: no longer), `renew` says
that all this reviewer did to a row still holds after the row changed."""

CHOICES = ("a", "b", "tie", "both_bad")
DUPLICATE = "duplicate"
"""The reason with which merged rows are rejected."""
BEST_SCORE = 5.0

Changes = dict[str, Any]
"""Field → value as JSON can say it, None to take it away."""


@dataclass(frozen=True)
class Action:
    """One thing that a person does, to some rows or to all that a query finds.

    Example:
        >>> Action("reject", ("a1", "a2"), reviewer="mei", value="wrong")
        >>> Action("confirm", query=Query(domain="旅游"), reviewer="mei")
    """

    kind: str
    """One of `KINDS`."""
    row_ids: tuple[str, ...] = ()
    """For `merge`, the first is the row that stays; for `choose`, the two sides as shown."""
    reviewer: str = ""
    value: Any = None
    """Reason, score, label, domain, tag, note, choice; for `edit` the new value, or without `field`
    several: field → new value. They are saved together, and undone together."""
    field: str = ""
    """For `edit` and `revert`: the column, or a place in it such as `messages.1.content`."""
    query: Query | None = None
    """In place of `row_ids`: all rows that it finds."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownName("action", self.kind, KINDS)
        if not self.reviewer.strip():
            raise ConfigurationError("An action needs a reviewer: who did it is kept with it.")
        if self.query is not None and self.kind in ("merge", "choose", "edit"):
            raise ConfigurationError(f"{self.kind} needs row_ids; it is not done to a whole query.")
        if not self.row_ids and self.query is None:
            raise ConfigurationError(f"{self.kind} names no row; give row_ids or a query.")
        if self.kind in ("merge", "choose") and len(self.row_ids) < 2:
            raise ConfigurationError(f"{self.kind} needs two rows; got {len(self.row_ids)}.")


@dataclass(frozen=True)
class Outcome:
    """What an action did, committed when it is given."""

    done: int
    """Rows that it was done to."""
    undo_id: int
    """Number of the action in the log; 0 where there was nothing to do."""
    kind: str = ""
    """What was done; of an undo, what was undone."""


def simple_changes(kind: str, value: Any) -> Changes:
    """Give the changes of an action that asks nothing of the row.

    Raises:
        ConfigurationError: for a value that the action cannot have.
    """
    if kind in ("tag", "untag"):
        name = _text(kind, value)
        return {f"tag:{name}": True if kind == "tag" else None}
    return dict(_SIMPLE[kind](value))


def _text(kind: str, value: Any) -> str:
    told = str(value or "").strip()
    if not told:
        raise ConfigurationError(f"{kind} needs a text; got {value!r}.")
    return told


def _score(value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= BEST_SCORE:
        raise ConfigurationError(f"A score is a number from 0 to {BEST_SCORE:g}; got {value!r}.")
    return score


def _example(value: Any) -> bool | None:
    return None if value is False else True


_SIMPLE: Mapping[str, Any] = {
    "confirm": lambda value: {"status": "confirmed", "reason": None, "duplicate_of": None},
    "reject": lambda value: {
        "status": "rejected", "reason": str(value or "").strip() or None, "duplicate_of": None
    },
    "clear": lambda value: {"status": None, "reason": None, "duplicate_of": None},
    "score": lambda value: {"score": _score(value)},
    "note": lambda value: {"note": str(value or "").strip() or None},
    "split": lambda value: {
        "duplicate_of": None, "no_duplicate": True, "status": None, "reason": None
    },
    "example": lambda value: {"example": _example(value)},
}  # fmt: skip
