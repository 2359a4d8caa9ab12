"""A query to the rows that it finds, and how many there are of each kind: masks over the index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from hf_sft_builders.reviewing.index import FACETS, Index
from hf_sft_builders.reviewing.marks import STATUS_NAMES, Marks
from hf_sft_builders.reviewing.query import Query
from hf_sft_builders.reviewing.searching import fold_text, rows_with, terms_of

Mask = np.ndarray
_REMEMBERED = 16
_MOST_NAMES = 200
"""Names of one facet that are counted for a page."""


@dataclass
class Filtering:
    """Finds rows.

    Args:
        index: What is known of the rows.
        marks: What people said of them.
    """

    index: Index
    marks: Marks
    groups: np.ndarray | None = None
    """int64 per row: the row that it repeats, itself where it repeats none; None until looked for."""
    _searches: dict[str, Mask] = field(default_factory=dict, repr=False)
    _edited: dict[int, tuple[int, str]] = field(default_factory=dict, repr=False)
    """Row → number of its last action, and its folded words with the edits."""

    def places(self, query: Query) -> np.ndarray:
        """Give the numbers of the rows that a query finds, in its order."""
        found = np.flatnonzero(self._all(dict(self._masks(query))))
        return self._sorted(found, query)

    def facets(self, query: Query) -> dict[str, list[tuple[str, int]]]:
        """Count the rows of each kind, each facet as all other filters leave it."""
        masks = dict(self._masks(query))
        whole = self._all(masks)
        counted: dict[str, list[tuple[str, int]]] = {}
        for name in ("status", "split", "tag", *FACETS):
            without = {key: mask for key, mask in masks.items() if key != name}
            rows = whole if name not in masks else self._all(without)
            counted[name] = getattr(self, f"_count_{name}", self._count_codes)(name, rows)
        return {name: found for name, found in counted.items() if found}

    def codes(self, name: str) -> tuple[np.ndarray, list[str]]:
        """Give a facet's codes and names, with people's edits of label and domain."""
        codes, names = self.index.codes[name], self.index.names[name]
        column = self.label_column if name == "label" else name
        edits = {p: e[column] for p, e in self.marks.edits.items() if column and column in e}
        if name not in ("label", "domain") or not edits:
            return codes, names
        codes, names = codes.copy(), list(names)
        classes = self.marks.rows.classes.get(column, ())
        for place, value in edits.items():
            text = classes[value] if classes and isinstance(value, int) else str(value or "")
            if text not in names:
                names.append(text)
            codes[place] = names.index(text)
        return codes, names

    @property
    def label_column(self) -> str:
        """The column of labels, empty where there is none."""
        from hf_sft_builders.reviewing.index import label_column

        return label_column(self.marks.rows)

    # Masks

    def _all(self, masks: dict[str, Mask]) -> Mask:
        found = np.ones(self.marks.rows.total, dtype=bool)
        for mask in masks.values():
            found &= mask
        return found

    def _masks(self, query: Query) -> Iterator[tuple[str, Mask]]:
        if query.split:
            yield "split", self._in_split(query.split)
        if query.status or query.reviewer:
            yield "status", self._with_status(query)
        if query.tag:
            nothing = np.zeros(self.marks.rows.total, dtype=bool)
            yield "tag", self.marks.tags.get(query.tag, nothing)
        for name in FACETS:
            if value := getattr(query, name):
                yield name, self._with_code(name, value)
        yield from self._ranges(query)
        if query.group:
            yield "group", self._in_group(query.group)
        if query.text.strip():
            yield "text", self._with_text(query.text)

    def _ranges(self, query: Query) -> Iterator[tuple[str, Mask]]:
        columns = {
            "score": self.marks.score,
            "model_score": self.index.model_score,
            "length": self.index.length,
        }
        for name, values in columns.items():
            least, most = getattr(query, f"min_{name}"), getattr(query, f"max_{name}")
            if least is not None:
                yield f"min_{name}", values >= least
            if most is not None:
                yield f"max_{name}", values <= most

    def _in_split(self, name: str) -> Mask:
        rows = self.marks.rows
        found = np.zeros(rows.total, dtype=bool)
        if name in rows.splits:
            number = list(rows.splits).index(name)
            found[rows.starts[number] : rows.starts[number + 1]] = True
        return found

    def _with_status(self, query: Query) -> Mask:
        flags = {"edited": self.marks.edited, "noted": self.marks.noted}
        flags["disputed"] = self.marks.disputed
        if query.status in flags:
            return flags[query.status]
        if query.reviewer:
            person = self.marks.person(query.reviewer)
            if not query.status:
                return person.touched
            return np.asarray(person.status == STATUS_NAMES.index(query.status))
        return np.asarray(self.marks.status == STATUS_NAMES.index(query.status))

    def _with_code(self, name: str, value: str) -> Mask:
        codes, names = self.codes(name)
        wanted = [n for n, known in enumerate(names) if known == value]
        if name == "domain":  # a branch of the tree with all below it
            wanted += [n for n, known in enumerate(names) if known.startswith(f"{value}/")]
        found = np.isin(codes, wanted)
        if name == "reason":
            found[[place for place, said in self.marks.reasons.items() if said == value]] = True
        return np.asarray(found)

    def _in_group(self, value: str) -> Mask:
        groups = self.groups
        if groups is None:
            return np.zeros(self.marks.rows.total, dtype=bool)
        if value == "any":
            return np.asarray(np.bincount(groups, minlength=len(groups))[groups] > 1)
        place = self.marks.rows.places.get(value)
        return np.asarray(groups == groups[place]) if place is not None else groups < 0

    def _with_text(self, text: str) -> Mask:
        terms = terms_of(text)
        if not terms:
            return np.ones(self.marks.rows.total, dtype=bool)
        key = "\0".join(terms)
        if key not in self._searches:
            if len(self._searches) >= _REMEMBERED:
                self._searches.pop(next(iter(self._searches)))
            self._searches[key] = rows_with(
                terms, self.index.words, self.index.ends, self.index.pairs
            )
        found = self._searches[key].copy()
        for place, edits in self.marks.edits.items():
            told = self._edited_words(place, edits)
            found[place] = all(term in told for term in terms)
        return found

    def _edited_words(self, place: int, edits: dict[str, Any]) -> str:
        version, told = self._edited.get(place, (-1, ""))
        if version != self.marks.updated[place]:
            told = fold_text(_words({**self.marks.rows.row(place), **edits, "provenance": None}))
            self._edited[place] = (int(self.marks.updated[place]), told)
        return told

    # Counts and order

    def _count_status(self, _: str, rows: Mask) -> list[tuple[str, int]]:
        counts = np.bincount(self.marks.status[rows], minlength=len(STATUS_NAMES))
        told = [(name, int(n)) for name, n in zip(STATUS_NAMES, counts, strict=True)]
        flags = {"edited": self.marks.edited, "noted": self.marks.noted}
        flags["disputed"] = self.marks.disputed
        told += [(name, int(np.count_nonzero(flag & rows))) for name, flag in flags.items()]
        return [(name, n) for name, n in told if n or name in STATUS_NAMES[:3]]

    def _count_split(self, _: str, rows: Mask) -> list[tuple[str, int]]:
        splits, starts = list(self.marks.rows.splits), self.marks.rows.starts
        if len(splits) < 2:
            return []
        parts = [int(np.count_nonzero(rows[a:b])) for a, b in pairwise(starts.tolist())]
        return list(zip(splits, parts, strict=True))

    def _count_tag(self, _: str, rows: Mask) -> list[tuple[str, int]]:
        told = [(n, int(np.count_nonzero(tagged & rows))) for n, tagged in self.marks.tags.items()]
        return sorted((one for one in told if one[1]), key=lambda one: (-one[1], one[0]))

    def _count_codes(self, name: str, rows: Mask) -> list[tuple[str, int]]:
        codes, names = self.codes(name)
        counts = np.bincount(codes[rows], minlength=len(names))
        extra: dict[str, int] = {}
        if name == "reason":
            for place, said in self.marks.reasons.items():
                extra[said] = extra.get(said, 0) + int(rows[place])
        if len(names) == 1 and not extra:
            return []
        order = np.argsort(-counts, kind="stable")[: _MOST_NAMES + 1]
        told = {names[n]: int(counts[n]) for n in order if counts[n] and names[n]}
        for said, many in extra.items():
            if many:
                told[said] = told.get(said, 0) + many
        return sorted(told.items(), key=lambda one: -one[1])[:_MOST_NAMES]

    def _sorted(self, found: np.ndarray, query: Query) -> np.ndarray:
        if not query.sort:
            return found[::-1] if query.descending else found
        values: Any
        if query.sort in ("label", "domain", "source"):
            codes, names = self.codes(query.sort)
            rank = np.empty(len(names), dtype=np.int64)
            rank[np.argsort(np.array(names))] = np.arange(len(names))
            values = rank[codes[found]].astype(np.float64)
        else:
            columns = {"length": self.index.length, "score": self.marks.score}
            columns |= {"model_score": self.index.model_score, "updated": self.marks.updated}
            values = columns[query.sort][found].astype(np.float64)
        # What has no value stands last, whichever way.
        key = np.where(np.isnan(values), np.inf, -values if query.descending else values)
        return found[np.argsort(key, kind="stable")]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(map(_words, value.values()))
    if isinstance(value, list):
        return "\n".join(map(_words, value))
    return value if isinstance(value, str) else ""
