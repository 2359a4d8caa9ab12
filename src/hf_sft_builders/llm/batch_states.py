"""How far each batch is: one small file per batch, so that no batch is paid for twice.

    prepared → uploaded (file id) → created (batch id) → done

A state is on disk before and after each step, whole or not at all. It names the replies that the
batch brings, so a run that was killed, or that has got more rows since, finds what is under way.
No key to the server and no word of a request is in it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Step = Literal[
    "prepared",  # nothing is known of the server
    "uploaded",  # the input is there
    "created",  # it is worked on, and will be paid for
    "done",  # its replies are in the store
]
DAYS_KEPT = 30
"""Servers keep results no longer."""


@dataclass
class BatchState:
    """One batch and how far it is."""

    name: str
    """Hash of the address and of the input; the batch's metadata on the server says it too."""
    address: str
    model: str
    shape: str
    """How its requests ask for a shape."""
    keys: tuple[str, ...]
    """Of the replies that it brings, in hex."""
    step: Step = "prepared"
    file: str = ""
    batch: str = ""
    spent: list[str] = field(default_factory=list)
    """Earlier batches of the same input, whose replies are in the store."""

    def finish(self) -> None:
        """Note that there is nothing more to be had from the batch."""
        self.spent.append(self.batch)
        self.step, self.file, self.batch, self.keys = "done", "", "", ()


class BatchStates:
    """The states of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, state: BatchState) -> None:
        """Write a state, whole or not at all."""
        part = self._folder / f"{state.name}.{uuid.uuid4().hex}.part"
        part.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        part.replace(self.path(state.name))

    def load(self, name: str) -> BatchState | None:
        """Give a state; None where there is none that can be read."""
        try:
            fields = json.loads(self.path(name).read_text(encoding="utf-8"))
            return BatchState(**{**fields, "keys": tuple(fields["keys"])})
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def under_way(self, address: str, model: str) -> Iterator[BatchState]:
        """Give the states of batches that are not done, oldest name first."""
        for path in sorted(self._folder.glob("*.json")):
            state = self.load(path.stem)
            if state and state.step != "done" and (state.address, state.model) == (address, model):
                yield state

    def lock(self, name: str) -> AbstractContextManager[object]:
        """Keep other processes from sending the same input at the same time."""
        import huggingface_hub.utils

        locks: Any = huggingface_hub.utils
        lock: AbstractContextManager[object] = locks.WeakFileLock(self._folder / f"{name}.lock")
        return lock

    def forget_old(self) -> None:
        """Delete states that are older than anything a server still knows."""
        before = time.time() - DAYS_KEPT * 86_400
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
            except FileNotFoundError:  # another process was faster
                continue

    def path(self, name: str) -> Path:
        """Where a state is."""
        return self._folder / f"{name}.json"
