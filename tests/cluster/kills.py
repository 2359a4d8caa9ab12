"""Jobs on several nodes of this machine, what is killed under them, and what that costs.

A trial runs a job (`job.py`), kills with SIGKILL while requests are on their way, and where that ends
the job, runs it again. The server's own count says which requests were repeated. Used by the tests
and by `benchmarks/ray_kills.py`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_server import ChatServer, running
from cluster import job

IN_FLIGHT = 8
ENDS_THE_JOB = ("driver", "head", "everything")
KINDS = ("worker", "service", "node", *ENDS_THE_JOB)
"""What can be killed: a process that runs the op, the job's service, a node with all its processes, the
driver, the head node with all its processes, or all of these at once."""
_PATIENCE = 120.0
_NODE = {"object_store_memory": 80 * 2**20, "include_log_monitor": False}
_QUIET = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0"}
_HEAD_IS_GONE = {"RAY_gcs_rpc_server_reconnect_timeout_s": "3"}
"""After which a driver gives its head node up; Ray waits for 60 seconds unless told otherwise."""


@dataclass(frozen=True)
class Trial:
    """What became of one job."""

    kills: int
    rows: list[list[str]]
    expected: list[list[str]]
    inputs: int
    finished: int
    """Shards that were finished when the job ended too soon."""
    shards: int
    """Shards that the job, or its second run, worked on."""
    requests: int
    """What the server has seen."""
    in_flight: int
    """Most at one time."""

    @property
    def repeated(self) -> int:
        """Requests beyond one for each row."""
        return self.requests - job.ROWS

    @property
    def allowed(self) -> int:
        """As many as may be on their way at each kill."""
        return self.kills * IN_FLIGHT


def trial(work: str, kinds: Sequence[str], home: Path) -> Trial:
    """Run a job, kill one after the other, and where that ends it run it again.

    Args:
        work: "map" or "build".
        kinds: Of `KINDS`; one that ends the job stands alone.
        home: An empty folder, for caches, replies and files.
    """
    (home / "docs").mkdir(parents=True)
    for file in range(job.FILES):
        lines = [json.dumps({"text": job.text(file, n), "label": ""}) for n in range(job.LINES)]
        (home / "docs" / f"{file:02}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    said = {f"file {n:02} ": json.dumps({"label": job.label_of(n)}) for n in range(job.FILES)}
    with running(latency=0.15, replies=said if work == "build" else {}) as server:
        with machines() as cluster:
            driver = started(work, cluster.address, server, home)
            _kill_in_turn(kinds, work, driver, cluster, server, home)
            finished = _finished(home) if kinds[-1] in ENDS_THE_JOB else 0
            if kinds[-1] == "driver":
                driver = started(work, cluster.address, server, home)
            found = None if kinds[-1] in ("head", "everything") else _told(driver)
        found = found or _told(started(work, "local", server, home))
        stats = server.stats()
    counted = (finished, found["shards"], stats["requests"], stats["max_in_flight"])
    return Trial(len(kinds), found["rows"], job.expected(work), found["inputs"], *counted)


@contextmanager
def machines() -> Iterator[Any]:
    """Give a cluster: a head node, where drivers and their services are, and two with a worker each."""
    os.environ.update(_QUIET)
    from ray.cluster_utils import Cluster

    from hf_sft_builders.ray.joining import own_sigterm

    head = {"num_cpus": 0, "include_dashboard": False, "no_monitor": True, **_NODE}
    with own_sigterm():
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(2):
                _add_node(cluster)
            yield cluster
        finally:
            cluster.shutdown()


def _add_node(cluster: Any) -> None:
    cluster.add_node(num_cpus=1, **_NODE)


def started(work: str, address: str, server: ChatServer, home: Path) -> subprocess.Popen[str]:
    """Start the job's driver, on a cluster or, with "local", on one of its own."""
    own = {"HF_HOME": str(home / "home"), "HF_UPDATE_DOWNLOAD_COUNTS": "0"}
    given = [work, address, server.base_url, str(IN_FLIGHT)]
    with (home / "errors").open("a", encoding="utf-8") as errors:
        return subprocess.Popen(
            [sys.executable, str(Path(job.__file__)), *given],
            env={**os.environ, **_QUIET, **_HEAD_IS_GONE, **own},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def _told(driver: subprocess.Popen[str]) -> dict[str, Any]:
    said, _ = driver.communicate(timeout=_PATIENCE)
    assert 0 == driver.returncode, f"The job ended with {driver.returncode}; see `errors`."
    told: dict[str, Any] = next(
        json.loads(line) for line in said.splitlines() if line.startswith("{")
    )
    return told


def _kill_in_turn(
    kinds: Sequence[str],
    work: str,
    driver: subprocess.Popen[str],
    cluster: Any,
    server: ChatServer,
    home: Path,
) -> None:
    """Kill one after the other; where that ends the job, wait for its end."""
    for number, kind in enumerate(kinds, 1):
        part = job.ROWS * number // (len(kinds) + 1)
        needs_shard = work == "build" and kind in ENDS_THE_JOB
        begun = time.monotonic()
        while server.stats()["requests"] < part or (needs_shard and not _finished(home)):
            assert driver.poll() is None, f"The job ended before {kind} was killed; see `errors`."
            assert time.monotonic() < begun + _PATIENCE, f"The job did not get to kill {kind}."
            time.sleep(0.01)
        _KILL[kind](driver, cluster)
    if kinds[-1] in ENDS_THE_JOB:
        # A driver whose head node is gone ends by itself.
        assert driver.wait(_PATIENCE), "The job ended well without its head node."
        driver.communicate()
        assert server.stats()["requests"] < job.ROWS, "The job was as good as done."


def _finished(home: Path) -> int:
    return len(list(home.glob("home/**/hf_sft_ray/*/*/done.json")))


def _kill_worker(_: Any, cluster: Any) -> None:
    _kill_busiest([one for node in cluster.worker_nodes for one in _processes(node)], "MapBatches")


def _kill_service(_: Any, cluster: Any) -> None:
    _kill_busiest(_processes(cluster.head_node), "ray::Service")


def _kill_busiest(processes: Sequence[Any], words: str) -> None:
    """Kill, of the processes that call themselves so, the one with most connections."""
    found = [process for process in processes if _is_called(process, words)]
    assert found, f"No process is a {words}."
    max(found, key=_connections).send_signal(signal.SIGKILL)


def _is_called(process: Any, words: str) -> bool:
    import psutil

    try:
        return any(words in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _connections(process: Any) -> int:
    """Count open connections: of workers, the one that asks most has most."""
    import psutil

    try:
        return len(process.net_connections("tcp"))
    except psutil.NoSuchProcess:
        return 0


def _kill_node(_: Any, cluster: Any) -> None:
    """Kill the node whose processes have most connections; another takes its place."""
    node = max(cluster.worker_nodes, key=lambda node: max(map(_connections, _processes(node))))
    _kill_all([node])
    cluster.remove_node(node, allow_graceful=False)
    _add_node(cluster)


def _kill_driver(driver: subprocess.Popen[str], _: Any) -> None:
    driver.kill()


def _kill_head(_: Any, cluster: Any) -> None:
    _kill_all([cluster.head_node])


def _kill_everything(driver: subprocess.Popen[str], cluster: Any) -> None:
    driver.kill()
    _kill_all([*cluster.worker_nodes, cluster.head_node])


def _kill_all(nodes: Sequence[Any]) -> None:
    import psutil

    for process in [process for node in nodes for process in _processes(node)]:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def _processes(node: Any) -> list[Any]:
    """Give a node's own processes and their children."""
    import psutil

    found = []
    for started in (one for kind in node.all_processes.values() for one in kind):
        try:
            own = psutil.Process(started.process.pid)
            found += [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


_KILL = {
    "worker": _kill_worker,
    "service": _kill_service,
    "node": _kill_node,
    "driver": _kill_driver,
    "head": _kill_head,
    "everything": _kill_everything,
}
