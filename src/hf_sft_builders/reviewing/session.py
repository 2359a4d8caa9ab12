"""One open review: a dataset, what people said of it, and what a page asks about both."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hf_sft_builders.reviewing.actions import Action, Outcome
from hf_sft_builders.reviewing.applying import row_changes
from hf_sft_builders.reviewing.finding import Finder
from hf_sft_builders.reviewing.index import label_column
from hf_sft_builders.reviewing.marks import CONFIRMED, REJECTED, Marks
from hf_sft_builders.reviewing.opening import named, opened
from hf_sft_builders.reviewing.overlay import Overlay
from hf_sft_builders.reviewing.pairing import row_of
from hf_sft_builders.reviewing.pairs_shown import pair_to_show
from hf_sft_builders.reviewing.places import in_home
from hf_sft_builders.reviewing.progressing import progress_of
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.row_shown import row_view
from hf_sft_builders.reviewing.rows import Rows
from hf_sft_builders.reviewing.showing import summaries
from hf_sft_builders.reviewing.views import (
    Page,
    PairView,
    Progress,
    RowView,
    Suggestion,
)

if TYPE_CHECKING:
    from hf_sft_builders.formats import Format
    from hf_sft_builders.reviewing.asking import Asking
    from hf_sft_builders.synthesis.domain_tree import DomainTree


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
        self.path = ""
        """What it was opened by: an absolute path or a repository; empty for rows in memory."""
        self.sources: tuple[Path, ...] = ()
        """Folders that hold the documents of rows which name them without a folder."""
        self.asking: Asking | None = None
        self.tree: DomainTree | None = None
        self.tree_path: Path | None = None
        self.format: Format | None = rows.format
        self.splits: tuple[str, ...] = tuple(rows.splits)
        self.total: int = rows.total
        rows.hash_columns(overlay.told("said"))
        overlay.tell("said", list(rows.said))
        overlay.tell("name", name)
        overlay.tell("rows", rows.total)
        self.marks = Marks(overlay, rows)
        self._lock = threading.RLock()
        self._finder = Finder(self.marks)

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
        session = cls(name or found, Rows(splits), Overlay(place), reviewer, seed)
        session.path = named(what)
        return session

    def close(self) -> None:
        """Close the review's file; nothing is pending."""
        self.overlay.close()

    # Looking

    def page(self, query: Query, offset: int = 0, limit: int = 50) -> Page:
        """Give some of the rows that a query finds, and how many there are of each kind.

        The first page of all rows does not wait until the rows are indexed; everything else does.
        """
        self.marks.refresh()
        if not query.filters and not query.sort and not self._finder.is_ready:
            places = np.arange(self.total)[:: -1 if query.descending else 1]
            shown = places[offset : offset + limit].tolist()
            return Page(summaries(self.marks, shown, None), self.total, {}, counting=True)
        filtering = self._finder.filtering()
        places = self._finder.places(query)
        shown = places[offset : offset + limit].tolist()
        rows = summaries(self.marks, shown, filtering)
        return Page(rows, len(places), filtering.facets(query))

    def row(self, row_id: str, reviewer: str = "", query: Query | None = None) -> RowView:
        """Give one row whole, as a reviewer sees it.

        Raises:
            ConfigurationError: if the dataset has no such row.
        """
        self.marks.refresh()
        place = self.rows.place(row_id)
        found = self._finder.places(query or Query())
        return row_view(self.marks, place, reviewer or self.reviewer, found, self._finder.groups)

    def next_unreviewed(
        self, query: Query, after: str | None = None, reviewer: str = ""
    ) -> str | None:
        """Give the next row of a query that nobody (or not this reviewer) decided about.

        Args:
            query: Which rows; its own status is left aside.
            after: The row that one is at; then round to the beginning.
            reviewer: Whose decisions count; everybody's by default.
        """
        self.marks.refresh()
        places = self._finder.places(replace(query, status=""))
        status = self.marks.person(reviewer).status if reviewer else self.marks.status
        start = 0
        if after in self.rows.places:
            at = np.flatnonzero(places == self.rows.places[str(after)])
            start = int(at[0]) + 1 if len(at) else 0
        order = np.concatenate([places[start:], places[:start]])
        open_ = order[(status[order] != CONFIRMED) & (status[order] != REJECTED)]
        open_ = open_[open_ != self.rows.places.get(str(after), -1)]
        return self.rows.ids[int(open_[0])] if len(open_) else None

    @property
    def key(self) -> str:
        """Short and stable: names the review in an address."""
        return hashlib.sha256(self.kept_in.encode()).hexdigest()[:10]

    @property
    def kept_in(self) -> str:
        """Where what people did is kept."""
        return str(self.overlay.path)

    @property
    def labels(self) -> tuple[str, ...]:
        """The closed list of labels: classes, else what stands in the rows; empty without a column."""
        return self._lists("label")["label"][1]

    @property
    def domains(self) -> tuple[str, ...]:
        """The closed list of domains: paths of the tree, where one was given, and what the rows have."""
        return self._lists("domain")["domain"][1]

    def progress(self) -> Progress:
        """Say how far the review is."""
        self.marks.refresh()
        return progress_of(self.marks)

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
                places = self._finder.places(action.query).tolist()
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

    def edit_tree(self, kind: str, path: str, label: str = "", reviewer: str = "") -> Outcome:
        """Rename, add or delete a label of the domain tree, and take the rows along.

        Raises:
            ConfigurationError: without a tree, or for a label that cannot be.
        """
        from hf_sft_builders.reviewing.trees import edit_tree

        with self._lock:
            return edit_tree(self, kind, path, label, reviewer or self.reviewer)

    def domain_codes(self) -> tuple[np.ndarray, list[str]]:
        """Give each row's domain as a number into a list of names, with the edits that count."""
        return self._finder.filtering().codes("domain")

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
        who = reviewer or self.reviewer
        if self.format is None:
            return None
        pairs = self._finder.pairs(query, within="rejected" in self.format.holds)
        return pair_to_show(pairs, self.marks, who, self.seed, after)

    def find_duplicates(self, method: str = "near") -> int:
        """Look for rows that repeat others; give how many do. `Query.group` finds them then.

        Args:
            method: "exact" or "near", as of `sft.deduplicate`.
        """
        from hf_sft_builders.reviewing.merging import repeats_of

        found = repeats_of(self.rows, method)
        self._finder.group(found)
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

    def _lists(self, kind: str) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Give the column of labels or domains, and what may be set in it; nothing for other kinds."""
        if kind not in ("label", "domain"):
            return {}
        column = label_column(self.rows) if kind == "label" else "domain"
        if column not in self.rows.columns:
            return {kind: (column, ())}
        if known := self.rows.classes.get(column):
            return {kind: (column, known)}
        more = self.tree.paths if self.tree and kind == "domain" else ()
        found = self._finder.filtering().codes(kind)[1][1:]
        return {kind: (column, tuple(dict.fromkeys([*more, *sorted(found)])))}
