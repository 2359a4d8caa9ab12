"""`sft.decontaminate`: rows that a model must not learn, because it will be tested on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows, tables_of
from hf_sft_builders.formats.picking import is_stream, kept, refuse_paths
from hf_sft_builders.formats.tables import features_of
from hf_sft_builders.quality.cleaned import (
    DUPLICATE_OF,
    REASON,
    SIMILARITY,
    Cleaned,
    Findings,
    cleaned,
    joined,
    refuse_taken_names,
)
from hf_sft_builders.quality.compared_text import Compare
from hf_sft_builders.quality.test_index import (
    NEAR,
    NGRAM,
    Held,
    Sought,
    TestIndex,
    index_of,
    where_to_look,
)
from hf_sft_builders.quality.test_sets import test_sets

_METHODS = {"both": ("ngram", "near"), "ngram": ("ngram",), "near": ("near",)}
_RANKS = {"test": 0, "validation": 1, "valid": 1, "val": 1, "dev": 1, "eval": 1, "train": 3}
_ROWS = 2000


def decontaminate(
    ds: Rows,
    against: Any,
    by: str = "question",
    method: Literal["both", "ngram", "near"] = "both",
    *,
    threshold: float = 0.8,
    ngram: int = 8,
    overlap: float = 0.5,
    format: str | None = None,
) -> Cleaned:
    """Leave out rows that hold a row of a test set; each with the test row that it holds.

    Args:
        ds: `Dataset`, table, stream, or `DatasetDict` (each split).
        against: One test set, a list, or a dict (name → test set): a dataset, a `DatasetDict` (all
            splits), a table, the path of a file, a folder or name on the Hub ("org/name",
            "org/name:config", "org/name:config:split"). "splits": those of `ds` against each other,
            so that no row of `train` stands in `validation` or `test`, nor one of `validation` in
            `test`; `test` loses nothing.
        by: What of a test row must not be learnt: "question", "answer", "both", or a column.
        method: "ngram": a row holds, anywhere in its conversation, at least `overlap` of a test row's
            n-grams. "near": the same part of a row is alike by at least `threshold`. "both": either.
        threshold: Jaccard similarity of shingles, as in `sft.deduplicate(method="near")`.
        ngram: Words, or Chinese characters, in a row. Shorter test rows count as a whole; those of
            under five are too short to say anything.
        overlap: Share of a test row's different n-grams, over 0 to 1.
        format: Of rows and test rows, where it is not found by their columns.

    Returns:
        `.kept`, `.rejected` (with `drop_reason`, `duplicate_of`: name of the test set and id or number of
        the row, `similarity`) and `.counts`; see `sft.deduplicate`.

    Raises:
        ConfigurationError: if an option does not fit.
        SourceError: if a test set cannot be loaded.

    Example:
        >>> done = sft.decontaminate(ds, against=["openai/gsm8k:main:test", "our_test.jsonl"])
        >>> done.rejected[0]["duplicate_of"]
        'our_test.jsonl row 12'
    """
    sought = sought_for(by, method, threshold, ngram, overlap, format)
    if isinstance(against, str) and against == "splits":
        return _between_splits(ds, sought)
    index = index_of(test_sets(against), sought)
    if isinstance(ds, Mapping):
        parts = {split: _cleaned(part, index) for split, part in ds.items()}
        return joined(parts, cast(Any, type(ds)), "decontaminate")
    return _cleaned(ds, index)


def sought_for(
    by: str, method: str, threshold: float, ngram: int, overlap: float, format: str | None
) -> Sought:
    """Check what the user asked for.

    Raises:
        ConfigurationError: naming what fits.
    """
    if method not in _METHODS:
        raise ConfigurationError(f"method is {method!r}; expected {', '.join(_METHODS)}.")
    for name, share in {"threshold": threshold, "overlap": overlap}.items():
        if not 0 < share <= 1:
            raise ConfigurationError(f"{name} is {share}; expected over 0 and up to 1.")
    if ngram < 1:
        raise ConfigurationError(f"ngram is {ngram}; expected 1 or more units.")
    return Sought(by, _METHODS[method], threshold, ngram, overlap, format)


def _between_splits(ds: Rows, sought: Sought) -> Cleaned:
    import datasets

    if not isinstance(ds, datasets.DatasetDict) or len(ds) < 2:
        raise ConfigurationError(
            "against='splits' holds the splits of a DatasetDict against each other; got "
            f"{type(ds).__name__} with {len(ds) if isinstance(ds, Mapping) else 'no'} split(s)."
        )
    parts = {}
    order = sorted(ds, key=lambda split: (_RANKS.get(split.split("_")[0].lower(), 2), split))
    for place, split in enumerate(order):
        if place == 0:
            _require_ready(ds[split])
            parts[split] = Cleaned(ds[split], _nothing(ds[split]))
        else:
            # What was taken out of a split already is in the one that it repeats.
            sets = {name: ds[name] for name in order[:place]}
            parts[split] = _cleaned(ds[split], index_of(sets, sought))
    return joined({split: parts[split] for split in ds}, type(ds), "decontaminate")


def _require_ready(ds: Rows) -> None:
    refuse_paths(ds, "decontaminate")
    refuse_taken_names(ds, "decontaminate")


def _nothing(ds: Rows) -> Rows:
    found = Findings(np.zeros(0, np.int64), [], [], np.zeros(0))
    return cleaned(ds, found, len(ds), "decontaminate").rejected


def _cleaned(ds: Rows, index: TestIndex) -> Cleaned:
    _require_ready(ds)
    near, whole = where_to_look(ds, index.sought)
    if is_stream(ds):
        return _cleaned_stream(ds, index, near, whole)
    start, places, reasons, repeats = 0, [np.zeros(0, np.int64)], [], []
    similarity = [np.zeros(0)]
    for table in tables_of(ds, _ROWS):
        held = index.hold(table, near, whole)
        hit = np.flatnonzero(held.test >= 0)
        places.append(hit + start)
        reasons += reasons_held(held, hit)
        repeats += [index.names[test] for test in held.test[hit]]
        similarity.append(held.similarity[hit])
        start += table.num_rows
    found = Findings(np.concatenate(places), reasons, repeats, np.concatenate(similarity))
    return cleaned(ds, found, start, "decontaminate")


def reasons_held(held: Held, hit: np.ndarray) -> list[str]:
    """Say why some rows do not stay."""
    return [NGRAM if by_ngram else NEAR for by_ngram in held.by_ngram[hit]]


def _cleaned_stream(ds: Rows, index: TestIndex, near: Compare, whole: Compare) -> Cleaned:
    """Decide about each row as it comes; counts are those of the rejected rows that were read."""
    import datasets

    counts: Counter[str] = Counter()
    extra = {name: datasets.Value("string") for name in (REASON, DUPLICATE_OF)}
    features = {**features_of(ds), **extra, SIMILARITY: datasets.Value("float64")}
    given = {"ds": ds, "index": index, "near": near, "whole": whole, "counts": counts}
    rejected = datasets.IterableDataset.from_generator(
        _rejected, features=datasets.Features(features), gen_kwargs=given
    )
    good = kept(ds, lambda table: index.hold(table, near, whole).test < 0)
    return Cleaned(good, rejected, counts)


def _rejected(
    ds: Rows, index: TestIndex, near: Compare, whole: Compare, counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    counts.clear()
    for table in tables_of(ds, _ROWS):
        held = index.hold(table, near, whole)
        hit = np.flatnonzero(held.test >= 0)
        rows = table.take(pa.array(hit)).to_pylist()
        for place, row, reason in zip(hit, rows, reasons_held(held, hit), strict=True):
            counts[reason] += 1
            told = {REASON: reason, DUPLICATE_OF: index.names[held.test[place]]}
            yield {**row, **told, SIMILARITY: float(held.similarity[place])}
