"""How many processes of this machine use an endpoint now: limits are divided among them.

Workers of `num_proc` know nothing of each other. Each leaves a file named by its process id beside
the others'; limits per endpoint are divided by the number of files whose process is alive.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import tempfile
import time
from pathlib import Path

_REFRESH = 1.0


class Share:
    """This process' share of an endpoint's limits."""

    def __init__(self, address: str) -> None:
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        self._folder = Path(tempfile.gettempdir()) / f"hf_sft_{os.getuid()}" / name
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._own = self._folder / str(os.getpid())
        self._own.touch()
        atexit.register(self._own.unlink, missing_ok=True)
        self._seen = 0.0
        self._users = 1

    def users(self) -> int:
        """Count the living processes that use the endpoint, this one among them."""
        now = time.monotonic()
        if now - self._seen > _REFRESH:
            self._seen = now
            self._users = max(1, sum(map(_is_alive, self._folder.iterdir())))
        return self._users


def _is_alive(file: Path) -> bool:
    try:
        os.kill(int(file.name), 0)
    except ProcessLookupError:
        file.unlink(missing_ok=True)
        return False
    except (PermissionError, ValueError):
        return True
    return True
