"""Rows that repeat others, found as `sft.deduplicate` finds them, over all splits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.quality.compared_text import what_to_compare
from hf_sft_builders.quality.duplicates import matched
from hf_sft_builders.quality.matching import Wanted
from hf_sft_builders.quality.normal_form import STEPS, steps_of
from hf_sft_builders.reviewing.rows import Rows

_LEAST = {"exact": 1.0, "near": 0.8}


def repeats_of(rows: Rows, method: str = "near") -> np.ndarray:
    """Give for each row the row that it repeats, itself where it repeats none.

    Args:
        rows: The dataset.
        method: "exact" or "near".

    Raises:
        ConfigurationError: for another method.
    """
    if method not in _LEAST:
        raise ConfigurationError(f"method is {method!r}; expected {', '.join(_LEAST)}.")
    said = [name for name in rows.columns if name in rows.said]
    whole = pa.concat_tables(rows.tables(said))
    steps = steps_of(STEPS)
    wanted = Wanted("both", method, _LEAST[method], "first", "score", steps, None)
    _, found = matched(whole, what_to_compare(whole, "both"), wanted)
    return np.asarray(found.of, dtype=np.int64)
