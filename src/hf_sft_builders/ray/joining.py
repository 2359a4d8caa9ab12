"""How a driver starts the service of its job, and how workers find it.

One service for each driver, on the driver's machine, where the reply store is; it ends with the
driver. Ops that are sent to workers take an `Invitation` along (see `hf_sft_builders.cluster`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from hf_sft_builders import cluster
from hf_sft_builders.errors import ConfigurationError, MissingExtra
from hf_sft_builders.ledger import Others
from hf_sft_builders.llm.budget import Budget, Spending
from hf_sft_builders.llm.kept_replies import KeptReplies
from hf_sft_builders.llm.turns import Turns
from hf_sft_builders.ray.link import Link
from hf_sft_builders.ray.shared import LeasedTurns, SharedReplies, SharedSpending

_NAMESPACE = "hf_sft_builders"
_CALLS_AT_ONCE = 10_000
_GIVEN = ("OPENAI_", "AZURE_OPENAI_", "HF_TOKEN", "HF_ENDPOINT", "KAGGLE_", "MODELSCOPE_")
"""Environment variables of the driver that workers are given, in memory, where they lack them."""


@dataclass(frozen=True)
class Invitation:
    """The name of a job's service."""

    name: str

    def accept(self) -> None:
        """Join the job, if this process is one of its workers."""
        ray = sys.modules.get("ray")  # a worker of `num_proc` may be without
        if ray is None or cluster.member() is not None:
            return
        if ray.get_runtime_context().worker.mode == ray.WORKER_MODE:
            cluster.join(Membership(ray.get_actor(self.name, namespace=_NAMESPACE)))


class Membership:
    """What a worker shares with the others of its job."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._links: dict[int, Link] = {}
        self._lock = threading.Lock()
        for name, value in the_ray().get(actor.welcome.remote()).items():
            os.environ.setdefault(name, value)

    def hand_in(self, folder: str, name: str, ledger: str) -> Others:
        """Leave a share of a job's account."""
        others: Others = the_ray().get(self._actor.hand_in.remote(folder, name, ledger))
        return others

    def share_name(self) -> str:
        """Name the task; it is the same when Ray runs it again."""
        return str(the_ray().get_runtime_context().get_task_id())

    def turns(self, loop: asyncio.AbstractEventLoop, address: str) -> Turns:
        """Lease turns."""
        return LeasedTurns(self._link(loop), address)

    def replies(self, loop: asyncio.AbstractEventLoop) -> KeptReplies:
        """Share the driver's store."""
        return SharedReplies(self._link(loop))

    def spending(self, loop: asyncio.AbstractEventLoop, budget: Budget) -> Spending:
        """Share a budget; one without limits needs no sharing."""
        return SharedSpending(self._link(loop), budget) if budget.is_limited else budget

    def _link(self, loop: asyncio.AbstractEventLoop) -> Link:
        with self._lock:
            if id(loop) not in self._links:
                self._links[id(loop)] = Link(self._actor, loop)
            return self._links[id(loop)]


_services: dict[str, Any] = {}


def invitation() -> Invitation:
    """Give what ops take along, and start the job's service if it does not run yet.

    Raises:
        ConfigurationError: the driver is not on the cluster.
    """
    ray = the_ray()
    if ray.util.client.ray.is_connected():
        raise ConfigurationError(
            "A ray:// client cannot share its reply store with the workers. Run the program on the "
            "cluster: `ray job submit -- python program.py`, or on the head node."
        )
    here = ray.get_runtime_context()
    # A cluster that is started anew counts its jobs from one again, but its nodes have new names.
    name = f"service-{here.get_node_id()}-{here.get_job_id()}"
    if here.worker.mode != ray.WORKER_MODE and name not in _services:
        _services.clear()  # of a connection that ended
        _services[name] = _started(name)
    return Invitation(name)


def _started(name: str) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from hf_sft_builders.llm.replies import default_path
    from hf_sft_builders.ray.service import Service

    ray = the_ray()
    here = ray.get_runtime_context().get_node_id()
    actor = ray.remote(Service).options(
        name=name,
        namespace=_NAMESPACE,
        get_if_exists=True,
        num_cpus=0,
        max_restarts=-1,
        max_task_retries=-1,
        max_concurrency=_CALLS_AT_ONCE,
        scheduling_strategy=NodeAffinitySchedulingStrategy(here, soft=False),
    )
    given = {name: value for name, value in os.environ.items() if name.startswith(_GIVEN)}
    return actor.remote(str(default_path()), given)


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to a cluster; to one of our own, or by our own doing, only for this time.

    Ray by itself would join whatever cluster was started last on this machine, by whomever.

    Raises:
        ConfigurationError: this process is connected to another cluster than the address names, or
            no cluster is there.
    """
    ray = the_ray()
    if ray.is_initialized():
        if address:
            _refuse_another(address)
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    with own_sigterm():
        _join(address)
        try:
            yield
        finally:
            ray.shutdown()


def _join(address: str) -> None:
    """Connect to a cluster, or start one; Ray itself would try for ever where nobody listens."""
    if address == "local":
        the_ray().init(address, logging_level="ERROR", include_dashboard=False)
        return
    try:
        _knock(address)
        the_ray().init(address, logging_level="ERROR")
    except (OSError, ValueError) as error:
        reason = str(error).rstrip(".")
        raise ConfigurationError(
            f"No Ray cluster is at address={address!r}: {reason}. Start one there (`ray start --head "
            "--port=6379`), name it as host:port, or leave address= and RAY_ADDRESS out for a cluster "
            "of this call's own."
        ) from error


def _knock(address: str) -> None:
    """Stop if nobody listens at host:port; whatever else an address may be is for Ray to read."""
    host, _, port = address.rpartition(":")
    if host and "://" not in host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()


@contextmanager
def own_sigterm() -> Iterator[None]:
    """Take Ray's handler of SIGTERM back afterwards, which it leaves in the process.

    A child that is just being forked is deaf to a handler: `num_proc` would wait for it forever.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


_SECONDS_TO_ANSWER = 20.0


def _refuse_another(address: str) -> None:
    """Refuse an address that is not that of the cluster which this process is connected to."""
    ray = the_ray()
    joined = ray.get_runtime_context().gcs_address
    named = address
    if named == "auto":  # whichever runs here, unless the environment says which
        named = os.environ.get("RAY_ADDRESS") or "auto"
    if named in ("auto", joined) or _place(named) == _place(joined):
        return
    if named.startswith("ray://") and ray.util.client.ray.is_connected():
        return  # a client does not know the address that it was given
    told = "" if named == address else f" (RAY_ADDRESS={named!r})"
    raise ConfigurationError(
        f"address={address!r}{told} is not the Ray cluster that this process is connected to, which is "
        f"at {joined}. Leave address= out to work there, or call ray.shutdown() before."
    )


def _place(address: str) -> tuple[str, str]:
    """Give host and port; each name of this machine is the same host."""
    host, _, port = address.rpartition(":")
    with suppress(OSError):
        host = socket.gethostbyname(host)
    here = host.startswith("127.") or host == the_ray().util.get_node_ip_address()
    return ("here" if here else host), port


def the_ray() -> Any:
    """Give Ray.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("A cluster", "ray[data]", "ray") from error
    return ray
