"""The account of an op: over all batches of a `map`, and over its workers.

A worker gets a copy of the op and cannot change what its parent knows. So the parent, when it
sends an op away, names a folder; each worker leaves its share of the account there after each
batch, and `last_run` puts them together when it is asked. Workers of a cluster hand their shares to
its service, which leaves them in that folder: one for each piece of work, so that a piece which is
done again, because its worker died, counts once.
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

from hf_sft_builders import cluster
from hf_sft_builders.ledger import NOBODY, Ledger, Others, expect_last_run

_FOLDER, _INVITATION = "_account_folder", "_cluster_invitation"
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


def arrive(op: Any) -> tuple[str, str]:
    """Begin work in this process: join the cluster that sent the op, if one did.

    Returns:
        The job and the piece of work, as the cluster knows them; empty outside of one.
    """
    if (invitation := vars(op).get(_INVITATION)) is not None:
        invitation.accept()
    member = cluster.member()
    return (vars(op).get(_FOLDER, ""), member.share_name()) if member else ("", "")


def hand_in(op: Any, ledger: Ledger) -> Others:
    """Leave this worker's share where the parent looks for it; nothing to do in the parent itself."""
    folder = vars(op).get(_FOLDER)
    if folder and (member := cluster.member()) is not None:
        others: Others = member.hand_in(folder, member.share_name(), ledger.to_json())
        return others
    if folder and Path(folder).is_dir():
        write_share(Path(folder), f"{os.getpid()}-{id(op)}", ledger.to_json())
    return NOBODY


def write_share(folder: Path, name: str, ledger: str) -> None:
    """Leave a share in a folder; it is there as a whole or not at all."""
    part = folder / f"{name}.part"
    part.write_text(ledger, encoding="utf-8")
    part.replace(folder / f"{name}.json")


def sent_away(op: Any) -> dict[str, Any]:
    """Give the state of an op for a worker."""
    state = {**vars(op), _FOLDER: vars(op).get(_FOLDER) or folder_for_workers(op)}
    invitation = vars(op).get(_INVITATION) or cluster.invitation()
    return {**state, _INVITATION: invitation} if invitation else state


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
