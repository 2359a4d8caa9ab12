"""How far the batches are, in one line; silent where `datasets` or `huggingface_hub` are told to be."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import huggingface_hub.utils

if TYPE_CHECKING:
    from openai.types import Batch


class BatchBar:
    """A bar over the calls of several batches.

    Args:
        model: Who answers.
        total: Calls in all.
    """

    def __init__(self, model: str, total: int) -> None:
        bars: Any = huggingface_hub.utils
        title = f"{model} (batch)"
        self._bar = bars.tqdm(total=total, desc=title, unit=" calls", disable=_is_silent())
        self._done: dict[str, int] = {}

    def __enter__(self) -> BatchBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, batch: Batch, at_least: int) -> None:
        """Show where a batch is; servers count on the way, but not all of them."""
        counts = batch.request_counts
        done = max(at_least, counts.completed + counts.failed if counts else 0)
        self._bar.set_postfix_str(f"{batch.id} {batch.status}", refresh=False)
        self._bar.update(done - self._done.get(batch.id, 0))
        self._bar.refresh()
        self._done[batch.id] = done


def _is_silent() -> bool:
    """Ask the switch of `datasets`, without importing it where nobody has."""
    if (datasets := sys.modules.get("datasets")) is not None:
        return bool(datasets.are_progress_bars_disabled())
    said = os.environ.get("HF_DATASETS_DISABLE_PROGRESS_BARS", "")
    return said.upper() in {"1", "ON", "YES", "TRUE"}
