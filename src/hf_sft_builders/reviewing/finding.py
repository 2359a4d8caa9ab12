"""Finds rows: the index made in the background, and what queries found lately."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import numpy as np

from hf_sft_builders.reviewing.filtering import Filtering
from hf_sft_builders.reviewing.index import Index, index_of
from hf_sft_builders.reviewing.marks import Marks
from hf_sft_builders.reviewing.pairing import Pair, pairs_of
from hf_sft_builders.reviewing.query import Query

_KEPT_QUERIES = 32


class Finder:
    """Finds the rows of one review; safe to use from several threads.

    Args:
        marks: What people said of them.
    """

    def __init__(self, marks: Marks) -> None:
        self.groups: np.ndarray | None = None
        """The row that each row repeats, once that was looked for."""
        self._marks = marks
        self._lock = threading.RLock()
        self._found: dict[tuple[Query, int], np.ndarray] = {}
        self._paired: tuple[tuple[Query, int], list[Pair]] | None = None
        self._filtering: Filtering | None = None
        self._indexed: Future[Index] = Future()
        threading.Thread(target=self._index, name="review index", daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether the index is there, so that nothing waits."""
        return self._indexed.done()

    def filtering(self) -> Filtering:
        """Give what filters, as soon as the index is there."""
        index = self._indexed.result()
        with self._lock:
            if self._filtering is None:
                self._filtering = Filtering(index, self._marks, self.groups)
            return self._filtering

    def places(self, query: Query) -> np.ndarray:
        """Give the numbers of the rows that a query finds, in its order."""
        if not query.filters and not query.sort and not query.descending:
            return np.arange(self._marks.rows.total)
        key = (query, self._marks.overlay.last_action())
        with self._lock:
            if key not in self._found:
                if len(self._found) >= _KEPT_QUERIES:
                    self._found.pop(next(iter(self._found)))
                self._found[key] = self.filtering().places(query)
            return self._found[key]

    def pairs(self, query: Query, *, within: bool) -> list[Pair]:
        """Pair up the rows of a query: those that ask the same, or the two answers within each."""
        key = (query, self._marks.overlay.last_action() if query.filters else 0)
        with self._lock:
            if self._paired is None or self._paired[0] != key:
                rows, questions = self._marks.rows, self.filtering().index.question
                found = pairs_of(self.places(query), questions, rows.ids, within)
                self._paired = (key, found)
            return self._paired[1]

    def group(self, groups: np.ndarray) -> None:
        """Take in which row each row repeats."""
        with self._lock:
            self.groups, self._found = groups, {}
            self.filtering().groups = groups

    def _index(self) -> None:
        try:
            self._indexed.set_result(index_of(self._marks.rows))
        except BaseException as error:  # noqa: BLE001 (whoever waits for it gets it)
            self._indexed.set_exception(error)
