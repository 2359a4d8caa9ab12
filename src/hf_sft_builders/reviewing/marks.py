"""What people said of rows, in memory: one number per row and question, for filters; the latest counts.

Arrays are made from the overlay's entries in the order in which they were done, so that a later word
of anybody stands over an earlier one. A decision about a row as it was before (`stale`) does not count.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hf_sft_builders.reviewing.overlay import Entry, Overlay
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.views import Mark

UNREVIEWED, CONFIRMED, REJECTED, CHANGED = range(4)
STATUS_NAMES = ("unreviewed", "confirmed", "rejected", "changed")
_CODES = {"confirmed": CONFIRMED, "rejected": REJECTED}
_MANY = 2_000


@dataclass
class Person:
    """One reviewer's decisions."""

    status: np.ndarray
    """int8 per row."""
    touched: np.ndarray
    """bool per row: anything at all."""


@dataclass
class Marks:
    """The present state of a review.

    Args:
        overlay: Where it is kept.
        rows: What it is about.
    """

    overlay: Overlay
    rows: Rows
    status: np.ndarray = field(init=False)
    """int8 per row: the latest decision."""
    score: np.ndarray = field(init=False)
    """float64 per row, NaN without one."""
    edited: np.ndarray = field(init=False)
    noted: np.ndarray = field(init=False)
    disputed: np.ndarray = field(init=False)
    updated: np.ndarray = field(init=False)
    """int64: number of the last action."""
    tags: dict[str, np.ndarray] = field(init=False, default_factory=dict)
    reasons: dict[int, str] = field(init=False, default_factory=dict)
    edits: dict[int, dict[str, Any]] = field(init=False, default_factory=dict)
    """Row → column → new value, of edits that count."""
    people: dict[str, Person] = field(init=False, default_factory=dict)
    gone: set[str] = field(init=False, default_factory=set)
    """Ids that the review knows and the dataset does not."""
    seen: dict[int, str] = field(init=False, default_factory=dict)
    """Hashes of rows that were asked for."""
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._clear()
        self.overlay.changed_rows()
        self._apply(self.overlay.entries())

    def refresh(self, ids: Iterable[str] | None = None) -> set[str]:
        """Take in what was done since, by this process or another.

        Args:
            ids: Rows that this process changed.

        Returns:
            The rows that may be others now.
        """
        with self._lock:
            touched = {*(ids or ()), *self.overlay.changed_rows()}
            if len(touched) > _MANY:
                self._reload()
            elif touched:
                for id in touched:
                    self._forget(id)
                self._apply(self.overlay.entries(touched))
            return touched

    def hash_of(self, places: Sequence[int]) -> list[str]:
        """Give the hash of what rows say now."""
        missing = [place for place in places if place not in self.seen]
        self.seen.update(zip(missing, self.rows.seen(missing), strict=True))
        return [self.seen[place] for place in places]

    def marks_of(self, place: int) -> list[Mark]:
        """Give what each person said of a row."""
        entries = self.overlay.entries([self.rows.ids[place]])
        return marks_from(entries, self.hash_of([place])[0])

    def person(self, reviewer: str) -> Person:
        """Give one reviewer's decisions; nothing where they did none."""
        return self.people.get(reviewer) or self._new_person()

    def tag_names(self, place: int) -> tuple[str, ...]:
        """Name the tags of a row."""
        return tuple(sorted(name for name, rows in self.tags.items() if rows[place]))

    def _clear(self) -> None:
        many = self.rows.total
        self.status = np.zeros(many, dtype=np.int8)
        self.score = np.full(many, np.nan)
        self.edited, self.noted, self.disputed = (np.zeros(many, dtype=bool) for _ in range(3))
        self.updated = np.zeros(many, dtype=np.int64)
        self.tags, self.reasons, self.edits, self.people = {}, {}, {}, {}
        self.gone = set()

    def _reload(self) -> None:
        """Make all anew and put it in place at once: whoever looks meanwhile sees what was before."""
        fresh = copy.copy(self)
        fresh._clear()
        fresh._apply(self.overlay.entries())
        self.__dict__.update(fresh.__dict__)

    def _new_person(self) -> Person:
        many = self.rows.total
        return Person(np.zeros(many, dtype=np.int8), np.zeros(many, dtype=bool))

    def _forget(self, id: str) -> None:
        place = self.rows.places.get(id)
        self.gone.discard(id)
        if place is None:
            return
        self.status[place], self.score[place], self.updated[place] = UNREVIEWED, np.nan, 0
        self.edited[place] = self.noted[place] = self.disputed[place] = False
        for tagged in self.tags.values():
            tagged[place] = False
        for person in self.people.values():
            person.status[place], person.touched[place] = UNREVIEWED, False
        self.reasons.pop(place, None)
        self.edits.pop(place, None)

    def _apply(self, entries: Sequence[Entry]) -> None:
        places = self.rows.places if entries else {}
        here = sorted({places[entry.id] for entry in entries if entry.id in places})
        now = dict(zip(here, self.hash_of(here), strict=True))
        decided: dict[int, set[str]] = {}
        for entry in entries:
            place = places.get(entry.id)
            if place is None:
                self.gone.add(entry.id)
                continue
            person = self.people.get(entry.reviewer)
            if person is None:
                person = self.people[entry.reviewer] = self._new_person()
            person.touched[place] = True
            self.updated[place] = entry.action
            self._apply_one(place, entry, person, stale=now[place] != entry.seen)
            if entry.field == "status" and person.status[place] != CHANGED:
                decided.setdefault(place, set()).add(entry.value)
        for place, said in decided.items():
            self.disputed[place] = len(said) > 1

    def _apply_one(self, place: int, entry: Entry, person: Person, *, stale: bool) -> None:
        name, value = entry.field, entry.value
        if name == "status":
            code = CHANGED if stale else _CODES[value]
            person.status[place] = code
            if not (stale and self.status[place] in _CODES.values()):
                self.status[place] = code
        elif name == "note":
            self.noted[place] = True
        elif stale:
            return
        elif name == "score":
            self.score[place] = value
        elif name == "reason":
            self.reasons[place] = value
        elif name.startswith("tag:"):
            tagged = self.tags.setdefault(name[4:], np.zeros(self.rows.total, dtype=bool))
            tagged[place] = True
        elif name.startswith("edit:"):
            self.edited[place] = True
            self.edits.setdefault(place, {})[name[5:]] = value


def marks_from(entries: Iterable[Entry], seen: str) -> list[Mark]:
    """Put one row's entries together, person by person.

    Args:
        entries: Of one row.
        seen: Hash of what the row says now.
    """
    people: dict[str, dict[str, Any]] = {}
    for entry in entries:
        mark = people.setdefault(
            entry.reviewer,
            {"reviewer": entry.reviewer, "tags": (), "edits": {}, "choices": {}, "order": {}},
        )
        name, value = entry.field, entry.value
        kind, _, rest = name.partition(":")
        if kind == "tag":
            mark["tags"] = tuple(sorted({*mark["tags"], rest}))
        elif kind == "edit":
            mark["edits"][rest] = value
        elif kind == "choice":
            mark["choices"][rest] = value
        else:
            mark[name] = value
        mark["order"][name] = entry.action
        mark["stale"] = mark.get("stale", False) or entry.seen != seen
        mark["at"] = max(mark.get("at", 0.0), entry.at)
    return [Mark(**mark) for mark in people.values()]
