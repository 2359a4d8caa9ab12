"""While requests are in flight, full garbage collections pass over what was there before.

A full collection walks every object of the process, those of imported modules too: with `datasets`
loaded 50 to 100 ms in which no reply is read and no request leaves, again and again during a run.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_runs = 0
_is_ours = False


@contextmanager
def older_objects_at_rest() -> Iterator[None]:
    """Freeze what exists now, until the last run of the process ends.

    A process that froze its objects itself (before it forks, as a rule) keeps them as they are.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _runs, _is_ours
    with _lock:
        _runs += 1
        if _runs == 1 and not gc.get_freeze_count():
            gc.freeze()
            _is_ours = True


def _leave() -> None:
    global _runs, _is_ours
    with _lock:
        _runs -= 1
        if not _runs and _is_ours:
            gc.unfreeze()
            _is_ours = False


def _after_fork() -> None:
    """The runs of the parent are not those of the child."""
    global _lock, _runs, _is_ours
    _lock, _runs = threading.Lock(), 0
    if _is_ours:
        gc.unfreeze()
        _is_ours = False


os.register_at_fork(after_in_child=_after_fork)
