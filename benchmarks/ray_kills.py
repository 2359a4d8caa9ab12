"""What SIGKILL costs on a Ray cluster: a worker, the service, a node, the driver, the head node, all.

    python benchmarks/ray_kills.py [--works map build] [--kinds worker worker,worker,worker …]

Each line is a job of 120 rows, one request each, at most 8 of them in flight, on a head node and two others
(all on this machine), killed while requests are on their way. What ends the job is made good by running
it again. Printed: requests that the server saw beyond one for each row, as many as may have been on their
way at the kills, shards of 12 that were finished when the job ended and those that the second run
worked on, and whether the rows and the count of the account are those of an undisturbed job.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")

KINDS = (
    "worker", "worker,worker,worker", "service", "service,service,service", "node",
    "driver", "head", "everything",
)  # fmt: skip
HEAD = ("job", "killed", "repeated", "allowed", "finished shards", "worked on again", "rows equal")
WIDTHS = (5, 22, 8, 7, 15, 15, 10)


def main() -> int:
    """Kill, print; 1 where more was repeated than allowed, or rows differ."""
    from cluster import job, kills  # type: ignore[import-not-found]

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--works", nargs="+", default=["map", "build"])
    arguments.add_argument("--kinds", nargs="+", default=list(KINDS))
    given = arguments.parse_args()
    print(line(HEAD), flush=True)
    bad = 0
    for work, kinds in [(work, kinds) for work in given.works for kinds in given.kinds]:
        with tempfile.TemporaryDirectory(prefix="hf_sft_kills_") as home:
            found = kills.trial(work, kinds.split(","), Path(home) / "trial")
        equal = (found.expected, job.ROWS) == (found.rows, found.inputs)
        ended = work == "build" and kinds in kills.ENDS_THE_JOB
        shards = (found.finished, found.shards) if ended else ("", "")
        told = (found.repeated, found.allowed, *shards, "yes" if equal else "NO")
        print(line((work, kinds, *told)), flush=True)
        bad += not equal or not 0 <= found.repeated <= found.allowed
    return int(bad > 0)


def line(cells: tuple[object, ...]) -> str:
    """Lay out a line of the table."""
    return "  ".join(f"{cell!s:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


if __name__ == "__main__":
    sys.exit(main())
