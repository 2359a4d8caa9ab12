"""One open review: a dataset, what people said of it, and what a page asks about both."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.actions import Action, Outcome
from hf_sft_builders.reviewing.agreement import agreement
from hf_sft_builders.reviewing.applying import row_changes
from hf_sft_builders.reviewing.editing import editable_columns
from hf_sft_builders.reviewing.filtering import Filtering
from hf_sft_builders.reviewing.index import Index, index_of
from hf_sft_builders.reviewing.marks import CHANGED, CONFIRMED, REJECTED, STATUS_NAMES, Marks
from hf_sft_builders.reviewing.opening import opened
from hf_sft_builders.reviewing.overlay import Overlay
from hf_sft_builders.reviewing.pairing import TURNED, Pair, is_turned, pairs_of, row_of, sides
from hf_sft_builders.reviewing.places import in_home
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.showing import in_short, records_of, rows_at
from hf_sft_builders.reviewing.views import (
    Mark,
    Page,
    PairView,
    Progress,
    ReviewerProgress,
    RowSummary,
    RowView,
    Suggestion,
)

if TYPE_CHECKING:
    from hf_sft_builders.formats import Format
    from hf_sft_builders.reviewing.asking import Asking

_KEPT_QUERIES = 32


class Session:
    """A review that is open; safe to use from several threads.

    Example:
        >>> session = Session.open("my-dataset", reviewer="mei")
        >>> page = session.page(Query(status="unreviewed"), 0, 50)
        >>> session.act(Action("confirm", (page.rows[0].id,), "mei"))
    """

    def __init__(
        self, name: str, rows: Rows, overlay: Overlay, reviewer: str = "", seed: int = 0
    ) -> None:
        self.name, self.rows, self.overlay, self.reviewer = name, rows, overlay, reviewer
        self.seed = seed
        self.asking: Asking | None = None
        self.format: Format | None = rows.format
        self.splits: tuple[str, ...] = tuple(rows.splits)
        self.total: int = rows.total
        rows.hash_columns(overlay.told("said"))
        overlay.tell("said", list(rows.said))
        overlay.tell("name", name)
        overlay.tell("rows", rows.total)
        self.marks = Marks(overlay, rows)
        self._lock = threading.RLock()
        self._found: dict[tuple[Query, int], np.ndarray] = {}
        self._groups: np.ndarray | None = None
        self._indexed: Future[Index] = Future()
        self._filtering: Filtering | None = None
        threading.Thread(target=self._index, name="review index", daemon=True).start()

    @classmethod
    def open(
        cls,
        what: Any,
        *,
        reviewer: str = "",
        overlay: str | Path | None = None,
        name: str | None = None,
        seed: int = 0,
    ) -> Session:
        """Open a dataset for review.

        Args:
            what: A folder, file or repository by name; a `Dataset` or `DatasetDict`.
            reviewer: Who looks at it, where nobody says otherwise.
            overlay: The review's file; by default beside the dataset (`places.py`).
            name: Of a dataset that has none: its review is found again by this name.
            seed: Of the sides of pairs.

        Raises:
            SourceError: if there is nothing to read.
            ConfigurationError: if there are no rows, or the review's file cannot be used.
        """
        found, splits, place = opened(what)
        place = Path(overlay).expanduser() if overlay else in_home(name) if name else place
        return cls(name or found, Rows(splits), Overlay(place), reviewer, seed)

    def close(self) -> None:
        """Close the review's file; nothing is pending."""
        self.overlay.close()

    # Looking

    def page(self, query: Query, offset: int = 0, limit: int = 50) -> Page:
        """Give some of the rows that a query finds, and how many there are of each kind.

        The first page of all rows does not wait until the rows are indexed; everything else does.
        """
        self.marks.refresh()
        if not query.filters and not query.sort and not self._indexed.done():
            places = np.arange(self.total)[:: -1 if query.descending else 1]
            shown = places[offset : offset + limit].tolist()
            return Page(self._summaries(shown, None), self.total, {}, counting=True)
        filtering = self._ready()
        places = self._places(query)
        shown = places[offset : offset + limit].tolist()
        rows = self._summaries(shown, filtering)
        return Page(rows, len(places), filtering.facets(query))

    def row(self, row_id: str, reviewer: str = "", query: Query | None = None) -> RowView:
        """Give one row whole, as a reviewer sees it.

        Raises:
            ConfigurationError: if the dataset has no such row.
        """
        self.marks.refresh()
        place = self.rows.place(row_id)
        stored, edits = self.rows.row(place), self.marks.edits.get(place, {})
        fields = {**stored, **edits}
        marks = self.marks.marks_of(place)
        who = reviewer or self.reviewer
        before, after, position, total = self._neighbours(place, query or Query())
        seen = self.marks.hash_of([place])[0]
        return RowView(
            id=row_id,
            place=place,
            split=self.rows.split_of(place),
            fields=fields,
            stored=stored,
            record=records_of(self.rows, [fields])[0],
            provenance=list(stored.get("provenance") or []),
            status=STATUS_NAMES[self.marks.status[place]],
            mine=next((mark for mark in marks if mark.reviewer == who), Mark(who)),
            marks=marks,
            history=self.overlay.history(row_id),
            suggestions=self.overlay.suggestions(row_id, seen),
            changed_since=any(mark.stale for mark in marks),
            before=before,
            after=after,
            position=position,
            total=total,
            repeats=self._repeats(place),
            editable=editable_columns(self.rows),
        )

    def next_unreviewed(self, query: Query, after: str | None = None, reviewer: str = "") -> str | None:
        """Give the next row of a query that nobody (or not this reviewer) decided about.

        Args:
            query: Which rows; its own status is left aside.
            after: The row that one is at; then round to the beginning.
            reviewer: Whose decisions count; everybody's by default.
        """
        self.marks.refresh()
        places = self._places(_without_status(query))
        status = self.marks.person(reviewer).status if reviewer else self.marks.status
        start = 0
        if after in self.rows.places:
            at = np.flatnonzero(places == self.rows.places[str(after)])
            start = int(at[0]) + 1 if len(at) else 0
        order = np.concatenate([places[start:], places[:start]])
        open_ = order[(status[order] != CONFIRMED) & (status[order] != REJECTED)]
        open_ = open_[open_ != self.rows.places.get(str(after), -1)]
        return self.rows.ids[int(open_[0])] if len(open_) else None

    def choices(self, name: str) -> list[str]:
        """Give the closed list of `label` or `domain`: classes, else what stands in the rows."""
        return list(self._lists()[name][1])

    def progress(self) -> Progress:
        """Say how far the review is."""
        self.marks.refresh()
        counts = np.bincount(self.marks.status, minlength=len(STATUS_NAMES)).tolist()
        done, people = self.overlay.actions_by(), self.marks.people
        told = [
            ReviewerProgress(
                who,
                int(np.count_nonzero(person.status == CONFIRMED)),
                int(np.count_nonzero(person.status == REJECTED)),
                done.get(who, 0),
            )
            for who, person in sorted(people.items())
        ]
        codes = {who: np.where(p.status == CHANGED, 0, p.status) for who, p in people.items()}
        return Progress(
            total=self.total,
            confirmed=counts[CONFIRMED],
            rejected=counts[REJECTED],
            changed=counts[CHANGED],
            unreviewed=counts[0],
            edited=int(np.count_nonzero(self.marks.edited)),
            gone=len(self.marks.gone),
            reviewers=told,
            agreement=agreement(codes),
        )

    # Doing

    def act(self, action: Action) -> Outcome:
        """Do something to rows; on the disk when this returns.

        Raises:
            SFTError: if it cannot be done to one of the rows: then it is done to none.
        """
        with self._lock:
            self.marks.refresh()
            if action.kind == "choose":
                places = [self.rows.place(row_of(ref, self.rows.places)) for ref in action.row_ids]
            elif action.query is not None:
                places = self._places(action.query).tolist()
            else:
                places = [self.rows.place(id) for id in dict.fromkeys(action.row_ids)]
            changes = list(row_changes(action, places, self.marks, self._lists(action.kind)))
            value = action.value
            done = self.overlay.record(action.reviewer, action.kind, changes, action.field, value)
            self.marks.refresh(change.id for change in changes)
            return done

    def undo(self, reviewer: str, action: int | None = None) -> Outcome:
        """Take back a reviewer's last action, or one of theirs by its number.

        Raises:
            ConfigurationError: if there is none.
        """
        with self._lock:
            done = self.overlay.undo(reviewer, action)
            self.marks.refresh()
            return done

    # Pairs and repeats

    def pair(
        self, query: Query, after: tuple[str, str] | None = None, reviewer: str = ""
    ) -> PairView | None:
        """Give two answers of one question to choose from; None where there is no further pair.

        Args:
            query: Which rows.
            after: `(a.ref, b.ref)` of the pair that was shown before; None for the first one that
                this reviewer did not choose in.
            reviewer: Who chooses; the sides are shuffled for each.
        """
        self.marks.refresh()
        who, known = reviewer or self.reviewer, self.format
        if known is None:
            return None
        within = "rejected" in known.holds
        questions = self._ready().index.question
        pairs = pairs_of(self._places(query), questions, self.rows.ids, within)
        chosen = self._chosen(who)
        number = next(
            (n for n, pair in enumerate(pairs) if _key(pair.refs) not in chosen), len(pairs)
        )
        if after is not None:
            last = {_key(pair.refs): n for n, pair in enumerate(pairs)}
            number = last.get(_key(after), number - 1) + 1
        return self._pair_view(pairs, number, who, chosen, known) if number < len(pairs) else None

    def find_duplicates(self, method: str = "near") -> int:
        """Look for rows that repeat others; give how many do. `Query.group` finds them then.

        Args:
            method: "exact" or "near", as of `sft.deduplicate`.
        """
        from hf_sft_builders.reviewing.merging import repeats_of

        found = repeats_of(self.rows, method)
        with self._lock:
            self._groups, self._found = found, {}
            if self._filtering is not None:
                self._filtering.groups = found
        return int(np.count_nonzero(found != np.arange(self.total)))

    # Models

    def suggestions(self, row_id: str) -> list[Suggestion]:
        """Give what models proposed for a row, latest first."""
        place = self.rows.place(row_id)
        return self.overlay.suggestions(row_id, self.marks.hash_of([place])[0])

    def ask(self, row_id: str, kind: str, advice: str = "") -> Suggestion:
        """Ask the model for an answer, a rewrite by advice, or a score; kept beside, never over.

        Raises:
            ConfigurationError: if no model was named, or the kind is unknown.
            ModelError: if the model gave nothing usable.
        """
        from hf_sft_builders.reviewing.asking import ask

        return ask(self, row_id, kind, advice)

    # Inside

    def _index(self) -> None:
        try:
            self._indexed.set_result(index_of(self.rows))
        except BaseException as error:
            self._indexed.set_exception(error)

    def _ready(self) -> Filtering:
        index = self._indexed.result()
        with self._lock:
            if self._filtering is None:
                self._filtering = Filtering(index, self.marks, self._groups)
            return self._filtering

    def _places(self, query: Query) -> np.ndarray:
        if not query.filters and not query.sort and not query.descending:
            return np.arange(self.total)
        key = (query, self.overlay.last_action())
        with self._lock:
            if key not in self._found:
                if len(self._found) >= _KEPT_QUERIES:
                    self._found.pop(next(iter(self._found)))
                self._found[key] = self._ready().places(query)
            return self._found[key]

    def _neighbours(self, place: int, query: Query) -> tuple[str | None, str | None, int, int]:
        places = self._places(query)
        at = np.flatnonzero(places == place)
        if not len(at):
            return None, None, -1, len(places)
        n = int(at[0])
        before = self.rows.ids[int(places[n - 1])] if n else None
        after = self.rows.ids[int(places[n + 1])] if n + 1 < len(places) else None
        return before, after, n, len(places)

    def _lists(self, kind: str = "label") -> Mapping[str, tuple[str, Sequence[str]]]:
        if kind not in ("label", "domain"):
            return {}
        filtering, classes = self._ready(), self.rows.classes
        columns = {"label": filtering.label_column, "domain": "domain"}
        return {
            name: (column, classes.get(column) or sorted(filtering.codes(name)[1][1:]))
            for name, column in columns.items()
        }

    def _repeats(self, place: int) -> list[str]:
        if self._groups is None:
            return []
        same = np.flatnonzero(self._groups == self._groups[place])
        return [self.rows.ids[int(other)] for other in same if other != place]

    def _chosen(self, reviewer: str) -> dict[str, str]:
        return {
            entry.field.removeprefix("choice:"): entry.value
            for entry in self.overlay.entries()
            if entry.reviewer == reviewer and entry.field.startswith("choice:")
        }

    def _pair_view(
        self, pairs: Sequence[Pair], number: int, who: str, chosen: Mapping[str, str], known: Format
    ) -> PairView:
        pair = pairs[number]
        shown = rows_at(self.rows, list(dict.fromkeys(pair.places)), self.marks.edits)
        records = records_of(self.rows, shown)
        question, a, b = sides(pair, [records[0], records[-1]], known)
        if is_turned(pair, who, self.seed):
            a, b = b, a
        choice = chosen.get(_key(pair.refs), "")
        if a.ref > b.ref:
            choice = TURNED.get(choice, choice)
        return PairView(question, a, b, choice, number, len(pairs))

    def _summaries(self, places: Sequence[int], filtering: Filtering | None) -> list[RowSummary]:
        rows = rows_at(self.rows, places, self.marks.edits)
        records = records_of(self.rows, rows)
        return [
            self._summary(place, row, record, filtering)
            for place, row, record in zip(places, rows, records, strict=True)
        ]

    def _summary(
        self, place: int, row: Mapping[str, Any], record: Mapping[str, Any],
        filtering: Filtering | None,
    ) -> RowSummary:  # fmt: skip
        marks = self.marks
        question, answer = in_short(record, row)
        told = {name: "" for name in ("label", "domain", "source", "reason")}
        length, judged = -1, None
        if filtering is not None:
            for name in told:
                codes, names = filtering.codes(name)
                told[name] = names[codes[place]]
            length = int(filtering.index.length[place])
            judged = _number(filtering.index.model_score[place])
        told["reason"] = marks.reasons.get(place, told["reason"])
        return RowSummary(
            id=self.rows.ids[place],
            place=place,
            split=self.rows.split_of(place),
            question=question,
            answer=answer,
            length=length,
            status=STATUS_NAMES[marks.status[place]],
            score=_number(marks.score[place]),
            model_score=judged,
            tags=marks.tag_names(place),
            edited=bool(marks.edited[place]),
            noted=bool(marks.noted[place]),
            disputed=bool(marks.disputed[place]),
            **told,
        )


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _key(refs: tuple[str, str]) -> str:
    return "\x1f".join(sorted(refs))


def _without_status(query: Query) -> Query:
    from dataclasses import replace

    return replace(query, status="")


__all__ = ["ConfigurationError", "Session"]
