"""What a run costs, foretold from a few constants that are measured here, and held against runs.

    python benchmarks/scale_model.py [--only work,calls,store]

* work: processor time is `start + size × one`; both from two small runs, foretold for larger ones, with
  one worker and with two. Processor time does not depend on who else uses the machine; the time that
  passes does, so of two workers the busier one's processor time is printed: what the run would take on
  two free cores.
* calls: `calls × latency ÷ max_concurrency` seconds, whatever the number of workers, because they
  share one limit; against `tests/chat_server`, a process of its own on loopback, through `pdf_qa`.
* store: bytes on disk for each reply, each row and each chunk.

`docs/scale.md` says what follows for 10⁶ documents and 10⁹ rows. Linux only (/proc).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

memory: Any = import_module("memory")  # the script beside this one
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

WORK = {"pdfs": (100, 800, (1600,)), "rows": (2000, 16_000, (32_000,))}
"""Case → two sizes that are measured, and those that are foretold."""
PARALLEL = ("pdfs",)
LATENCY, CONCURRENCY, CALLS = 0.5, 16, (160, 480)
ANSWER = json.dumps(
    {"pairs": [{"question": "水泵的压力是多少？", "answer": "7 bar", "evidence": "压力是 7 bar"}]},
    ensure_ascii=False,
)


def work() -> None:
    """Foretell processor time, and measure it."""
    print(
        f"{'case':6} {'size':>8} {'workers':>7} {'foretold':>9} {'measured':>9} {'off':>6} busiest"
    )
    for name, (small, large, sizes) in WORK.items():
        first, second = (_quietest(name, size)["cpu"] for size in (small, large))
        one = (second - first) / (large - small)
        start = first - small * one
        unit = memory.CASES[name].unit
        print(
            f"{name:6} {start:.2f} s to begin, {1 / one:,.0f} {unit} in a second of processor time"
        )
        for size in sizes:
            for workers in (1, 2) if name in PARALLEL else (1,):
                _held_against(name, size, workers, start + size * one)


def _quietest(name: str, size: int, **more: str) -> dict[str, float]:
    """Measure twice and give the run that was disturbed less."""
    runs: list[dict[str, float]] = [memory.measured(name, size, **more) for _ in range(2)]
    return min(runs, key=lambda told: told["cpu"])


def _held_against(name: str, size: int, workers: int, foretold: float) -> None:
    more = {memory.WORKERS: str(workers)} if workers > 1 else {}
    told = _quietest(name, size, **more)
    off = told["cpu"] / foretold - 1
    busiest = f"{told['busiest']:7.1f}" if workers > 1 else ""
    print(
        f"{name:6} {size:8,} {workers:7} {foretold:9.1f} {told['cpu']:9.1f} {off:+6.0%} {busiest}",
        flush=True,
    )


def calls() -> None:
    """Foretell the time that calls take, and measure it."""
    print(
        f"\n{CONCURRENCY} calls in flight, {LATENCY} s each; foretold without the start of processes"
    )
    print(f"{'calls':>6} {'workers':>7} {'foretold s':>10} {'measured s':>10}  bytes/reply")
    for number in CALLS:
        for workers in (1, 2, 4):
            seconds, stored, made = _run_calls(number, workers)
            foretold = made * LATENCY / CONCURRENCY
            print(
                f"{made:6} {workers:7} {foretold:10.1f} {seconds:10.1f} {stored / made:12,.0f}",
                flush=True,
            )


def _run_calls(number: int, workers: int) -> tuple[float, int, int]:
    """Give seconds, from the first call to the last; bytes of the store; and calls."""
    from chat_server import running  # type: ignore[import-not-found]

    answers = {"latency": LATENCY, "script": [ANSWER] * number}
    with tempfile.TemporaryDirectory() as place, running(**answers) as server:
        data = Path(place) / "data"
        data.mkdir()
        _passages(data, number)
        command = [sys.executable, __file__, "--child", str(data), server.base_url, str(workers)]
        process = subprocess.Popen(command, env={**os.environ, "HF_HOME": f"{place}/home"})
        first, last, seen = 0.0, 0.0, 0
        while process.poll() is None:
            asked, now = server.stats()["requests"], time.perf_counter()
            first = first or (now if asked else 0.0)
            last, seen = (now, asked) if asked > seen else (last, seen)
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(
                f"{number} calls by {workers} workers ended with {process.returncode}."
            )
        return last - first + LATENCY, _store_bytes(Path(place)), server.stats()["requests"]


def _store_bytes(place: Path) -> int:
    """Give the size of the reply store when its log is written into it."""
    [path] = place.rglob("replies.sqlite")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def _passages(folder: Path, number: int) -> None:
    """Write documents of one chunk each; sixteen to a file, so that workers have files to share."""
    chance = random.Random(0)
    for start in range(0, number, 16):
        parts = [
            f"# 泵 {n}\n\n水泵的压力是 7 bar。" + "".join(chance.choices(memory._HAN, k=400))
            for n in range(start, min(start + 16, number))
        ]
        (folder / f"{start:06d}.md").write_text("\n\n".join(parts), encoding="utf-8")


def ask(data: str, base_url: str, workers: int) -> None:
    """Build rows with a model."""
    import datasets

    import hf_sft_builders  # noqa: F401

    datasets.disable_progress_bars()
    model: dict[str, Any] = {"model": "m", "base_url": base_url, "api_key": "none"}
    limits = {"max_concurrency": CONCURRENCY, "max_failures": 1.0, "num_proc": workers}
    datasets.load_dataset(
        "hf_sft_builders/pdf_qa", data_dir=data, split="train", chunk_size=700, **model, **limits
    )


def store() -> None:
    """Print what rows and chunks take on disk."""
    for name, size in (("pdfs", 400), ("rows", 8000)):
        told = memory.measured(name, size)
        print(
            f"{name}: {told['disk'] / told['rows']:,.0f} bytes of Arrow for each of {told['rows']:,.0f} rows"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="work,calls,store")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        data, base_url, workers = options.child
        ask(data, base_url, int(workers))
        return
    parts = {"work": work, "calls": calls, "store": store}
    for name in options.only.split(","):
        parts[name]()


if __name__ == "__main__":
    main()
