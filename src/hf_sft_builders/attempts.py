"""Keeps an incomplete result from being served as complete.

`datasets` caches what it is given. A job that ended with failures is therefore remembered here, by
the key of everything its rows depend on; the next call gets a cache key of its own (one attempt
further), makes the rows again, and pays only for what failed, since replies are stored.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path


class Attempts:
    """How often one job was tried and left failures.

    Args:
        root: Folder of a cache; removing it forgets the attempts too.
        key: Name of the job, safe as a file name.
    """

    def __init__(self, root: Path, key: str) -> None:
        self._path = root / "hf_sft_attempts" / f"{key}.json"

    @property
    def number(self) -> int:
        """Attempts that left failures; 0 for most jobs."""
        if not self._path.is_file():
            return 0
        return int(json.loads(self._path.read_text(encoding="utf-8"))["attempt"])

    def next(self) -> None:
        """Remember that this attempt left failures."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.part")
        part.write_text(json.dumps({"attempt": self.number + 1}), encoding="utf-8")
        part.replace(self._path)
