"""The account of an op: over all batches of a `map`, and over the workers of `num_proc`.

A worker gets a copy of the op and cannot change what its parent knows. So the parent, when it
sends an op away, names a folder; each worker leaves its share of the account there after each
batch, and `last_run` puts them together when it is asked.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import weakref
from functools import partial
from pathlib import Path
from typing import Any

from hf_sft_builders.ledger import Ledger, expect_last_run

_FOLDER = "_account_folder"
_folders: dict[int, tuple[weakref.ref[Any], str]] = {}


def folder_for_workers(op: Any) -> str:
    """Give the folder where copies of an op leave their shares; from now on they are the last run."""
    owner, folder = _folders.get(id(op), (None, ""))
    if owner is None or owner() is not op:
        folder = tempfile.mkdtemp(prefix="hf_sft_account_")
        _folders[id(op)] = (weakref.ref(op), folder)
        # Not when the op is gone: its account outlives it.
        atexit.register(_remove, folder, os.getpid())
    expect_last_run(partial(_gathered, Path(folder)))
    return folder


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a fork inherits the duty, and must not do it
        shutil.rmtree(folder, ignore_errors=True)


def hand_in(op: Any, ledger: Ledger) -> None:
    """Leave this worker's share where the parent looks for it; nothing to do in the parent itself."""
    folder = vars(op).get(_FOLDER)
    if not folder or not Path(folder).is_dir():
        return
    name = f"{os.getpid()}-{id(op)}"
    part = Path(folder, f"{name}.part")
    part.write_text(ledger.to_json(), encoding="utf-8")
    part.replace(Path(folder, f"{name}.json"))


def sent_away(op: Any) -> dict[str, Any]:
    """Give the state of an op for a worker."""
    return {**vars(op), _FOLDER: vars(op).get(_FOLDER) or folder_for_workers(op)}


def _gathered(folder: Path) -> Ledger | None:
    shares = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not shares:
        return None
    whole = Ledger()
    for share in shares:
        part = Ledger.from_json(share.read_text(encoding="utf-8"))
        whole.builder = part.builder
        whole.merge(part)
    return whole
