"""A stand-in for a hosted model: the OpenAI chat protocol over real sockets, with faults by switch.

    with running(latency=0.2, faults=[{"kind": "500", "every": 10}]) as server:
        client = openai.OpenAI(base_url=server.base_url, api_key="none")
        ...
        assert 100 == server.stats()["requests"]

It runs in a process of its own, on loopback, and ends with the block or with its parent. The
switches are the fields of `settings.Settings`; each works at the start and while it runs.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["ChatServer", "running"]


class ChatServer:
    """A running server."""

    def __init__(self, port: int = 0, **settings: Any) -> None:
        command = [sys.executable, "-m", "chat_server", "--with-parent", "--port", str(port)]
        paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        try:
            self.port = self._read_port()
            self.control(**settings)
        except BaseException:
            self.stop()
            raise

    @property
    def base_url(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def control(self, **settings: Any) -> dict[str, Any]:
        """Change settings and give all of them; counters of rules and limits start afresh."""
        return dict(self._ask("POST", "/_control", settings))

    def stats(self) -> dict[str, Any]:
        """What the server has seen since its start or the last reset."""
        return dict(self._ask("GET", "/_stats"))

    def requests(self) -> list[dict[str, Any]]:
        """The last requests (`keep=` of them), with path, headers and body."""
        return list(self._ask("GET", "/_requests"))

    def fresh(self, **settings: Any) -> dict[str, Any]:
        """Go back to the defaults, change these, and forget what was counted."""
        return dict(self._ask("POST", "/_fresh", settings))

    def reset(self) -> None:
        """Forget what was counted; settings, files and batches stay."""
        self._ask("POST", "/_reset")

    def stop(self) -> None:
        """End the process; connections break off. Can be called twice."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def _read_port(self) -> int:
        line = self.process.stdout.readline() if self.process.stdout else b""
        if not line:
            raise RuntimeError(f"The chat server did not start (exit {self.process.wait()}).")
        return int(line)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text)
            response = connection.getresponse()
            value = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(value["error"]["message"])
        return value


@contextmanager
def running(*, port: int = 0, **settings: Any) -> Iterator[ChatServer]:
    """Start a server on a free port (or `port`) and stop it after the block, come what may."""
    server = ChatServer(port, **settings)
    try:
        yield server
    finally:
        server.stop()
