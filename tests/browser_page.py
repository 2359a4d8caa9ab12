"""The review page in a process of its own, for the browser tests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "browser" / "serve_rows.py"


class Served:
    """The page in a process, which can be killed and started again on the same port."""

    def __init__(self, data, port=0):
        self.data, self.port = data, port
        self.start()

    def start(self):
        """Start it; `url` is the link that it prints."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(self.data), str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), self.url
        self.port = int(self.url.split(":")[2].split("/")[0])

    def kill(self):
        """End it as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
