"""`sft.deduplicate`: one row of those that say the same; exactly, nearly, or in other words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import numpy as np

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.formats.batches import Rows
from hf_sft_builders.formats.picking import is_stream, refuse_paths
from hf_sft_builders.quality.cleaned import (
    Cleaned,
    Findings,
    cleaned,
    joined,
    refuse_taken_names,
    row_names,
)
from hf_sft_builders.quality.compared_text import Comparing, what_to_compare
from hf_sft_builders.quality.duplicate_stream import deduplicated_stream
from hf_sft_builders.quality.matching import (
    EXACT,
    EXACT_STEPS,
    NOTHING,
    Overview,
    Wanted,
    exact_matches,
    near_duplicates,
    overview,
    semantic_duplicates,
)
from hf_sft_builders.quality.near import Matches
from hf_sft_builders.quality.normal_form import STEPS, steps_of

_THRESHOLDS = {"exact": 1.0, "near": 0.8, "semantic": 0.92}
_REASONS = {"near": "near duplicate", "semantic": "semantic duplicate"}


def deduplicate(
    ds: Rows,
    by: str = "both",
    method: Literal["exact", "near", "semantic"] = "exact",
    threshold: float | None = None,
    keep: Literal["first", "best", "longest"] = "first",
    *,
    score: str = "score",
    normalize: Iterable[str] = EXACT_STEPS,
    format: str | None = None,
    embedding_model: str | None = None,
    embedding_url: str | None = None,
) -> Cleaned:
    """Leave out rows that repeat another; each with the row that it repeats.

    Args:
        ds: `Dataset`, table, `DatasetDict` (each split by itself; between splits:
            `sft.decontaminate(ds, against="splits")`), or a stream (`method="exact"`).
        by: What is compared: "question", "answer", "both", or a column.
        method: "exact": equal after normalisation. "near": alike by at least `threshold` (Jaccard
            similarity of shingles: five letters, or two Chinese characters), found by MinHash-LSH and then
            compared exactly. "semantic": cosine of embeddings of at least `threshold`.
        threshold: 0.8 for "near", 0.92 for "semantic", unless given.
        keep: Which row of several stays: the first, the one with the highest `score`, or the one
            with the most characters in what is compared.
        score: Column of numbers, for `keep="best"`. A row without a score is the worst.
        normalize: For "exact", some of "nfkc" (full width and the like), "case", "spaces",
            "punctuation". "near" takes all.
        format: Of the rows, where it is not found by their columns.
        embedding_model: For "semantic": name of a model behind an OpenAI-compatible endpoint.
        embedding_url: Its address ending in `/v1`; `OPENAI_BASE_URL` by default.

    Returns:
        `.kept` and `.rejected` (the same kind of dataset; rejected rows say `drop_reason`,
        `duplicate_of`, `similarity`) and `.counts`. Rows without words are kept.

    Raises:
        ConfigurationError: if an option does not fit the rows or the method.

    Example:
        >>> done = sft.deduplicate(ds, by="question", method="near", keep="longest")
        >>> print(done)
        9,412 rows stay, 588 left out (exact duplicate 301, near duplicate 287)
        >>> ds = done.kept
    """
    wanted = wanted_of(by, method, threshold, keep, score, normalize, format)
    wanted = wanted.asking(embedding_model, embedding_url)
    if isinstance(ds, Mapping):
        parts = {split: _deduplicated(part, wanted) for split, part in ds.items()}
        return joined(parts, cast(Any, type(ds)), "deduplicate")
    return _deduplicated(ds, wanted)


def wanted_of(
    by: str,
    method: str,
    threshold: float | None,
    keep: str,
    score: str,
    normalize: Iterable[str],
    format: str | None,
) -> Wanted:
    """Check what the user asked for.

    Raises:
        ConfigurationError: naming what fits.
    """
    if method not in _THRESHOLDS:
        raise ConfigurationError(f"method is {method!r}; expected {', '.join(_THRESHOLDS)}.")
    if keep not in ("first", "best", "longest"):
        raise ConfigurationError(f"keep is {keep!r}; expected first, best or longest.")
    if threshold is not None and method == "exact":
        raise ConfigurationError("threshold= is for method='near' or 'semantic'; exact is exact.")
    least = _THRESHOLDS[method] if threshold is None else threshold
    if not 0 < least <= 1:
        raise ConfigurationError(f"threshold is {least}; expected over 0 and up to 1.")
    steps = steps_of(normalize)
    return Wanted(by, method, least, keep, score, steps, format)


def _deduplicated(ds: Rows, wanted: Wanted) -> Cleaned:
    refuse_paths(ds, "deduplicate")
    refuse_taken_names(ds, "deduplicate")
    compare = what_to_compare(ds, wanted.by, wanted.format)
    if is_stream(ds):
        return deduplicated_stream(ds, compare, wanted)
    seen, found = matched(ds, compare, wanted)
    places = np.flatnonzero(found.of != np.arange(len(found.of)))
    reasons = reasons_of(seen, found, places, wanted.method)
    noted = Counter({NOTHING: int((~seen.told).sum())}) if not seen.told.all() else Counter()
    repeats = row_names(ds, found.of[places])
    findings = Findings(places, reasons, repeats, found.similarity[places], noted)
    return cleaned(ds, findings, len(seen.told), "deduplicate")


def reasons_of(seen: Overview, found: Matches, places: np.ndarray, method: str) -> list[str]:
    """Say why some rows do not stay."""
    same = (seen.digests[places] == seen.digests[found.of[places]]).all(axis=1)
    return [EXACT if equal else _REASONS[method] for equal in same]


def steps_for(wanted: Wanted) -> frozenset[str]:
    """Say how texts are brought to their normal form."""
    return wanted.steps if wanted.method == "exact" else frozenset(STEPS)


def matched(ds: Rows, compare: Comparing, wanted: Wanted) -> tuple[Overview, Matches]:
    """Find what each row of a dataset or table repeats."""
    seen = overview(ds, compare, wanted, steps_for(wanted))
    exact = exact_matches(seen)
    if wanted.method == "near":
        return seen, near_duplicates(ds, compare, seen, exact, wanted.threshold)
    if wanted.method == "semantic":
        return seen, semantic_duplicates(ds, compare, seen, exact, wanted)
    return seen, exact
