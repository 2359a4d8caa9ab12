"""What can go wrong, and how often."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """A fault of one kind of request."""

    kind: str
    """Of the requests that it meets, as `api.ROUTES` and `transfers` name them."""
    do: str = "status"
    """`status`: refused before anything happens. `reset`: the connection breaks before, or in the
    middle of, the body. `lost`: everything happens, then the connection breaks. `stall`: half of the
    body is read, then nothing. `race`: somebody else commits `files` first."""
    status: int = 500
    retry_after: int | None = None
    message: str = "an internal error, by request"
    times: int = 1
    skip: int = 0
    """How many requests of the kind go well before."""
    files: dict[str, str] = field(default_factory=lambda: {"theirs.txt": "of somebody else"})


class Faults:
    """The faults that are waiting for their request."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, **options: Any) -> None:
        """Wait for a request."""
        with self._lock:
            self._waiting.append(Fault(**options))

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._waiting.clear()

    def take(self, kind: str) -> Fault | None:
        """Give the fault that this request meets."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind != kind:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None
