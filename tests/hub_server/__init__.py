"""A stand-in for the Hub: its protocol for datasets over real sockets, with faults by switch.

    with running(folder) as hub:
        hub.fault("commit", "lost")          # the next commit is applied, its answer gets lost
        ...                                  # clients with HF_ENDPOINT=hub.endpoint
        assert 1 == len(hub.requests("commit"))

It runs in a process of its own, on loopback, and ends with the block or with its parent. Clients
are `huggingface_hub` and `datasets` as they are; those read `HF_ENDPOINT` when they are imported,
so they run in processes of their own, too (`clients.py`).
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["HubServer", "running"]


class HubServer:
    """A running server; `folder` holds its large files."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub_server", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
        )
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line:
            raise RuntimeError(f"The Hub stand-in did not start (exit {self.process.wait()}).")
        self.port = int(line)

    @property
    def endpoint(self) -> str:
        """The address that clients are given as HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.port}"

    def fault(self, kind: str, do: str = "status", **options: Any) -> None:
        """Let the next requests of a kind go wrong; see `faults.Fault`."""
        self._ask("POST", "/_faults", {"kind": kind, "do": do, **options})

    def heal(self) -> None:
        """Forget all faults and the log of requests."""
        self._ask("POST", "/_heal")

    def requests(self, *kinds: str) -> list[dict[str, Any]]:
        """What was asked since the last `heal`, oldest first."""
        found = self._ask("GET", "/_log")
        return [entry for entry in found if not kinds or entry["kind"] in kinds]

    def repository(self, name: str) -> dict[str, Any] | None:
        """All that the server knows of a repository: refs, commits with their files, visibility."""
        return dict(self._ask("GET", f"/_repository/{name}") or {}) or None

    def files(self, name: str, revision: str = "main") -> dict[str, str]:
        """Path → content hash at a branch."""
        found = self.repository(name)
        assert found is not None, name
        return dict(found["commits"][found["branches"][revision]]["files"])

    def history(self, name: str) -> list[str]:
        """Titles of the commits of `main`, newest first."""
        found = self.repository(name)
        assert found is not None, name
        titles, oid = [], found["branches"]["main"]
        while oid:
            titles.append(found["commits"][oid]["title"])
            oid = found["commits"][oid]["parent"]
        return titles

    def stop(self) -> None:
        """End the process; can be called twice."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body))
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        assert 200 == response.status, text
        return json.loads(text)


@contextmanager
def running(folder: Path) -> Iterator[HubServer]:
    """Start a server on a free port and stop it after the block, come what may."""
    server = HubServer(folder)
    try:
        yield server
    finally:
        server.stop()
