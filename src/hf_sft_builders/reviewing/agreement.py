"""How far people agree: the share of equal decisions, and Cohen's kappa. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from hf_sft_builders.reviewing.views import Agreement


def agreement(decisions: Mapping[str, np.ndarray]) -> Agreement:
    """Compare the decisions of people, two by two.

    Args:
        decisions: Person → one code per row; 0 where they did not decide.

    Returns:
        Rows that two or more decided about, the share of pairs of decisions that are equal, and
        kappa, each pair of people weighed by the rows that both decided about.

    Example:
        >>> agreement({"a": np.array([1, 1, 2, 0]), "b": np.array([1, 2, 2, 1])}).share
        0.6666666666666666
    """
    given = list(decisions.values())
    if not given:
        return Agreement(0, None, None)
    several = np.sum([codes > 0 for codes in given], axis=0) > 1
    pairs = equal = 0
    weighed, weights = 0.0, 0
    for a, b in combinations(given, 2):
        both = (a > 0) & (b > 0)
        rows = int(np.count_nonzero(both))
        if not rows:
            continue
        pairs += rows
        equal += int(np.count_nonzero(a[both] == b[both]))
        kappa = cohens_kappa(a[both], b[both])
        if kappa is not None:
            weighed, weights = weighed + kappa * rows, weights + rows
    return Agreement(
        int(np.count_nonzero(several)),
        equal / pairs if pairs else None,
        weighed / weights if weights else None,
    )


def cohens_kappa(a: np.ndarray, b: np.ndarray) -> float | None:
    """Give Cohen's kappa of two people's codes; None where chance alone would make them equal."""
    codes = np.union1d(a, b)
    share_a = np.array([np.mean(a == code) for code in codes])
    share_b = np.array([np.mean(b == code) for code in codes])
    expected = float(share_a @ share_b)
    if expected >= 1.0:
        return None
    return float((np.mean(a == b) - expected) / (1.0 - expected))
