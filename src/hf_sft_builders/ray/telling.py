"""What reading says in words ("Left out: …"): said by the driver, whichever worker read.

Ray would show a worker's lines with its process id in front, one for many that look alike, or none at
all where the program connected without them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger("hf_sft_builders")


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelno, record.getMessage()))


class Lines:
    """What has been said so far."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener

    def to_json(self) -> str:
        """Give it as text, for `say`."""
        return json.dumps(self._listener.lines, ensure_ascii=False)


@contextmanager
def heard(level: int) -> Iterator[Lines]:
    """Keep what this process says meanwhile, rather than let it be shown.

    Where the work breaks off nobody asks for it any more, so it is shown here.

    Args:
        level: Of the driver's logger: what it would not show is not kept.
    """
    listener = _Listener()
    before = logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(level)
    logger.propagate = False
    is_done = False
    try:
        yield Lines(listener)
        is_done = True
    finally:
        logger.removeHandler(listener)
        logger.level, logger.propagate = before
        if not is_done:
            say(json.dumps(listener.lines))


def say(lines: str) -> None:
    """Say what a worker has kept, here."""
    for level, words in json.loads(lines):
        logger.log(level, "%s", words)
