"""What `kill -9` costs: one job, killed at random moments until it has been killed often enough.

    python benchmarks/kill_trials.py [--kills 50]

Each round starts the same job (200 rows, 16 requests in flight) with an empty dataset cache, kills it
after a random number of requests, and at the end lets it finish. Printed: kills, requests that the
server saw beyond one per row, the most that was allowed (requests in flight at each kill), and
whether the rows equal those of an undisturbed run.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

ROWS, IN_FLIGHT = 200, 16
JOB = f"""
import sys
from datasets import Dataset
import hf_sft_builders as sft
ds = Dataset.from_dict({{"text": [f"row {{n}}" for n in range({ROWS})]}})
op = sft.generate("Say {{text}}", model="m", base_url=sys.argv[1], max_concurrency={IN_FLIGHT})
print(sft.map(ds, op)["answer"][:])
"""


def main() -> None:
    """Kill, finish, compare."""
    from chat_server import running  # type: ignore[import-not-found]

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    kills_wanted = arguments.parse_args().kills
    chance = random.Random(20)
    kills = extra = jobs = wrong = 0
    while kills < kills_wanted:
        with running(latency=0.05) as server, tempfile.TemporaryDirectory() as home:
            killed, rows = one_job(server, Path(home), chance, kills_wanted - kills)
            kills, jobs = kills + killed, jobs + 1
            extra += server.stats()["requests"] - ROWS
            wrong += rows != str([f"Echo: Say row {n}" for n in range(ROWS)])
    print(f"kills {kills}, jobs {jobs}, rows {jobs * ROWS}")
    print(
        f"requests repeated {extra}, allowed {kills * IN_FLIGHT} ({IN_FLIGHT} in flight per kill)"
    )
    print(f"jobs whose rows differ from an undisturbed run: {wrong}")


def one_job(server: object, home: Path, chance: random.Random, most: int) -> tuple[int, str]:
    """Kill one job up to five times, then let it finish; give kills and its rows."""
    killed = 0
    for _ in range(min(5, most)):
        killed += kill_once(server, home, chance.randint(1, 60))
    done = subprocess.run(
        command(server), env=environment(home), capture_output=True, text=True, check=True
    )
    return killed, done.stdout.strip()


def kill_once(server: object, home: Path, after: int) -> int:
    """Start the job and kill it after so many requests; 0 if it ended first."""
    before = server.stats()["requests"]  # type: ignore[attr-defined]
    child = subprocess.Popen(
        command(server), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while child.poll() is None and server.stats()["requests"] < before + after:  # type: ignore[attr-defined]
        time.sleep(0.002)
    alive = child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    return int(alive)


def command(server: object) -> list[str]:
    """The job's command line."""
    return [sys.executable, "-c", JOB, server.base_url]  # type: ignore[attr-defined]


def environment(home: Path) -> dict[str, str]:
    """An environment with a home, and so a reply store, of the trial's own."""
    return {**os.environ, "HF_HOME": str(home), "HF_UPDATE_DOWNLOAD_COUNTS": "0"}


if __name__ == "__main__":
    main()
