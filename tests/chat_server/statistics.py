"""What the server has seen, for tests to count by.

`bodies` are chat requests by the hash of their body, `paid` those of them that got a whole answer
with status 200 (be it garbage), `batch_lines` the same for lines of batches; `abandoned` were left
by their client before the answer was out.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from chat_server.wire import Reply


class Statistics:
    """Counts since the start or the last reset; `open` and `in_flight` live through it."""

    def __init__(self) -> None:
        self.open = 0
        self.in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.endpoints: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.bodies: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        self.batch_lines: Counter[str] = Counter()
        self.usage: Counter[str] = Counter()
        self.abandoned = 0
        self.connections = 0
        self.max_in_flight = self.in_flight
        self.first_request = self.last_request = self.last_reply = 0.0
        self.cpu_before = time.process_time()

    def connected(self, change: int) -> None:
        """Count a connection at its first request (+1) and at its end (-1)."""
        self.open += change
        self.connections += change > 0

    def received(self, digest: str) -> None:
        """Count a chat request."""
        self.bodies[digest] += 1
        self.last_request = time.time()
        if not self.first_request:
            self.first_request = self.last_request

    def began(self, reply: Reply) -> None:
        """Count a reply that is being made."""
        self.endpoints[reply.endpoint] += 1
        if reply.admitted:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def ended(self, reply: Reply, delivered: bool) -> None:
        """Count a reply that is out, or whose client left first."""
        if reply.admitted:
            self.in_flight -= 1
        if reply.endpoint != "chat":
            return
        self.last_reply = time.time()
        if not delivered:
            self.abandoned += 1
            return
        label = reply.label or str(reply.status)
        self.statuses[label] += 1
        if label == "200":
            self.paid[reply.digest] += 1

    def tokens(self, counts: dict[str, Any]) -> None:
        """Add the usage of a reply."""
        self.usage["prompt_tokens"] += counts["prompt_tokens"]
        self.usage["completion_tokens"] += counts["completion_tokens"]

    def report(self) -> dict[str, Any]:
        """Give everything as JSON."""
        report = {name: value for name, value in vars(self).items() if name != "cpu_before"}
        report["requests"] = sum(self.bodies.values())
        report["distinct"] = len(self.bodies)
        report["cpu_seconds"] = time.process_time() - self.cpu_before
        return report
