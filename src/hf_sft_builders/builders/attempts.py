"""Keeps an incomplete result from being served as complete.

`datasets` caches what it is given. A run that ended with failures is therefore remembered here, by
the key of everything its rows depend on; the next call gets a cache key of its own (one attempt
further), makes the rows again, and pays only for what failed, since replies are stored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from datasets.fingerprint import Hasher


class Attempts:
    """How often one job was tried and left failures.

    Args:
        cache_root: Where `datasets` keeps its cache; removing that forgets the attempts too.
        job: Everything that the job's rows depend on.
    """

    def __init__(self, cache_root: Path, job: Any) -> None:
        self._path = cache_root / "hf_sft_attempts" / f"{Hasher.hash(job)}.json"

    @property
    def number(self) -> int:
        """Attempts that left failures; 0 for most jobs."""
        if not self._path.is_file():
            return 0
        return int(json.loads(self._path.read_text(encoding="utf-8"))["attempt"])

    def next(self) -> None:
        """Remember that this attempt left failures."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        following = json.dumps({"attempt": self.number + 1})
        part = self._path.with_suffix(".part")
        part.write_text(following, encoding="utf-8")
        part.replace(self._path)
