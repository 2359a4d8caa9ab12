"""Calls to a model by 1, 2 and 4 workers of Ray on this machine, and what sharing costs.

    python benchmarks/ray_workers.py [--calls 400] [--latency 0.3]

Printed, from one run each against a stand-in with that latency:
* each worker may have 16 requests in flight: calls per second, and the part of what workers x 16 /
  latency allows;
* all workers together may have 32: the same, and the most that the server saw at one time;
* processor time of the service per call;
* the reason why replies go through the service: what keeping one costs there and in a file of the
  worker's own (whose replies are lost with its machine).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("HF_HOME", tempfile.mkdtemp(prefix="hf_sft_ray_"))
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

EACH, TOGETHER = 16, 32


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=400)
    arguments.add_argument("--latency", type=float, default=0.3)
    given = arguments.parse_args()
    import ray
    from chat_server import running  # type: ignore[import-not-found]

    ray.init(
        address="local",
        num_cpus=4,
        include_dashboard=False,
        object_store_memory=80 * 2**20,
        log_to_driver=False,
        logging_level="ERROR",
    )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    with running(latency=given.latency) as server:
        calls(server, 4, 64, EACH, "warm-up")
        print(
            f"{'workers':>8} {'may have in flight':>20} {'calls/s':>8} {'of bound':>9} {'most':>5}"
        )
        for name, limit in (("each", EACH), ("all", TOGETHER)):
            for workers in (1, 2, 4):
                total = limit * workers if name == "each" else limit
                server.reset()
                count = given.calls * (workers if name == "each" else 2)
                calls(server, workers, count, total, f"{name} {workers}")
                told(server, workers, f"{limit} {name}", total / given.latency)
    print(f"\nservice: {service_cost():.2f} ms of processor time per call (find, turn, done, keep)")
    by_service, by_file = kept()
    print(f"keeping one reply of 2 kB: {by_service:.2f} ms by the service, {by_file:.2f} in a file")
    ray.shutdown()


def calls(server: Any, workers: int, count: int, limit: int, name: str) -> None:
    """Ask so many questions by so many workers, one block of rows each."""
    import ray.data

    import hf_sft_builders as sft

    op = sft.generate("Say {text}", model="m", base_url=server.base_url, max_concurrency=limit)
    rows = ray.data.from_items(
        [{"text": f"{name} {n}"} for n in range(count)], override_num_blocks=workers
    )
    pool = ray.data.TaskPoolStrategy(size=workers)
    made = rows.map_batches(op, batch_format="pyarrow", compute=pool)
    assert count == made.materialize().count()


def told(server: Any, workers: int, limit: str, bound: float) -> None:
    """Print a line."""
    stats = server.stats()
    rate = stats["requests"] / (stats["last_reply"] - stats["first_request"])
    most = stats["max_in_flight"]
    print(f"{workers:>8} {limit:>20} {rate:>8.0f} {rate / bound:>9.2f} {most:>5}")


def service_cost() -> float:
    """Give the processor time of the service per call, by the clock of its process, in ms."""
    import ray

    from hf_sft_builders.ray import joining

    [actor] = joining._services.values()
    before = processor_time(ray.get(actor.process.remote()))
    count = asyncio.run(exchanged(actor, 2000))
    return (processor_time(ray.get(actor.process.remote())) - before) / count * 1000


async def exchanged(actor: Any, count: int) -> int:
    """Do what a call does with the service, 64 at a time."""
    from hf_sft_builders.llm.model import Runtime
    from hf_sft_builders.llm.replies import StoredReply
    from hf_sft_builders.ray.link import Link
    from hf_sft_builders.ray.shared import LeasedTurns, SharedReplies

    link = Link(actor, asyncio.get_running_loop())
    turns, replies = LeasedTurns(link, "http://nowhere"), SharedReplies(link)
    turns.cap(Runtime(max_concurrency=64), 1)
    reply, gate = StoredReply("x" * 2000, "m"), asyncio.Semaphore(64)

    async def one() -> None:
        key = os.urandom(32)
        async with gate:
            await replies.find(key)
            turns.done(await turns.turn(100), 100, {})
            await replies.keep(key, reply)

    await asyncio.gather(*(one() for _ in range(count)))
    return count


def kept(count: int = 300) -> tuple[float, float]:
    """Give the ms that keeping one reply takes, by the service and in a file."""
    from hf_sft_builders.llm.replies import ReplyStore, StoredReply
    from hf_sft_builders.ray import joining
    from hf_sft_builders.ray.link import Link
    from hf_sft_builders.ray.shared import SharedReplies

    [actor] = joining._services.values()
    reply = StoredReply("x" * 2000, "m")

    async def by_service() -> float:
        replies = SharedReplies(Link(actor, asyncio.get_running_loop()))
        await replies.keep(os.urandom(32), reply)
        begun = time.perf_counter()
        for _ in range(count):
            await replies.keep(os.urandom(32), reply)
        return (time.perf_counter() - begun) / count * 1000

    with ReplyStore(Path(tempfile.mkdtemp()) / "own.sqlite") as store:
        store.put(os.urandom(32), reply)
        begun = time.perf_counter()
        for _ in range(count):
            store.put(os.urandom(32), reply)
        by_file = (time.perf_counter() - begun) / count * 1000
    return asyncio.run(by_service()), by_file


def processor_time(process: int) -> float:
    """Give the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
