"""What a review shows: plain values, ready for a page or a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class RowSummary:
    """One row of the list."""

    id: str
    place: int
    """Its number in the dataset, from 0, over all splits."""
    split: str
    question: str
    """The first words of what is asked, or of the text."""
    answer: str
    """The first words of the last answer."""
    length: int
    """Characters of all that it says; -1 while these are being counted."""
    status: str
    """unreviewed, confirmed, rejected or changed (decided about, but the row is another now)."""
    score: float | None
    """Of people."""
    model_score: float | None
    tags: tuple[str, ...]
    label: str
    domain: str
    source: str
    reason: str
    edited: bool
    noted: bool
    disputed: bool
    """People decided differently."""


@dataclass(frozen=True)
class Page:
    """Some rows of what a query finds."""

    rows: list[RowSummary]
    total: int
    """Rows that the query finds."""
    facets: dict[str, list[tuple[str, int]]]
    """`status`, `split`, `label`, … → value and rows, most first; each as all other filters of the
    query leave it. Empty while the rows are being counted (`counting`)."""
    counting: bool = False
    """Whether the rows are still being read in the background; ask again for the facets."""


@dataclass(frozen=True)
class Mark:
    """All that one person says of one row."""

    reviewer: str
    status: str = "unreviewed"
    reason: str = ""
    score: float | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    edits: dict[str, Any] = field(default_factory=dict)
    """Column → new value."""
    choices: dict[str, str] = field(default_factory=dict)
    """The other side of a pair → a (this one), b, tie or both_bad."""
    duplicate_of: str = ""
    no_duplicate: bool = False
    example: bool = False
    stale: bool = False
    """The row has changed since; what was decided does not count until it is renewed."""
    at: float = 0.0
    """Seconds since 1970, of the last action."""
    order: dict[str, int] = field(default_factory=dict, repr=False)
    """What was said (`status`, `edit:<column>`, …) → number of the action that said it."""


@dataclass(frozen=True)
class Event:
    """One entry of the log."""

    action: int
    at: float
    reviewer: str
    kind: str
    value: Any
    field: str
    undone: bool


@dataclass(frozen=True)
class Suggestion:
    """What a model proposes for a row; beside what people say, never over it."""

    id: int
    kind: str
    """answer, rewrite or score."""
    model: str
    advice: str
    field: str
    """Column that it would change; empty for a score."""
    value: Any
    """The column's new value, or the score."""
    note: str
    """The model's reason, where it gave one."""
    stale: bool
    at: float


@dataclass(frozen=True)
class RowView:
    """One row, whole."""

    id: str
    place: int
    split: str
    fields: dict[str, Any]
    """Columns of the row, with the edits that count; media as `{"bytes": …, "path": …}`."""
    stored: dict[str, Any]
    """The same as the dataset has them."""
    record: dict[str, Any]
    """The row as a record (`messages`, `text`, `tools`, `images`, …) with the edits; empty for rows of
    no format."""
    provenance: list[dict[str, Any]]
    status: str
    mine: Mark
    """What the reviewer who asks said."""
    marks: list[Mark]
    """What everybody said, the reviewer too."""
    history: list[Event]
    """Latest first."""
    suggestions: list[Suggestion]
    changed_since: bool
    """Somebody decided about the row as it was before."""
    before: str | None
    """Id of the row in front of it, within the query that was given."""
    after: str | None
    position: int
    """Its number in the query, from 0; -1 where the query does not find it."""
    total: int
    repeats: list[str]
    """Ids of rows that say the same or nearly so, once `find_duplicates` was called."""
    editable: tuple[str, ...]
    """Columns that can be edited."""


@dataclass(frozen=True)
class Side:
    """One answer of a pair."""

    ref: str
    """What `choose` takes in `row_ids`."""
    row_id: str
    answer: list[dict[str, Any]]
    """Messages."""


@dataclass(frozen=True)
class PairView:
    """Two answers to one question; which is a is drawn by seed and reviewer."""

    question: list[dict[str, Any]]
    a: Side
    b: Side
    choice: str
    """What this reviewer chose before, as shown now: a, b, tie, both_bad or ""."""
    number: int
    total: int


@dataclass(frozen=True)
class ReviewerProgress:
    """What one person did."""

    reviewer: str
    confirmed: int
    rejected: int
    actions: int


@dataclass(frozen=True)
class Agreement:
    """How far people agree on rows that several decided about."""

    rows: int
    """Decided about by two people or more."""
    share: float | None
    """Of pairs of decisions that are the same; None without such rows."""
    kappa: float | None
    """Cohen's, averaged over pairs of people by their rows; None where it is not defined (nobody
    varies)."""


@dataclass(frozen=True)
class Progress:
    """How far a review is."""

    total: int
    confirmed: int
    rejected: int
    changed: int
    unreviewed: int
    edited: int
    gone: int
    """Reviewed rows that the dataset no longer has; their log is kept."""
    reviewers: list[ReviewerProgress]
    agreement: Agreement
