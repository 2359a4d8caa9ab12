r"""Stand-ins for Kaggle, ModelScope and OpenDataLab: their protocols over real sockets, faults by switch.

    with running() as server:
        server.put("owner/ds", {"a.csv": b"x\n1\n"}, license="CC0-1.0")
        server.faults(torn=1)                       # the next transfer breaks off in the middle
        ...
        assert not [r for r in server.requests() if r["host"] == "storage" and "Authorization" in r["headers"]]

One process serves two hosts on loopback: `api`, and `storage`, where redirects lead to. Faults are
counters (so many times), or settings that stay; `state.Faults` names them.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path


class PlatformServer:
    """A running server."""

    def __init__(self):
        paths = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "platform_servers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        self.port = int(self.process.stdout.readline())

    @property
    def url(self):
        """Address of the API."""
        return f"http://127.0.0.1:{self.port}"

    def put(self, dataset, files, **facts):
        """Make a new version of a dataset: path → bytes, and facts such as `license`."""
        told = {path: base64.b64encode(data).decode() for path, data in files.items()}
        self._ask("/_put", {"dataset": dataset, "files": told, "facts": facts})

    def faults(self, **faults):
        """Switch faults; those not named are off."""
        self._ask("/_faults", faults)

    def requests(self, **wanted):
        """What was asked so far: host, method, path, headers, body."""
        found = self._ask("/_requests", {})
        return [each for each in found if all(wanted[key] in each[key] for key in wanted)]

    def dataset(self, name):
        """Tell files with their sizes, facts, tags and titles of commits of what was published."""
        return self._ask("/_dataset", {"dataset": name})

    def forget(self):
        """Forget what was asked."""
        self._ask("/_forget", {})

    def fresh(self):
        """Forget everything."""
        self._ask("/_fresh", {})

    def stop(self):
        """End the process."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def _ask(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running():
    """Start a server and stop it after the block, come what may."""
    server = PlatformServer()
    try:
        yield server
    finally:
        server.stop()
