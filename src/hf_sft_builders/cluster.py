"""Whether this process works for a cluster, and how it finds out.

The runner of a cluster lies above everything (`hf_sft_builders.ray`), and an op must not know it.
So an op that is sent away takes an invitation along, and accepts it where it arrives; from then on
`member()` gives what the process shares with the others of its job.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Protocol

from hf_sft_builders.ledger import Others

_RUNNER = "hf_sft_builders.ray.joining"


class Member(Protocol):
    """What a worker of a cluster shares; `llm.membership` says the rest."""

    def hand_in(self, folder: str, name: str, ledger: str) -> Others:
        """Leave a share of a job's account, as JSON; an earlier share of the name is replaced."""
        ...

    def share_name(self) -> str:
        """Name the piece of work that this process does now; the same when it is done again."""
        ...


class Invitation(Protocol):
    """What a copy of an op takes along."""

    def accept(self) -> None:
        """Become a member, if this process is a worker of the cluster."""
        ...


_member: tuple[int, Any] | None = None
_is_forked = False


def join(member: Member) -> None:
    """Make this process a member; children that it forks are not."""
    global _member
    _member = (os.getpid(), member)


def member() -> Any:
    """Give what this process shares with the others of its job; None outside of a cluster."""
    return _member[1] if _member and _member[0] == os.getpid() else None


def invitation() -> Invitation | None:
    """Give what copies of an op take along; None where no cluster is in use."""
    ray = sys.modules.get("ray")
    # A fork inherits Ray's connection, which does not work there.
    if ray is None or _is_forked or not getattr(ray, "is_initialized", bool)():
        return None
    found: Invitation | None = import_module(_RUNNER).invitation()
    return found


def _after_fork() -> None:
    global _is_forked
    _is_forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
