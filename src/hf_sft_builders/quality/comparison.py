"""`sft.compare`: what an augmentation, a filter or a new version did to a dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, column_names, tables_of
from hf_sft_builders.formats.json_columns import json_text
from hf_sft_builders.formats.picking import at, is_stream, refuse_paths
from hf_sft_builders.formats.row_hashes import require_columns, row_numbers
from hf_sft_builders.formats.tables import class_labels, with_class_names
from hf_sft_builders.formats.turns import as_array
from hf_sft_builders.quality.compared_text import Compare, rows_at, what_to_compare
from hf_sft_builders.quality.diversity import distinct_shares, self_bleu
from hf_sft_builders.quality.duplicates import matched
from hf_sft_builders.quality.matching import Wanted
from hf_sft_builders.quality.measures import Comparison, Measures
from hf_sft_builders.quality.naive_bayes import NaiveBayes, scores
from hf_sft_builders.quality.near import Matches
from hf_sft_builders.quality.normal_form import STEPS
from hf_sft_builders.quality.test_index import Sought, index_of, where_to_look

_LABELS = ("label", "domain")
_DISTINCT_ROWS, _BLEU_ROWS, _BATCH = 20_000, 300, 2000
_LEAST_HELD_OUT = 2


def compare(
    before: Rows,
    after: Rows,
    by: str = "question",
    *,
    label: str | None = None,
    test: Rows | None = None,
    holdout: float = 0.2,
    threshold: float = 0.8,
    seed: int = 0,
    format: str | None = None,
) -> Comparison:
    """Measure two datasets side by side: diversity, labels, duplicates, and what a classifier learns.

    Args:
        before: `Dataset` or table.
        after: The same, changed: augmented, filtered, mixed.
        by: What is measured: "question", "answer", "both" or a column.
        label: Column of labels; `label` or `domain` where there is one.
        test: Rows to score the classifiers on. Without it, a part of `before` is held out; rows of
            either dataset that come from a held-out row (by `id`, or nearly the same) are not learnt
            from.
        holdout: That part, over 0 and under 1; which rows is decided by their hash.
        threshold: Jaccard similarity from which rows count as nearly the same.
        seed: Another seed, other samples and held-out rows.
        format: Of the rows, where it is not found by their columns.

    Returns:
        A comparison: `.before`, `.after`, `.label_flips`; printed, a table (`.table("zh")` in
        Chinese). The classifier is TF-IDF with naive Bayes: small, and the same for both.

    Raises:
        ConfigurationError: if a column is missing, or an option does not fit.

    Example:
        >>> print(sft.compare(ds, augmented, label="label"))
    """
    for ds in (before, after):
        refuse_paths(ds, "compare")
        if is_stream(ds):
            raise ConfigurationError(
                "sft.compare reads rows more than once. Load without streaming=True."
            )
    if not 0 < holdout < 1:
        raise ConfigurationError(f"holdout is {holdout}; expected over 0 and under 1.")
    wanted = Wanted(by, "near", threshold, "first", "", frozenset(STEPS), format)
    sides = [_Side.of(ds, wanted, label, seed) for ds in (before, after)]
    made = Comparison(Measures(), Measures(), sides[0].label)
    sample = min(*(len(side.order) for side in sides), _DISTINCT_ROWS)
    for side, measures in zip(sides, (made.before, made.after), strict=True):
        _measure(side, measures, sample)
    _classify(made, sides[0], sides[1], test, holdout)
    return made


@dataclass
class _Side:
    """One of the two datasets."""

    ds: Rows
    compare: Compare
    wanted: Wanted
    label: str | None
    labels: list[str | None]
    """Of each row, as text; empty where there are none."""
    order: np.ndarray
    """Rows with something to compare, in an order that comes from what they say."""

    @classmethod
    def of(cls, ds: Rows, wanted: Wanted, label: str | None, seed: int) -> _Side:
        names = column_names(ds)
        if label is not None:
            require_columns(names, [label])
        found = label or next((name for name in _LABELS if name in names), None)
        how = what_to_compare(ds, wanted.by, wanted.format)
        texts = [how(table).texts for table in tables_of(ds, _BATCH)]
        told = np.concatenate(
            [np.zeros(0, bool), *(np.asarray(pc.not_equal(t, "")) for t in texts)]
        )
        numbers = np.concatenate([np.zeros(0), *(row_numbers(t, seed) for t in texts)])
        order = np.argsort(numbers, kind="stable")
        return cls(ds, how, wanted, found, _labels(ds, found), order[told[order]])

    def texts(self, rows: np.ndarray) -> pa.Array:
        return (
            self.compare(rows_at(self.ds, rows)).texts if len(rows) else pa.array([], pa.string())
        )


def _labels(ds: Rows, column: str | None) -> list[str | None]:
    if column is None:
        return []
    names, found = class_labels(ds), []
    for table in tables_of(ds, _BATCH):
        known = {name: labels for name, labels in names.items() if name == column}
        values = as_array(with_class_names(table.select([column]), known)[column])
        text = values if pa.types.is_string(values.type) else json_text(values)
        found += pc.if_else(values.is_valid(), text, pa.scalar(None, pa.string())).to_pylist()
    return found


def _measure(side: _Side, measures: Measures, sample: int) -> None:
    lengths = [pc.utf8_length(side.compare(t).texts) for t in tables_of(side.ds, _BATCH)]
    whole = np.concatenate([np.zeros(0), *(np.asarray(part) for part in lengths)])
    measures.rows = len(whole)
    measures.characters = float(whole.mean()) if len(whole) else 0.0
    texts = side.texts(np.sort(side.order[:sample]))
    shares = distinct_shares(texts)
    measures.distinct_1, measures.distinct_2, measures.distinct_3 = shares
    measures.self_bleu = self_bleu(side.texts(np.sort(side.order[: min(sample, _BLEU_ROWS)])))
    _, found = matched(side.ds, side.compare, side.wanted)
    repeats = np.flatnonzero(found.of != np.arange(len(found.of)))
    measures.near_duplicates = len(repeats) / max(1, len(whole))
    if side.labels:
        _measure_labels(side, measures, found, repeats)


def _measure_labels(side: _Side, measures: Measures, found: Matches, repeats: np.ndarray) -> None:
    counts = Counter(label for label in side.labels if label is not None)
    measures.labels = dict(sorted(counts.items()))
    parts = np.array(list(counts.values()), dtype=float) / max(1, counts.total())
    entropy = float(-(parts * np.log(parts)).sum())
    measures.balance = abs(entropy / np.log(len(parts))) if len(parts) > 1 else 0.0
    other = [side.labels[row] != side.labels[found.of[row]] for row in repeats]
    measures.conflicts = sum(other) / max(1, len(side.labels))


def _classify(
    made: Comparison, before: _Side, after: _Side, test: Rows | None, holdout: float
) -> None:
    """Train on either side, score on the same rows, and count flipped labels."""
    if not (before.labels and after.labels):
        made.no_classifier = "labels"
        return
    made.label_flips = _flips(before, after)
    if test is None:
        held, learnt = _held_out(before, holdout)
        judged = _Side(at(before.ds, held), before.compare, before.wanted, before.label, [], held)
        judged.labels = [before.labels[row] for row in held]
    else:
        judged = _Side.of(test, before.wanted, before.label, 0)
        learnt = np.ones(len(before.labels), dtype=bool)
    rows = [row for row, label in enumerate(judged.labels) if label is not None]
    if len(rows) < _LEAST_HELD_OUT:
        made.no_classifier = "held"
        return
    made.held_out = len(rows)
    kin = [_kin(side, judged) for side in (before, after)]
    learnt &= ~kin[0]
    made.kin = int(kin[1].sum())
    known = [str(judged.labels[row]) for row in rows]
    texts = judged.texts(np.array(rows))
    for side, mask, measures in (
        (before, learnt, made.before),
        (after, ~kin[1], made.after),
    ):
        if not _train(side, mask, measures, texts, known):
            made.no_classifier = "one"


def _train(
    side: _Side, mask: np.ndarray, measures: Measures, texts: pa.Array, known: list[str]
) -> bool:
    rows = [row for row in np.sort(side.order) if mask[row] and side.labels[row] is not None]
    labels = [str(side.labels[row]) for row in rows]
    if len(set(labels)) < 2:
        return False
    model = NaiveBayes.trained(side.texts(np.array(rows)), labels)
    measures.trained_on = len(rows)
    measures.accuracy, measures.macro_f1 = scores(known, model.labelled(texts))
    return True


def _held_out(side: _Side, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Pick rows to score on; give them, and a mask of the rows to learn from."""
    labelled = np.array([row for row in side.order if side.labels[row] is not None], dtype=np.int64)
    held = np.sort(labelled[: max(1, round(part * len(labelled)))]) if len(labelled) else labelled
    learnt = np.ones(len(side.labels), dtype=bool)
    learnt[held] = False
    return held, learnt


def _kin(side: _Side, judged: _Side) -> np.ndarray:
    """Mark the rows that come from rows that are scored on: by id, or nearly the same."""
    found = _nearest(side, judged.ds) >= 0
    if "id" not in column_names(side.ds) or "id" not in column_names(judged.ds):
        return found
    ids = {i for t in tables_of(judged.ds, _BATCH) for i in t["id"].to_pylist() if i}
    own = [i for table in tables_of(side.ds, _BATCH) for i in table["id"].to_pylist()]
    return np.asarray(found | np.array([_descends(i, ids) for i in own], dtype=bool))


def _descends(id_: object, ids: set[object]) -> bool:
    """Tell whether a row was made from one of these: `parent:step:sample`, any number of steps."""
    if id_ in ids:
        return True
    parts = str(id_).split(":")
    return any(":".join(parts[:end]) in ids for end in range(len(parts) - 2, 0, -2))


def _nearest(side: _Side, others: Rows) -> np.ndarray:
    """Give for each row the other row that it is nearly the same as, -1 for none."""
    wanted = side.wanted
    sought = Sought(wanted.by, ("near",), wanted.threshold, 8, 1.0, wanted.format)
    index = index_of({"": others}, sought)
    near, whole = where_to_look(side.ds, sought)
    parts = [index.hold(table, near, whole).test for table in tables_of(side.ds, _BATCH)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _flips(before: _Side, after: _Side) -> int:
    nearest = _nearest(after, before.ds)
    return sum(
        after.labels[row] != before.labels[nearest[row]] for row in np.flatnonzero(nearest >= 0)
    )
