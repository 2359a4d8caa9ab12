"""One line that says how a run goes: rows, tokens per second, in flight, refusals, cost.

It is `datasets`' own progress bar: `datasets.disable_progress_bars()` silences it, and it looks the
same on a terminal and in a notebook.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from datasets.utils import are_progress_bars_disabled, tqdm

from hf_sft_builders.ledger import TRAFFIC, Ledger, set_last_run

logger = logging.getLogger("hf_sft_builders")

Cost = Callable[[int, int], float | None]


class Progress:
    """The bar of one run, fed from its ledger.

    Args:
        bar: A `tqdm` bar.
        ledger: Counts inputs, rows and tokens.
        cost: Cost of tokens in and out, where prices are known.
    """

    def __init__(self, bar: Any, ledger: Ledger, cost: Cost | None) -> None:
        self._bar, self._ledger, self._cost = bar, ledger, cost
        self._started, self._done, self._shown = time.monotonic(), 0, 0.0

    def show(self, done: int) -> None:
        """Say how many inputs have ended; cheap to call for each."""
        now = time.monotonic()
        if now - self._shown > 0.2:
            self.finish(done)
            self._shown = now

    def finish(self, done: int) -> None:
        """Show the last state."""
        self._bar.set_postfix_str(self._words(), refresh=False)
        self._bar.update(done - self._done)
        self._done = done

    def _words(self) -> str:
        usage = self._ledger.usage
        if not usage:
            return ""
        seconds = max(time.monotonic() - self._started, 1e-3)
        words = [f"{usage['tokens_out'] / seconds:,.0f} tokens/s", f"{TRAFFIC.in_flight} in flight"]
        words += [f"{usage[name]} {name}" for name in ("refused", "cached") if usage[name]]
        cost = self._cost(usage["tokens_in"], usage["tokens_out"]) if self._cost else None
        return ", ".join([*words, *([f"cost {cost:.4g}"] if cost is not None else [])])


def tell(ledger: Ledger) -> None:
    """Make a finished run the last one, and say on screen what became of everything."""
    set_last_run(ledger)
    loud = bool(ledger.unreadable or ledger.failures)
    if not loud and not are_progress_bars_disabled():
        tqdm.write(ledger.summary(), file=sys.stderr)
    logger.log(logging.WARNING if loud else logging.INFO, "%s", ledger.summary())


@contextmanager
def progress(
    name: str, ledger: Ledger, total: int | None, unit: str, op: Any = None
) -> Iterator[Progress]:
    """Open the bar of a run.

    Args:
        name: Shown in front.
        ledger: The run's.
        total: Number of inputs, where it is known; the end is then estimated.
        unit: What is counted (" rows").
        op: Knows prices in `op.runtime`, if it asks a model.
    """
    limits = getattr(op, "runtime", None)
    with tqdm(total=total, desc=name, unit=unit) as bar:
        yield Progress(bar, ledger, limits.new_budget().cost if limits else None)
